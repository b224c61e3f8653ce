"""One run: how far it is, what it counted, what went wrong, and what became of each row of a list."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, StreamingResponse

from include.dashboard.exports import Cell, Format, export
from include.dashboard.page import Page, Reader
from include.dashboard.screens.triggers import dag_of, flow_of
from include.dashboard.screens.triggers_view import shown, verdict
from include.domain.run import COUNTS
from include.flows.registry import Flow
from include.state.records import Finding

router = APIRouter()
_PAGE: Final = 50
_BLOCK: Final = 5_000
"""Rows that an export reads at once."""
_COLUMNS: Final = ("Record", "Outcome", "What it says", "Value", "Code")
_PLAIN: Final = r"^[^\x00]*$"
Text = Annotated[str, Query(max_length=300, pattern=_PLAIN)]
Number = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A run and which of its rows; ``of`` is how many its list has, where that is known."""

    run: str
    of: int | None
    verdict: str
    q: str
    p: int

    @property
    def query(self) -> dict[str, Any]:
        """As our addresses name it, without the page."""
        return {"run": self.run, "of": self.of, "verdict": self.verdict, "q": self.q}


def _asked(run: Text, of: Number | None = None, verdict: Text = "", q: Text = "", p: Number = 1) -> Asked:
    return Asked(run, of, verdict, q.strip(), p)


AskedRun = Annotated[Asked, Depends(_asked)]


@router.get("/triggers/{name}/run")
async def run(page: Reader, name: str, asked: AskedRun) -> HTMLResponse:
    """The page of a run."""
    return page.show("triggers_run.html", **await _facts(page, flow_of(name), asked))


@router.get("/triggers/{name}/run/now")
async def run_now(page: Reader, name: str, asked: AskedRun) -> HTMLResponse:
    """What changes on it."""
    return page.show("triggers_run_now.html", **await _facts(page, flow_of(name), asked))


@router.get("/triggers/{name}/rows.{form}")
async def rows(page: Reader, name: str, form: Format, asked: AskedRun) -> StreamingResponse:
    """All rows that the filter leaves, as a file."""
    flow = flow_of(name)
    return export(flow.name, _COLUMNS, _all_rows(page, flow, asked), form, page.now)


async def _all_rows(page: Page, flow: Flow, asked: Asked) -> AsyncIterator[Sequence[Cell]]:
    offset = 0
    while block := await _rows(page, flow, asked, limit=_BLOCK, offset=offset):
        for row in block:
            yield row.key, verdict(row.verdict)[0], row.text, row.value, row.code or ""
        offset += len(block)


async def _rows(page: Page, flow: Flow, asked: Asked, *, limit: int, offset: int) -> list[Finding]:
    wanted: dict[str, Any] = {"verdict": asked.verdict, "part": asked.q, "limit": limit, "offset": offset}
    return await page.store.rows_of(page.channel, flow.name, asked.run, **wanted)


async def _facts(page: Page, flow: Flow, asked: Asked) -> dict[str, Any]:
    store, channel, dag = page.store, page.channel, dag_of(page, flow)
    told = await asyncio.to_thread(page.world.airflow.run, dag, asked.run)
    reports = (await store.steps_of(channel, flow.name, [asked.run])).get(asked.run, [])
    if told is None and not reports:
        raise HTTPException(404, f"{flow.display_name} has no such run, or it is so old that it was removed.")
    one = shown(flow, asked.run, told, reports)
    verdicts = await store.verdicts(channel, flow.name, asked.run)
    found = await _rows(page, flow, asked, limit=_PAGE + 1, offset=(asked.p - 1) * _PAGE) if verdicts else []
    return {
        "flow": flow,
        "run": one,
        "started": await store.started(channel, asked.run),
        "why_skipped": await _why_skipped(page, flow) if one.state == "Skipped" and not reports else "",
        "counts": COUNTS,
        "verdicts": verdicts,
        "verdict_of": verdict,
        "rows": found[:_PAGE],
        "more": len(found) > _PAGE,
        "asked": asked,
        "size": _PAGE,
        "log": page.airflow(f"dags/{dag}/runs/{one.address}"),
    }


async def _why_skipped(page: Page, flow: Flow) -> str:
    """A flow that stays off leaves one row, not one for each run."""
    last = await page.store.last_runs(page.channel, flow.name, 1)
    return str(last[0]["reason"]) if last and last[0]["outcome"] == "skipped" else ""
