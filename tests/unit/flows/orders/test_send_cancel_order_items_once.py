"""Each cancel of the brand reaches Fashfed once, whatever dies and whichever answer is lost (design.md section 7)."""

import asyncio
from contextlib import suppress

import pytest

from include.clients.transport import Request
from include.errors import AnswerLost, RetryNow, RunInProgress
from include.sandbox.fashfed import Line
from include.state.store import ClaimState
from tests.unit.flows.orders.cancel_shop import OUT, CancelShop
from tests.unit.flows.orders.mortal import LOST, Trial, lost_answers
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit

CANCEL = "/api/i2/packages/*/cancel/"


@pytest.fixture
async def shop() -> CancelShop:
    return CancelShop(Kit.made(size=12))


async def cancelled(shop: CancelShop) -> list[Row]:
    """Plans of two orders: two lines of three, one of them with two units, and a whole order."""
    one, two, three = shop.skus[:3]
    package, other = await shop.sold(Line(one, 2), two, three), await shop.sold(two)
    items = shop.items(package)
    shop.hands.cancel(items[:2])
    shop.hands.cancel(items[2:3])
    shop.hands.cancel(shop.items(other))
    return [package, other]


async def check(shop: CancelShop, packages: list[Row]) -> None:
    """Every line was cancelled by one claim, the others are there, and nothing is left open."""
    package, other = packages
    wanted = [f"{package['number']}-1", f"{package['number']}-2", f"{other['number']}-1"]
    assert sorted(claim["package_item"] for claim in shop.seller_claims()) == wanted
    assert [line["number"] for line in shop.lines(package)] == [f"{package['number']}-3"]
    assert {(await shop.plan_row(plan)).state for plan in shop.plans} == {"done"}
    claims = await shop.kit.store().claims(CHANNEL, "seller_cancel", wanted)
    assert {line: claim.state for line, claim in claims.items()} == dict.fromkeys(wanted, ClaimState.DONE)
    assert {claim.detail["claim"] for claim in claims.values()} == {claim["id"] for claim in shop.seller_claims()}
    await shop.bring()
    assert {(await shop.row(claim)).reason for claim in shop.seller_claims()} == {"sent by this connector"}
    assert len(shop.plans) == 3


TRIAL = Trial(OUT, CancelShop, cancelled, check, after_death=(8, 8, 8))


def test_a_process_that_dies_at_any_await_cancels_nothing_twice_and_loses_nothing() -> None:
    assert TRIAL.dies_at_every_await() > 60


@pytest.mark.parametrize("effect", [True, False])
async def test_a_process_that_dies_while_fashfed_cancels_is_followed_by_one_that_looks_first(
    shop: CancelShop, effect: bool
) -> None:
    packages = await cancelled(shop)
    number = packages[0]["number"]
    assert await shop.kit.run_and_die(OUT, on=f"/packages/{number}/cancel/", effect=effect)
    await shop.kit.later(minutes=5)
    recorder = shop.record()
    await shop.send()
    assert len(recorder.calls("POST", f"/packages/{number}/cancel/")) == (0 if effect else 1)
    await check(shop, packages)


@lost_answers(
    ("POST", CANCEL),
    ("GET", "*/cancellation_plans/*"),
    ("GET", "*/order_items/"),
    ("GET", "/api/i2/packages/"),
    ("GET", "/api/i2/packages/*/items/"),
    ("GET", "/api/i2/claims/*"),
)
async def test_an_answer_that_never_comes_cancels_nothing_twice(kind: str, method: str, path: str, times: int) -> None:
    await TRIAL.loses(kind, method, path, times)


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("path", ["/api/i2/packages/*/items/", "/api/i2/claims/"])
@pytest.mark.parametrize("times", [1, 5])
async def test_a_lost_answer_and_a_look_that_fails_cancel_nothing_twice(
    shop: CancelShop, kind: str, path: str, times: int
) -> None:
    packages = await cancelled(shop)
    shop.kit.sandbox.faults.add("reset_after", method="POST", path=CANCEL, next=2)

    def after_the_post(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/cancel/"):
            shop.kit.wire.interceptors.remove(after_the_post)
            shop.kit.sandbox.faults.add(kind, path=path, next=times)

    shop.kit.wire.interceptors.append(after_the_post)
    for _ in range(5):
        with suppress(RetryNow):
            await shop.send()
        await shop.kit.later(minutes=8)
    await shop.kit.later(hours=9)
    await shop.send()
    await check(shop, packages)


async def test_after_a_lost_answer_the_cancel_is_found_at_once_and_not_sent_again(shop: CancelShop) -> None:
    packages = await cancelled(shop)
    shop.kit.sandbox.faults.add("timeout_after", method="POST", path=CANCEL)
    recorder = shop.record()
    await shop.send()
    assert len(recorder.calls("POST", "/api/i2/packages/")) == 2
    await check(shop, packages)


async def test_an_unclear_answer_is_no_penalty_and_the_next_run_looks_before_it_asks(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path=CANCEL)
    with pytest.raises(AnswerLost):
        await shop.send()
    row = await shop.plan_row(plan)
    assert (row.state, row.penalty) == ("new", None)
    shop.kit.sandbox.faults.clear()
    recorder = shop.record()
    await shop.send()
    calls = [call.method for call in recorder.requests if f"/packages/{package['number']}/" in call.url]
    assert calls == ["GET", "POST"]
    assert len(shop.seller_claims()) == 1


async def test_a_post_that_arrives_after_we_looked_is_not_taken_for_a_refusal(shop: CancelShop) -> None:
    packages = await cancelled(shop)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path=CANCEL, next=2)
    recorder = shop.record()
    with pytest.raises(AnswerLost):
        await shop.send()
    late = {call.url: call for call in recorder.calls("POST", "/api/i2/packages/")}
    app = shop.kit.sandbox.apps["fashfed"]

    def overtaken(request: Request) -> None:
        if request.method == "POST" and request.url in late:
            app.dispatch(late.pop(request.url))

    shop.kit.wire.interceptors.append(overtaken)
    await shop.send()
    assert not late
    await check(shop, packages)


async def test_when_only_a_part_of_a_lost_call_arrived_the_rest_is_sent(shop: CancelShop) -> None:
    """The market may take lines one by one, and stop in the middle."""
    packages = await cancelled(shop)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path=CANCEL, next=2)
    with pytest.raises(AnswerLost):
        await shop.send()
    shop.cancel(packages[0], by=2)
    await shop.send()
    await check(shop, packages)


async def test_two_runs_at_once_cancel_once(shop: CancelShop) -> None:
    packages = await cancelled(shop)
    results = await asyncio.gather(shop.send(), shop.send(), shop.send(), return_exceptions=True)
    assert all(not isinstance(result, Exception) or isinstance(result, RunInProgress) for result in results)
    await check(shop, packages)


async def test_an_open_claim_is_known_as_ours_before_its_answer_came(shop: CancelShop) -> None:
    """The process died after Fashfed had cancelled; Order Cancel reads the claim before we have looked."""
    package = await shop.sold(*shop.skus[:2])
    shop.hands.cancel(shop.items(package)[:1])
    assert await shop.kit.run_and_die(OUT, on="/cancel/")
    await shop.bring()
    assert (await shop.row(shop.seller_claims()[0])).reason == "sent by this connector"
