"""Backfill of orders: runs of Order Sweep and Backfill for past days, told before they are made and followed after."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from include import deployment
from include.dashboard.page import Operator, Page, Reader
from include.dashboard.screens.triggers import BACKFILLED, dag_of
from include.errors import FashfedError, StopRun
from include.flows.registry import FLOWS
from include.state.records import Audit

router = APIRouter()
MOST_DAYS: Final = 62
"""Of one backfill: Airflow makes its runs while the page waits."""
_FLOW: Final = FLOWS[BACKFILLED]
_INSTANT: Final = timedelta(microseconds=1)
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the deployment's zone, both included. ``again``: also what has had its run."""

    first: date
    last: date
    again: bool

    def slots(self, now: datetime) -> tuple[datetime, datetime]:
        """From when to when the slots lie whose runs read these days; a run reads what lies before its slot."""
        zone = ZoneInfo(deployment.timezone())
        start = datetime.combine(self.first, time.min, zone)
        end = datetime.combine(self.last + timedelta(days=1), time.min, zone)
        return start + _INSTANT, min(end + (_FLOW.look_back or timedelta()) - _INSTANT, now)


Day = Annotated[str, Query(max_length=20)]
FormDay = Annotated[str, Form(max_length=20)]


@router.get(f"/triggers/{BACKFILLED}/backfill")
async def backfill(page: Reader, first: Day = "", last: Day = "", again: bool = False) -> HTMLResponse:
    """The form; with days, what a backfill of them would run; and the newest backfills."""
    if not (first or last):
        return await _shown(page, first, last, again)
    try:
        period = _period(page, first, last, again)
        found = await asyncio.to_thread(page.world.airflow.slots, dag_of(page, _FLOW), *period.slots(page.now), again)
    except StopRun as refusal:
        return await _shown(page, first, last, again, refusal=refusal)
    return await _shown(page, first, last, again, planned=found)


@router.post(f"/triggers/{BACKFILLED}/backfill")
async def start_backfill(
    page: Operator, first: FormDay = "", last: FormDay = "", again: Annotated[bool, Form()] = False
) -> Response:
    """Make the runs."""
    dag, who = dag_of(page, _FLOW), page.visitor.name
    try:
        period = _period(page, first, last, again)
        number = await asyncio.to_thread(page.world.airflow.backfill, dag, *period.slots(page.now), again, who)
    except StopRun as refusal:
        return await _shown(page, first, last, again, refusal=refusal)
    reason = f"{period.first} to {period.last}" + ("; also what has had its run" if again else "")
    audit = Audit(who, "backfill", f"run of {_FLOW.display_name}", str(number), reason, page.now)
    await page.store.note_audit(page.channel, audit)
    return page.goto(f"triggers/{BACKFILLED}/backfill")


@router.get(f"/triggers/{BACKFILLED}/backfill/now")
async def backfill_now(page: Reader) -> HTMLResponse:
    """How far the newest backfills are."""
    return page.show("triggers_backfill_now.html", **await _newest(page))


def _period(page: Page, first: str, last: str, again: bool) -> Period:
    """Raises ``StopRun`` (form_value)."""
    today = page.now.astimezone(ZoneInfo(deployment.timezone())).date()
    try:
        found = Period(date.fromisoformat(first), date.fromisoformat(last), again)
    except ValueError:
        raise StopRun(
            "form_value", field="First day and last day", detail="both are dates such as 2026-01-31"
        ) from None
    trouble = (
        (found.first > found.last, "the first day lies behind the last"),
        (found.last > today, "the last day has not begun yet"),
        ((found.last - found.first).days >= MOST_DAYS, f"one backfill takes at most {MOST_DAYS} days"),
    )
    for applies, detail in trouble:
        if applies:
            raise StopRun("form_value", field="First day and last day", detail=detail)
    return found


async def _shown(
    page: Page,
    first: str,
    last: str,
    again: bool,
    *,
    planned: Any = None,
    refusal: FashfedError | None = None,
) -> HTMLResponse:
    today = page.now.astimezone(ZoneInfo(deployment.timezone())).date()
    return page.show(
        "triggers_backfill.html",
        status=422 if refusal else 200,
        flow=_FLOW,
        first=first,
        last=last,
        again=again,
        planned=planned,
        refusal=refusal,
        today=today.isoformat(),
        most_days=MOST_DAYS,
        **await _newest(page),
    )


async def _newest(page: Page) -> dict[str, Any]:
    found = await asyncio.to_thread(page.world.airflow.backfills, dag_of(page, _FLOW), _SHOWN)
    return {"backfills": found, "some_run": any(one["completed_at"] is None for one in found)}
