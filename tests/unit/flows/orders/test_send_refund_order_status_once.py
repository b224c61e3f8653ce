"""Each decision about a return is told once, whatever dies and whichever answer is lost (design.md section 7)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from include.clients.transport import Request
from include.errors import RetryNow
from tests.unit.flows.orders.mortal import LOST, Trial, lost_answers
from tests.unit.flows.orders.returns import Returns, left_open, returns
from tests.worldkit import CHANNEL

FLOW = "send_refund_order_status"
WISHED = ("approved", "rejected", "approved", "open")
Row = dict[str, Any]


async def _world(shop: Returns) -> list[Row]:
    """Three decided returns, one of them decided at the market already, and one that nobody has decided about."""
    claims = [await shop.asked() for _ in range(4)]
    for claim, status in zip(claims, ("approved", "rejected", "completed", "confirmed"), strict=True):
        shop.decide(claim, status)
    shop.market.decide_claim(claims[2], "approved")
    await shop.kit.later(minutes=5)
    return claims


async def _check(shop: Returns, claims: Sequence[Row]) -> None:
    """The market has the decisions, Omnitron knows that it has, nothing is left open, and nothing is told again."""
    assert [shop.market.claims.rows[claim["id"]]["status"] for claim in claims] == list(WISHED)
    assert shop.due() == []
    rights = await shop.kit.store().claims(CHANNEL, "decide_refund", [claim["id"] for claim in claims])
    assert [rights[claim["id"]].state for claim in claims[:3]] == ["done"] * 3
    assert claims[3]["id"] not in rights
    assert list(left_open(shop)) == []
    sent = len(shop.decisions())
    await shop.tell()
    assert len(shop.decisions()) == sent


TRIAL = Trial(FLOW, Returns, _world, _check, after_death=(41, 0), while_lost=(8, 8), after_loss=(0, 480, 480))


def test_a_process_that_dies_at_any_await_tells_no_decision_twice_and_loses_none() -> None:
    assert TRIAL.dies_at_every_await() > 40


@pytest.mark.parametrize("effect", [True, False], ids=["with_effect", "without_effect"])
def test_a_process_that_dies_on_any_write_is_put_right_by_the_next(effect: bool) -> None:
    assert TRIAL.dies_on_every_write(effect=effect) >= {"approve", "reject", "batch_requests"}


@lost_answers(
    ("POST", "/api/i2/claims/*/approve/"),
    ("POST", "/api/i2/claims/*/reject/"),
    ("GET", "/api/i2/claims/"),
    ("GET", "*/cancellation_requests/updates/"),
    ("POST", "*/batch_requests/"),
    ("PATCH", "*/batch_requests/*"),
    kinds=(*LOST, "timeout_after"),
)
async def test_an_answer_that_never_comes_loses_no_decision(kind: str, method: str, path: str, times: int) -> None:
    await TRIAL.loses(kind, method, path, times)


async def _approved() -> tuple[Returns, Row]:
    shop = returns()
    claim = await shop.asked()
    shop.decide(claim, "approved")
    return shop, claim


async def test_after_a_lost_answer_the_decision_is_found_at_once() -> None:
    shop, claim = await _approved()
    shop.kit.sandbox.faults.add("timeout_after", path="*/approve/", next=1)
    recorder = shop.record()
    report = await shop.tell()
    assert len(recorder.calls("POST", "/approve/")) == 1
    assert (claim["status"], report.counts["sent"], report.counts["failed"]) == ("approved", 1, 0)


async def test_a_decision_that_may_have_arrived_is_looked_for_before_it_is_sent_again() -> None:
    shop, claim = await _approved()
    assert await shop.kit.run_and_die(FLOW, on="/approve/")
    assert claim["status"] == "approved"
    await shop.kit.later(minutes=41)
    recorder = shop.record()
    await shop.tell()
    assert not recorder.calls("POST", "/claims/")
    assert shop.due() == []


async def test_a_decision_that_arrives_after_we_looked_is_agreement() -> None:
    shop, claim = await _approved()
    shop.kit.sandbox.faults.add("timeout_before", path="*/approve/", next=1)
    recorder = shop.record()
    with suppress(RetryNow):
        await shop.tell()
    (late,) = recorder.calls("POST", "/approve/")
    assert claim["status"] == "open"
    app = shop.kit.sandbox.apps["fashfed"]

    def overtaken(request: Request) -> None:
        if request.url == late.url and request is not late:
            app.dispatch(late)

    shop.kit.wire.interceptors.append(overtaken)
    report = await shop.tell()
    assert (claim["status"], report.counts["sent"], report.counts["failed"]) == ("approved", 1, 0)


async def test_a_lost_approval_that_is_a_rejection_now_is_sent_as_one_if_the_market_never_got_it() -> None:
    shop, claim = await _approved()
    shop.kit.sandbox.faults.add("timeout_before", path="*/approve/", next=1)
    with suppress(RetryNow):
        await shop.tell()
    shop.decide(claim, "rejected")
    await shop.tell()
    assert claim["status"] == "rejected"
    rights = await shop.kit.store().claims(CHANNEL, "decide_refund", [claim["id"]])
    assert rights[claim["id"]].detail == {"status": "rejected"}


async def test_a_lost_approval_that_is_a_rejection_now_is_a_conflict_if_the_market_got_it() -> None:
    shop, claim = await _approved()
    assert await shop.kit.run_and_die(FLOW, on="/approve/")
    shop.decide(claim, "rejected")
    await shop.kit.later(minutes=41)
    recorder = shop.record()
    report = await shop.tell()
    assert report.errors == {"refund_conflict": 1}
    assert not recorder.calls("POST", "/claims/")
