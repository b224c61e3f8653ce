"""One alarm rule as administrators add, edit, test, pause and delete it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from include import deployment
from include.alarms.criteria import FLOWS_TO_CHOOSE
from include.alarms.form import read_rule, shown_webhook
from include.alarms.words import Readers, notices_of_a_test
from include.dashboard.page import Administrator, Page
from include.dashboard.screens.alarms import show, tested, watch
from include.state.alarms import AlarmRule

router = APIRouter()
_PLAIN = r"^[^\x00]*$"
_FOLLOWED = 150
"""Test messages whose way is shown."""
_EMPTY = {
    "criterion": "errors", "flow": "", "threshold": "10", "interval": "60", "mails": "", "webhook": "", "active": "on"
}  # fmt: skip
Line = Annotated[str, Form(max_length=2000, pattern=_PLAIN)]
Lines = Annotated[str, Form(max_length=200_000, pattern=_PLAIN)]
RuleId = Annotated[int, Form(ge=0, le=2**62)]
Number = Annotated[int, Path(ge=1, le=2**62)]
Fields = dict[str, str]


def _typed(
    criterion: Line = "", flow: Line = "", threshold: Line = "", interval: Line = "", mails: Lines = "",
    webhook: Line = "", active: Line = "",
) -> Fields:  # fmt: skip
    return {
        "criterion": criterion, "flow": flow, "threshold": threshold, "interval": interval, "mails": mails,
        "webhook": webhook, "active": active,
    }  # fmt: skip


Typed = Annotated[Fields, Depends(_typed)]


@router.get("/alarms/rules/new")
async def new(page: Administrator) -> HTMLResponse:
    """An empty form."""
    return await _form(page, _EMPTY, None)


@router.get("/alarms/rules/{number}")
async def edit(page: Administrator, number: Number) -> HTMLResponse:
    """The form of a rule."""
    rule = await _rule(page, number)
    return await _form(page, _fields(rule), rule)


@router.post("/alarms/rules/save")
async def save(page: Administrator, typed: Typed, number: RuleId = 0) -> Response:
    """Keep the rule; or show the form with what is wrong in it."""
    before = await _rule(page, number) if number else None
    filled = read_rule(typed, before=before, allow_private_hosts=deployment.allow_private_hosts())
    if filled.rule is None:
        return await _form(page, typed, before, problems=filled.problems, status=422)
    await _save(page, filled.rule)
    return page.goto("alarms/rules", did="saved")


@router.post("/alarms/rules/test")
async def try_typed(page: Administrator, typed: Typed, number: RuleId = 0) -> HTMLResponse:
    """Send a test to everybody whom the rule would tell, as it is typed now; nothing else is kept."""
    before = await _rule(page, number) if number else None
    filled = read_rule(typed, before=before, allow_private_hosts=deployment.allow_private_hosts())
    if filled.rule is None:
        return await _form(page, typed, before, problems=filled.problems, status=422)
    ids = await _send_test(page, filled.rule)
    return await _form(page, typed, before, ids=ids, asked=True)


@router.post("/alarms/rules/{number}/test")
async def try_kept(page: Administrator, number: Number) -> RedirectResponse:
    """Send a test to everybody whom the rule tells."""
    ids = await _send_test(page, await _rule(page, number))
    return page.goto("alarms/rules", test=ids, did="" if ids else "nobody")


@router.post("/alarms/rules/{number}/active")
async def switch(page: Administrator, number: Number, active: Annotated[bool, Form()]) -> RedirectResponse:
    """Pause a rule, or have it watch again."""
    await _save(page, replace(await _rule(page, number), active=active))
    return page.goto("alarms/rules", did="resumed" if active else "paused")


@router.post("/alarms/rules/{number}/delete")
async def delete(page: Administrator, number: Number) -> RedirectResponse:
    """Take a rule away; its incidents stay."""
    await page.store.delete_alarm_rule(page.channel, number, who=page.visitor.name, now=page.now)
    return page.goto("alarms/rules", did="deleted")


async def _form(
    page: Page, fields: Mapping[str, str], rule: AlarmRule | None, *, problems: Mapping[str, str] | None = None,
    ids: str = "", asked: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    return show(
        page, "alarms_form.html", status=status, fields=fields, rule=rule, problems=problems or {},
        choices=FLOWS_TO_CHOOSE, watch=await watch(page), test=await tested(page, ids), told_nobody=asked and not ids,
    )  # fmt: skip


def _fields(rule: AlarmRule) -> Fields:
    """What the form shows of a rule."""
    return {
        "criterion": rule.criterion.value,
        "flow": rule.flow or "",
        "threshold": f"{rule.threshold:g}",
        "interval": str(rule.interval_minutes),
        "mails": "\n".join(rule.mails),
        "webhook": shown_webhook(rule.webhook),
        "active": "on" if rule.active else "",
    }


async def _rule(page: Page, number: int) -> AlarmRule:
    rules = {rule.id: rule for rule in await page.store.alarm_rules(page.channel)}
    if number not in rules:
        raise HTTPException(404, "This alarm is gone; somebody has deleted it.")
    return rules[number]


async def _save(page: Page, rule: AlarmRule) -> None:
    try:
        await page.store.save_alarm_rule(page.channel, rule, who=page.visitor.name, now=page.now)
    except LookupError:
        raise HTTPException(404, "This alarm is gone; somebody has deleted it.") from None


async def _send_test(page: Page, rule: AlarmRule) -> str:
    """The ids of the test messages; empty when the rule tells nobody."""
    readers = Readers(
        deployment.operators(page.channel), page.world.source.screens(), deployment.timezone(), page.channel
    )
    notices = notices_of_a_test(rule, readers, page.now)
    who = page.visitor.name
    ids = await page.store.queue_test_notices(page.channel, notices, who=who, now=page.now) if notices else []
    return ",".join(map(str, ids[:_FOLLOWED]))
