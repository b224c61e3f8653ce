"""Logs (spec section 7.2.1): one list over all flows, and what waits."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import HTMLResponse, StreamingResponse

from include import deployment
from include.alarms.criteria import INBOX_KINDS
from include.catalogue import CATALOGUE
from include.catalogue.entries import Entry, in_general
from include.dashboard.exports import Cell, export
from include.dashboard.page import Page, Reader
from include.dashboard.screens.logs_asked import (
    MOST_ROWS,
    Asked,
    AskedLog,
    Text,
    facts,
    filter_of,
    place_of,
    shown_kind,
    written,
)
from include.flows.registry import FLOWS
from include.state.postgres.screens.logs import RUN, LogFilter, LogRow, Place, RunningStep, WaitingBatch
from include.state.records import InboxState

router = APIRouter()
MOST_EXPORTED: Final = 100_000
_PAGE: Final = 50
_WAITING: Final = 200
_COMMAND: Final = "command__"
"""How the ids of runs without a scheduler begin."""
_CLOSING: Final = timedelta(minutes=2)
"""What a step may take beyond its time limit; one that began earlier and has not ended died."""
_COLUMNS: Final = (*("Time", "Log id", "Flow", "Log type", "Record", "Status", "Code", "Message", "Next step", "Run"),)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the log."""

    rows: Sequence[LogRow]
    batches: Sequence[WaitingBatch]
    runs: Sequence[RunningStep]
    newer: str
    older: str
    is_newest: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.rows or self.batches or self.runs)


@router.get("/monitoring/logs")
async def logs(page: Reader, asked: AskedLog, older: Text = "", newer: Text = "") -> HTMLResponse:
    """One page: what waits, then the newest rows; or those beside a place."""
    listed = await _listed(page, asked, older, newer)
    return page.show(
        "logs.html",
        listed=listed,
        most=MOST_EXPORTED,
        entry_of=CATALOGUE.get,
        in_general=in_general,
        flow_name=flow_name,
        **facts(asked),
    )


async def _listed(page: Page, asked: Asked, older: str, newer: str) -> Listed:
    wanted = await filter_of(page, asked)
    before, after = place_of(older), place_of(newer)
    if after and not before:
        rows = await _page(page, asked, wanted, newer=after)
        if len(rows) > _PAGE:
            shown = rows[-_PAGE:]
            return Listed(shown, [], [], written(shown[0].place), written(shown[-1].place), is_newest=False)
    rows = await _page(page, asked, wanted, older=before)
    shown, last = rows[:_PAGE], written(rows[_PAGE - 1].place) if len(rows) > _PAGE else ""
    if before:
        return Listed(shown, [], [], written(shown[0].place if shown else before), last, is_newest=False)
    return Listed(shown, *await _waiting(page, asked, wanted), "", last, is_newest=True)


async def _page(page: Page, asked: Asked, wanted: LogFilter, **beside: Place | None) -> list[LogRow]:
    if asked.status == "waiting":
        return []
    return await page.store.log_page(page.channel, wanted, _PAGE + 1, **beside)


async def _waiting(page: Page, asked: Asked, wanted: LogFilter) -> tuple[list[WaitingBatch], list[RunningStep]]:
    if asked.status not in ("", "waiting"):
        return [], []
    batches = await page.store.waiting_batches(page.channel, wanted, _WAITING)
    if wanted.keys is not None or wanted.kind or wanted.log_id:
        return batches, []
    longest = max(flow.time_limit for flow in FLOWS.values()) + _CLOSING
    runs = await page.store.running_steps(page.channel, wanted, page.now - longest)
    return batches, [run for run in runs if page.now - run.started_at < FLOWS[run.flow].time_limit + _CLOSING]


@router.get("/monitoring/logs.{form}")
async def logs_file(page: Reader, asked: AskedLog, form: Literal["csv", "xlsx"]) -> StreamingResponse:
    """What waits, and the newest rows of the filtered log, as a file."""
    wanted = await filter_of(page, asked)
    batches, runs = await _waiting(page, asked, wanted)
    rows = _exported(page, asked, wanted, batches, runs)
    return export("fashfed-logs", _COLUMNS, rows, form, page.now)


async def _exported(
    page: Page, asked: Asked, wanted: LogFilter, batches: Sequence[WaitingBatch], runs: Sequence[RunningStep]
) -> AsyncIterator[Sequence[Cell]]:
    for run in runs:
        yield (run.started_at, run.run_id, flow_name(run.flow), shown_kind(RUN), run.step, "Waiting", None, "At work")
    for batch in batches:
        said = f"Fashfed has {batch.records} records of it and has not answered yet"
        kind = shown_kind(batch.kind)
        yield (batch.at, batch.log_id, flow_name(batch.flow), kind, asked.record or batch.key, "Waiting", None, said)
    if asked.status == "waiting":
        return
    async for row in page.store.all_log_rows(page.channel, wanted, MOST_EXPORTED):
        entry = CATALOGUE.get(row.code or "")
        yield (
            *(row.at, row.log_id, flow_name(row.flow), shown_kind(row.kind), row.key),
            *("Successful" if row.ok else "Fail", row.code, row.message),
            *(in_general(entry.next_step) if entry else None, row.run_id),
        )


@router.get("/monitoring/logs/{number}")
async def log_entry(page: Reader, number: Annotated[int, Path(ge=-MOST_ROWS, le=MOST_ROWS)]) -> HTMLResponse:
    """One row with request, response, cause, owner, next step and where its run is."""
    found = await page.store.log_entry(page.channel, number)
    if found is None:
        raise HTTPException(404, "This row is not in the log; it may have been older than the history that is kept.")
    row, entry = found
    explained: Entry | None = CATALOGUE.get(row.code or "")
    return page.show(
        "logs_entry.html",
        row=row,
        entry=entry,
        explained=explained,
        in_general=in_general,
        flow_name=flow_name,
        kind_name=shown_kind,
        pretty=pretty,
        inbox=await _in_inbox(page, row),
        task=await _task_log(page, row),
        is_sku=row.kind in ("product", "productprice", "productstock", "integrationaction"),
    )


async def _in_inbox(page: Page, row: LogRow) -> str | None:
    """Where a record waits for a person; None for one that does not."""
    for kind in INBOX_KINDS if row.code else ():
        found = await page.store.inbox_row(page.channel, kind, row.key)
        if found is not None and found.state is InboxState.PARKED:
            return page.url("inbox/records", kind=kind, code=found.code, q=row.key)
    return None


async def _task_log(page: Page, row: LogRow) -> str | None:
    """The address of the log of the task that wrote a row; None for a run without a scheduler."""
    if not row.run_id or row.run_id.startswith(_COMMAND) or row.flow not in FLOWS:
        return None
    dag = deployment.dag_id(FLOWS[row.flow], page.channel)
    step = await page.store.step_of(page.channel, row)
    run = f"dags/{dag}/runs/{quote(row.run_id, safe='')}"
    return page.airflow(f"{run}/tasks/{step}" if step else run)


def pretty(text: str) -> str:
    """A call and its JSON, with the JSON laid out for the eye where it is whole."""
    call, cut, body = text.rpartition("\n")
    try:
        return call + cut + json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return text


def flow_name(name: str) -> str:
    """A flow as people know it."""
    return FLOWS[name].display_name if name in FLOWS else name
