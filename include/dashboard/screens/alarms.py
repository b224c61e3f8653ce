"""Alarms (spec section 7.3): incidents, the rules that open them, and what was said to whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from include import deployment
from include.alarms.criteria import ABOUT, ENGINE
from include.alarms.form import shown_target, shown_webhook
from include.alarms.words import duration, flow_name, rule_title
from include.catalogue import CATALOGUE
from include.dashboard.page import Page, Reader
from include.dashboard.screens.inbox_kinds import KINDS, about
from include.state.alarms import AlarmRule, Incident, IncidentState

router = APIRouter()
_PAGE = 50
_LATE = timedelta(minutes=5)
"""The rules are judged each minute; for so long a restart of Airflow is no trouble."""
_MANY = 1000
"""More incidents than are ever open at once."""
_DONE = {"saved": "Saved.", "paused": "Paused: nobody is told.", "resumed": "Active again.", "deleted": "Deleted."}

Number = Annotated[int, Query(ge=1, le=100_000)]
Ids = Annotated[str, Query(max_length=2000, pattern=r"^[0-9,]*$")]


@dataclass(frozen=True, slots=True)
class Watch:
    """How the alarms themselves are: when the rules were last judged, and who is told where a rule names nobody."""

    judged_at: datetime | None
    is_late: bool
    operators: tuple[str, ...]


async def watch(page: Page) -> Watch:
    """How the alarms of the channel are."""
    judged = await page.store.watermark(page.channel, ENGINE)
    return Watch(judged, judged is None or page.now - judged > _LATE, deployment.operators(page.channel))


def show(page: Page, template: str, *, status: int = 200, **facts: object) -> HTMLResponse:
    """A page of alarms, with the words for rules and addresses."""
    words = {
        "title_of": rule_title, "criteria": ABOUT, "duration": duration, "flow_name": flow_name,
        "shown_webhook": shown_webhook, "shown_target": shown_target, "about": about, "catalogue": CATALOGUE,
    }  # fmt: skip
    return page.show(template, status=status, **words, **facts)


@router.get("/alarms")
async def incidents(
    page: Reader, incident: Annotated[int | None, Query(ge=1, le=2**62)] = None, state: IncidentState | None = None,
    p: Number = 1,
) -> HTMLResponse:  # fmt: skip
    """The incidents, open ones first; or the one that a mail's link names."""
    if incident is not None:
        return await _incident(page, incident)
    store, channel = page.store, page.channel
    found = await store.incidents(channel, state=state, limit=_PAGE + 1, offset=(p - 1) * _PAGE)
    shown = found[:_PAGE]
    return show(
        page,
        "alarms.html",
        incidents=shown,
        notices=await store.notices_of(channel, [one.id or 0 for one in shown]),
        counts=await store.count_incidents(channel),
        state=state,
        watch=await watch(page),
        more=len(found) > _PAGE,
        p=p,
    )


async def _incident(page: Page, number: int) -> HTMLResponse:
    incident = await page.store.incident(page.channel, number)
    if incident is None:
        raise HTTPException(404, f"There is no incident {number}; old ones are deleted with the history.")
    notices = await page.store.notices_of(page.channel, [number])
    rules = {rule.id: rule for rule in await page.store.alarm_rules(page.channel)}
    beneath = [kind for kind in KINDS.values() if incident.code and kind.flow in incident.flows]
    return show(
        page, "alarms_incident.html", incident=incident, notices=notices[number], rules=rules, beneath=beneath
    )  # fmt: skip


@router.get("/alarms/rules")
async def rules(page: Reader, did: Annotated[str, Query(max_length=20)] = "", test: Ids = "") -> HTMLResponse:
    """Every rule, with what it sees now."""
    found = await page.store.alarm_rules(page.channel)
    open_ones = await page.store.incidents(page.channel, state=IncidentState.OPEN, limit=_MANY)
    return show(
        page, "alarms_rules.html", rules=found, seen=_seen(found, open_ones), watch=await watch(page),
        done=_DONE.get(did), told_nobody=did == "nobody", test=await tested(page, test),
    )  # fmt: skip


def _seen(found: list[AlarmRule], open_ones: list[Incident]) -> dict[int, Incident]:
    """By rule, the incident that it sees now."""
    seen = {member.rule_id: incident for incident in reversed(open_ones) for member in incident.members}
    return {rule.id: seen[rule.id] for rule in found if rule.id is not None and rule.id in seen}


@router.get("/alarms/deliveries")
async def deliveries(page: Reader, p: Number = 1) -> HTMLResponse:
    """What was said, to whom, and what is still to be said."""
    found = await page.store.deliveries(page.channel, limit=_PAGE + 1, offset=(p - 1) * _PAGE)
    return show(page, "alarms_deliveries.html", notices=found[:_PAGE], more=len(found) > _PAGE, p=p)


@router.get("/alarms/tests")
async def tests(page: Reader, ids: Ids) -> HTMLResponse:
    """What became of test messages."""
    return show(page, "alarms_test.html", test=await tested(page, ids))


async def tested(page: Page, ids: str) -> dict[str, object] | None:
    """The notices of a test; None without any."""
    numbers = [int(one) for one in ids.split(",") if 0 < len(one) < 19][:200]
    notices = await page.store.notices(page.channel, numbers) if numbers else []
    return {"ids": ids, "notices": notices} if notices else None
