"""Inbox: what needs a person, grouped by cause, and what people did about it."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from include.dashboard.page import Operator, Page, Reader
from include.dashboard.screens.inbox_asked import After, FormText, Listed, Meant, Number, Text, Told
from include.dashboard.screens.inbox_change import Action, assign, change
from include.dashboard.screens.inbox_kinds import HELD, KINDS, PUSHING, about, causes_of
from include.state.alarms import IncidentState

router = APIRouter()
_PAGE = 50
_CHOICES = 200
"""What rows wait for that can be chosen from a list."""


@router.get("/inbox")
async def inbox(page: Reader, told: After) -> HTMLResponse:
    """The causes for which a person has to do something."""
    return await _causes(page, "inbox", told)


@router.get("/inbox/waiting")
async def waiting(page: Reader, told: After) -> HTMLResponse:
    """The causes that go away by themselves."""
    return await _causes(page, "inbox/waiting", told)


async def _causes(page: Page, view: str, told: Told | None) -> HTMLResponse:
    causes = causes_of(await page.store.troubles(page.channel, PUSHING))
    shown = [cause for cause in causes if cause.needs_a_person == (view == "inbox")]
    untried = await page.store.untried(page.channel)
    return page.show("inbox.html", view=view, causes=shown, others=len(causes) - len(shown), untried=untried, told=told)


@router.get("/inbox/badges")
async def badges(page: Reader) -> HTMLResponse:
    """The numbers that the navigation shows: causes that need a person, and open incidents."""
    causes = causes_of(await page.store.troubles(page.channel, PUSHING))
    incidents = await page.store.count_incidents(page.channel)
    waiting = sum(cause.needs_a_person for cause in causes)
    return page.show("inbox_badges.html", causes=waiting, incidents=incidents[IncidentState.OPEN])


@router.get("/inbox/records")
async def records(page: Reader, listed: Listed, told: After, p: Number = 1) -> HTMLResponse:
    """The records of one cause, or those that were excluded together."""
    store, wanted = page.store, listed.wanted
    total = await store.count_stuck(page.channel, wanted, PUSHING)
    p = max(1, min(p, -(-total // _PAGE)))  # records leave, and their page with them
    found = await store.stuck(page.channel, wanted, PUSHING, limit=_PAGE, offset=(p - 1) * _PAGE)
    by_cause = listed.kind.in_inbox and wanted.code
    choices = await store.stuck_causes(page.channel, wanted.kind, wanted.code, _CHOICES) if by_cause else []
    return page.show(
        "inbox_records.html",
        listed=listed,
        wanted=wanted,
        about=about(wanted.code),
        records=found,
        total=total,
        p=p,
        size=_PAGE,
        choices=choices,
        told=told,
        held=wanted.code == HELD and not listed.kind.in_inbox,
    )


@router.get("/inbox/excluded")
async def excluded(page: Reader, told: After, p: Number = 1) -> HTMLResponse:
    """What people excluded, and nobody took back since."""
    found = await page.store.exclusions(page.channel, PUSHING, limit=_PAGE + 1, offset=(p - 1) * _PAGE)
    return page.show(
        "inbox_excluded.html", exclusions=found[:_PAGE], more=len(found) > _PAGE, p=p, kinds=KINDS, told=told
    )


@router.get("/inbox/trail")
async def trail(page: Reader, q: Text = "", p: Number = 1) -> HTMLResponse:
    """Who did what, when."""
    text = q.strip()
    found = await page.store.deeds(page.channel, text, limit=_PAGE + 1, offset=(p - 1) * _PAGE)
    return page.show("inbox_trail.html", deeds=found[:_PAGE], more=len(found) > _PAGE, p=p, q=text, kinds=KINDS)


@router.post("/inbox/change")
async def change_records(
    page: Operator,
    meant: Meant,
    action: Annotated[Action, Form()],
    scope: Annotated[Literal["all", "chosen"], Form()] = "all",
    keys: Annotated[list[FormText] | None, Form()] = None,
    reason: FormText = "",
) -> RedirectResponse:
    """Do it to the records that are chosen, or to all that the list has."""
    chosen = keys or [] if scope == "chosen" else []
    if scope == "chosen" and not chosen:
        raise HTTPException(422, "No record was chosen. Go back and tick one, or choose all of them.")
    if action == "exclude" and not reason.strip():
        raise HTTPException(422, "To exclude records needs a reason: others will ask why they are not there.")
    done = await change(page, meant.wanted, chosen, action, reason.strip())
    left = await page.store.count_stuck(page.channel, meant.wanted, PUSHING)
    home = "inbox/excluded" if meant.wanted.excluded_at else "inbox"
    to, query = ("inbox/records", meant.query) if left else (home, {})
    return page.goto(to, **query, did=action, **asdict(done))


@router.post("/inbox/assign")
async def assign_package(page: Operator, meant: Meant, key: FormText, order: FormText) -> RedirectResponse:
    """Say which order of Omnitron a package is."""
    if not order.strip():
        raise HTTPException(422, "Which order? Give its number in Omnitron.")
    done = await assign(page, key, order.strip())
    return page.goto("inbox/records", **meant.query, did="assign", **asdict(done))
