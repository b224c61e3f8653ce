"""Each decision about a return is told once, whatever dies and whichever answer is lost (design.md section 7)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from include.clients.transport import Request
from include.errors import RetryNow
from tests.unit.flows.orders.returns import Returns, copied, left_open, returns
from tests.worldkit import CHANNEL

FLOW = "send_refund_order_status"
LOST = ("reset_after", "timeout_after", "timeout_before", "error", "invalid_json")
"""What may become of an answer: it is lost or spoilt after the effect, or the effect never came."""
WISHED = ("approved", "rejected", "approved", "open")
Row = dict[str, Any]


async def _world() -> tuple[Returns, list[Row]]:
    """Three decided returns, one of them decided at the market already, and one that nobody has decided about."""
    shop = returns()
    claims = [await shop.asked() for _ in range(4)]
    for claim, status in zip(claims, ("approved", "rejected", "completed", "confirmed"), strict=True):
        shop.decide(claim, status)
    shop.market.decide_claim(claims[2], "approved")
    await shop.kit.later(minutes=5)
    shop.kit.wire.requests.clear()
    return shop, claims


async def _check(shop: Returns, claims: Sequence[Row]) -> None:
    """The market has the decisions, Omnitron knows that it has, nothing is left open."""
    assert [shop.market.claims.rows[claim["id"]]["status"] for claim in claims] == list(WISHED)
    assert shop.due() == []
    rights = await shop.kit.store().claims(CHANNEL, "decide_refund", [claim["id"] for claim in claims])
    assert [rights[claim["id"]].state for claim in claims[:3]] == ["done"] * 3
    assert claims[3]["id"] not in rights
    assert list(left_open(shop)) == []


async def _dies_and_recovers(world: Returns, claims: Sequence[Row], **death: Any) -> bool:
    """Whether the run died; the next two have then put everything right."""
    shop = copied(world)
    killed = await shop.kit.run_and_die(FLOW, **death)
    await shop.kit.later(minutes=41)
    for _ in range(2):
        await shop.tell()
    await _check(shop, claims)
    recorder = shop.record()
    await shop.tell()
    assert not recorder.calls("POST", "/claims/")
    return killed


async def test_a_process_that_dies_at_any_await_tells_no_decision_twice_and_loses_none() -> None:
    world, claims = await _world()
    after, killed = 0, True
    while killed:
        after += 1
        try:
            killed = await _dies_and_recovers(world, claims, after=after)
        except Exception as error:
            raise AssertionError(f"a process that died at await {after}") from error
    assert after > 40


@pytest.mark.parametrize("effect", [True, False], ids=["with_effect", "without_effect"])
async def test_a_process_that_dies_on_any_write_is_put_right_by_the_next(effect: bool) -> None:
    world, claims = await _world()
    healthy = copied(world)
    await healthy.tell()
    await _check(healthy, claims)
    writes = [urlsplit(request.url).path for request in healthy.kit.wire.requests if request.method != "GET"]
    assert {path.rstrip("/").rpartition("/")[2] for path in writes} >= {"approve", "reject", "batch_requests"}
    for path in dict.fromkeys(writes):
        assert await _dies_and_recovers(world, claims, on=path, effect=effect), path


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/i2/claims/*/approve/"),
        ("POST", "/api/i2/claims/*/reject/"),
        ("GET", "/api/i2/claims/"),
        ("GET", "*/cancellation_requests/updates/"),
        ("POST", "*/batch_requests/"),
        ("PATCH", "*/batch_requests/*"),
    ],
)
@pytest.mark.parametrize("times", [1, 12])
async def test_an_answer_that_never_comes_loses_no_decision(kind: str, method: str, path: str, times: int) -> None:
    shop, claims = await _world()
    fault = shop.kit.sandbox.faults.add(kind, method=method, path=path, next=times)
    for _ in range(8):
        with suppress(RetryNow):
            await shop.tell()
        await shop.kit.later(minutes=8)
    assert fault.strikes
    shop.kit.sandbox.faults.clear()
    for hours in (8, 8, 0):
        await shop.tell()
        await shop.kit.later(hours=hours)
    await _check(shop, claims)


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
