"""Trigger (spec section 7.4): every flow with its form, what its last run did, and how far the present one is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from include import deployment, timetable
from include.dashboard.body import MEGABYTES
from include.dashboard.page import Operator, Page, Reader
from include.dashboard.schedules import starts
from include.dashboard.screens.overview_health import GROUPS, Run
from include.dashboard.screens.triggers_form import LISTS, ROWS, Asked, AskedForm, Given, read
from include.dashboard.screens.triggers_view import ShownRun, said, shown
from include.errors import FashfedError, StopRun
from include.flows.form import fields
from include.flows.registry import FLOWS, Flow
from include.state.records import Audit

router = APIRouter()
BACKFILLED: Final = "sweep_orders"
_RECENT: Final = 8
_TEMPLATE: Final = "sku\r\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A flow on the list."""

    flow: Flow
    about: str
    starts: str
    last: Run | None
    running: ShownRun | None
    is_paused: bool
    has_form: bool


@router.get("/triggers")
async def triggers(page: Reader) -> HTMLResponse:
    """All flows."""
    return page.show("triggers.html", **await _all(page), uploads=("product", *LISTS), backfilled=FLOWS[BACKFILLED])


@router.get("/triggers/now")
async def triggers_now(page: Reader) -> HTMLResponse:
    """The part of the list that changes."""
    return page.show("triggers_now.html", **await _all(page))


@router.get("/triggers/{name}")
async def trigger(page: Reader, name: str) -> HTMLResponse:
    """One flow: its form and its newest runs."""
    return await _form(page, flow_of(name), Asked())


@router.post("/triggers/{name}")
async def start(page: Operator, name: str, asked: AskedForm) -> Response:
    """Start a run, or say what is wrong with the form."""
    flow = flow_of(name)
    try:
        given = await read(asked, flow, page.now)
        run_id = await asyncio.to_thread(page.world.airflow.start, dag_of(page, flow), given.params, page.visitor.name)
    except StopRun as refusal:
        return await _form(page, flow, asked, refusal)
    await _note(page, flow, run_id, given)
    return page.goto(f"triggers/{name}/run", run=run_id, of=given.rows or "")


@router.get("/triggers/{name}/template.csv")
async def template(page: Reader, name: str) -> Response:
    """An empty list, to be filled in."""
    flow = flow_of(name)
    if "skus" not in flow.takes:
        raise HTTPException(404, f"{flow.display_name} takes no list of SKUs.")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(_TEMPLATE, media_type="text/csv", headers=headers)


def flow_of(name: str) -> Flow:
    """The flow of an address. Raises ``HTTPException`` 404."""
    if name not in FLOWS:
        raise HTTPException(404, f"There is no flow {name!r}.")
    return FLOWS[name]


def dag_of(page: Page, flow: Flow) -> str:
    """The id of the flow's DAG on the page's channel."""
    return deployment.dag_id(flow, page.channel)


async def _note(page: Page, flow: Flow, run_id: str, given: Given) -> None:
    reason = "; ".join(given.words)[:1000]
    audit = Audit(page.visitor.name, "start", f"run of {flow.display_name}", run_id, reason, page.now)
    await page.store.note_audit(page.channel, audit)


async def _all(page: Page) -> dict[str, Any]:
    runs = await page.store.newest_runs(page.channel, list(FLOWS))
    running, paused, silent = await _airflow(page)
    rows = [
        Row(
            flow,
            timetable.doc(flow).partition("\n")[0],
            starts(flow, page.channel),
            Run(flow, tuple(runs[name])) if name in runs else None,
            _present(page, flow, running, runs),
            dag_of(page, flow) in paused,
            bool(fields(flow)),
        )
        for name, flow in FLOWS.items()
    ]
    return {"rows": rows, "groups": GROUPS, "silent": silent, "some_run": bool(running)}


def _present(
    page: Page, flow: Flow, running: Mapping[str, Mapping[str, Any]], runs: Mapping[str, Any]
) -> ShownRun | None:
    run = running.get(dag_of(page, flow))
    if run is None:
        return None
    reports = [one for one in runs.get(flow.name, ()) if one.run_id == run["run_id"]]
    return shown(flow, run["run_id"], run, reports)


async def _airflow(page: Page) -> tuple[Mapping[str, Mapping[str, Any]], frozenset[str], str]:
    """The runs that have not ended, the DAGs that are paused, and why Airflow did not say so (empty: it did)."""
    airflow, dags = page.world.airflow, [dag_of(page, flow) for flow in FLOWS.values()]
    try:
        return await asyncio.to_thread(airflow.unfinished, dags), await asyncio.to_thread(airflow.paused, dags), ""
    except FashfedError as error:
        return {}, frozenset(), str(error)


async def _form(page: Page, flow: Flow, asked: Asked, refusal: FashfedError | None = None) -> HTMLResponse:
    airflow, dag = page.world.airflow, dag_of(page, flow)
    runs = await asyncio.to_thread(airflow.runs, dag, _RECENT)
    reports = await page.store.steps_of(page.channel, flow.name, [run["run_id"] for run in runs])
    recent = [shown(flow, run["run_id"], run, reports.get(run["run_id"], [])) for run in runs]
    about, _, more = timetable.doc(flow).partition("\n")
    return page.show(
        "triggers_flow.html",
        status=422 if refusal else 200,
        flow=flow,
        about=about,
        more=said(more),
        starts=starts(flow, page.channel),
        form=fields(flow),
        asked=asked,
        refusal=refusal,
        recent=recent,
        present=next((run for run in recent if not run.is_over), None),
        is_paused=bool(await asyncio.to_thread(airflow.paused, [dag])),
        dag=page.airflow(f"dags/{dag}"),
        needs_list=flow.name in LISTS,
        limits=(MEGABYTES, ROWS),
        backfilled=flow.name == BACKFILLED,
    )
