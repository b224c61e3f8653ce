"""The OMS's web hook: who gets its events, and when it tries again."""

import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from include.sandbox import Sandbox
from include.sandbox.oms_hook import OmsHook
from include.sandbox.routing import Row
from tests.unit.sandbox.imports import imported

_URL = "http://connector.example/splits"


@dataclass(slots=True)
class Session:
    """Answers with one status after the other, or not at all; and keeps what it was sent."""

    answers: Iterator[int | None]
    sent: list[tuple[str, Row]] = field(default_factory=list)

    @asynccontextmanager
    async def post(self, url: str, **facts: Any) -> Any:
        self.sent.append((url, facts))
        status = next(self.answers)
        if status is None:
            raise aiohttp.ServerDisconnectedError
        yield type("Answer", (), {"status": status})


def _asked(sandbox: Sandbox) -> Row:
    order = imported(sandbox, 1, 2)
    return sandbox.oms.split(order.order["number"], order.package["number"], [[(order.lines[1], 1)]])


async def _deliver(sandbox: Sandbox, *answers: int | None, countdown: float = 0, rounds: int = 1) -> Session:
    session = Session(iter(answers))
    hook = OmsHook(sandbox.oms, _URL, "secret", countdown)
    for _ in range(rounds):
        await hook.deliver(session)  # type: ignore[arg-type]
    return session


async def test_an_event_is_posted_as_json_with_the_token(sandbox: Sandbox) -> None:
    event = _asked(sandbox)
    ((url, facts),) = (await _deliver(sandbox, 202)).sent
    assert (url, facts["headers"]["Authorization"], facts["allow_redirects"]) == (_URL, "Token secret", False)
    assert json.loads(facts["data"]) == event
    assert not sandbox.oms.outbox
    assert list(sandbox.oms.answers) == [(event["event"]["uuid"], 202)]


@pytest.mark.parametrize(("status", "splitting"), [(200, True), (202, True), (400, False), (404, False), (422, False)])
async def test_an_answer_for_good_ends_it(sandbox: Sandbox, status: int, splitting: bool) -> None:
    event = _asked(sandbox)
    session = await _deliver(sandbox, status, rounds=3)
    assert (len(session.sent), len(sandbox.oms.outbox)) == (1, 0)
    assert sandbox.oms.is_splitting(event["payload"]["package_number"]) is splitting


@pytest.mark.parametrize("status", [None, 500, 503, 429, 408, 302])
async def test_without_an_answer_for_good_it_is_tried_again_with_the_same_content(
    sandbox: Sandbox, status: int | None
) -> None:
    _asked(sandbox)
    session = await _deliver(sandbox, status, status, 202, rounds=5)
    assert len(session.sent) == 3
    assert len({facts["data"] for _, facts in session.sent}) == 1


async def test_it_waits_before_it_tries_again_and_lets_others_pass(sandbox: Sandbox) -> None:
    _asked(sandbox)
    _asked(sandbox)
    session = await _deliver(sandbox, 503, 202, countdown=60, rounds=3)
    assert (len(session.sent), len(sandbox.oms.outbox)) == (2, 1)
