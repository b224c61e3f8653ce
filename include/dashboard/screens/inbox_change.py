"""What operators do to records of the Inbox: retry, exclude, let pass, assign; audited with their name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import HTTPException

from include import deployment
from include.dashboard.page import Page
from include.dashboard.screens.inbox_kinds import HELD, KINDS, PUSHING, Kind
from include.errors import FashfedError
from include.flows.registry import FLOWS
from include.inbox_command import InboxChange
from include.inbox_desk import InboxDesk
from include.state.postgres.screens.inbox import Wanted
from include.state.store import Audit

Action = Literal["retry", "exclude", "let_pass"]
_RELEASE = "delete_bulk_failed_integration"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change: ``started`` is the flow that was started for it, ``trouble`` the error code of one that
    could not be started."""

    asked: int
    changed: int
    started: str = ""
    trouble: str = ""


async def change(page: Page, wanted: Wanted, keys: Sequence[str], action: Action, reason: str) -> Done:
    """Do it to the records named, or without keys to all that are wanted. Raises ``HTTPException`` 422 for what cannot
    be done to this kind of records, and ``FashfedError``."""
    kind = KINDS[wanted.kind]
    _check(kind, wanted, action)
    all_of_them = not keys and not (wanted.text or wanted.cause)
    keys = list(dict.fromkeys(keys)) or await page.store.stuck_keys(page.channel, wanted, PUSHING)
    if not keys:
        return Done(0, 0)
    if kind.in_inbox:
        return await _change_inbox(page, kind, keys, action, reason)
    if action == "exclude" or wanted.excluded_at:
        await _note(page, kind, keys, "take_back" if wanted.excluded_at else action, reason)
        return Done(len(keys), len(keys))
    if action == "let_pass":
        return await _let_pass(page, kind, keys, reason, all_of_them=all_of_them)
    started, trouble = await _start(page, _RELEASE, {"skus": keys})
    if trouble:  # nothing has changed then
        return Done(len(keys), 0, started, trouble)
    await _note(page, kind, keys, action, reason)
    return Done(len(keys), len(keys), started)


async def assign(page: Page, package: str, order: str) -> Done:
    """Say which order of Omnitron a package is."""
    asked = InboxChange(page.channel, "assign", "package", (package,), None, "", order)
    try:
        [answer] = await InboxDesk(page.store, asked, page.world.source, page.visitor.name, page.now).change()
    except FashfedError as error:
        return Done(1, 0, trouble=error.code)
    return Done(1, int(answer.changed))


def _check(kind: Kind, wanted: Wanted, action: Action) -> None:
    held = wanted.code == HELD and not kind.in_inbox
    undone = wanted.excluded_at is not None
    able = {"retry": undone or kind.in_inbox or (kind.released and not held), "exclude": not undone, "let_pass": held}
    if not able[action]:
        raise HTTPException(422, f"This cannot be done to a {kind.word}.")


async def _change_inbox(page: Page, kind: Kind, keys: Sequence[str], action: Action, reason: str) -> Done:
    asked = InboxChange(page.channel, action, kind.name, tuple(keys), None, reason, None)
    answers = await InboxDesk(page.store, asked, page.world.source, page.visitor.name, page.now).change()
    changed = sum(answer.changed for answer in answers)
    started, trouble = await _start(page, kind.flow, {}) if action == "retry" and changed else ("", "")
    return Done(len(keys), changed, started, trouble)


async def _let_pass(page: Page, kind: Kind, keys: Sequence[str], reason: str, *, all_of_them: bool) -> Done:
    """All that is held back passes with a run of the flow that looks at no brake; single changes alone do, and only
    what keeps them out of the feed is lifted."""
    flow, given = (kind.flow, {"let_pass": True}) if all_of_them else (_RELEASE, {"skus": list(keys)})
    started, trouble = await _start(page, flow, given)
    if trouble:
        return Done(len(keys), 0, started, trouble)
    passed = [hold.key for hold in await page.store.let_pass(page.channel, kind.name, keys, now=page.now)]
    await _note(page, kind, passed, "let_pass", reason)
    return Done(len(keys), len(passed), started)


async def _note(page: Page, kind: Kind, keys: Sequence[str], action: str, reason: str) -> None:
    like = Audit(page.visitor.name, action, f"record:{kind.name}", "", reason, page.now)
    await page.store.note_audits(page.channel, like, keys)


async def _start(page: Page, flow: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """Start a run of the flow; its name, and the code of what kept it from starting."""
    dag = deployment.dag_id(FLOWS[flow], page.channel)
    try:
        await asyncio.to_thread(page.world.airflow.start, dag, given, page.visitor.name)
    except FashfedError as error:
        return flow, error.code
    return flow, ""
