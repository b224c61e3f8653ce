"""Each cancellation of Fashfed is made once in Omnitron, whatever dies or is lost on the way (design.md section 7)."""

import asyncio
from contextlib import suppress

import pytest

from include.clients.transport import Request
from include.errors import AnswerLost, RetryNow, RunInProgress
from include.sandbox.fashfed import Line
from include.state.store import ClaimState
from tests.unit.flows.orders.cancel_shop import IN, CancelShop
from tests.unit.flows.orders.mortal import LOST, Trial, lost_answers
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
async def shop() -> CancelShop:
    return CancelShop(Kit.made(size=12))


async def cancelled(shop: CancelShop) -> list[Row]:
    """Two orders with three cancellations: two of three units of a line, a line, a whole order."""
    one, two, three = shop.skus[:3]
    package = await shop.sold(Line(one, 3), two, three)
    shop.cancel(package, quantity=2)
    shop.cancel(package, 1, reason="wrong-address")
    other = await shop.sold(two)
    shop.cancel(other)
    return [package, other]


async def check(shop: CancelShop, packages: list[Row]) -> None:
    """Exactly what was cancelled is cancelled, one plan an order, nothing left open."""
    assert [shop.statuses(package) for package in packages] == [["50", "50", "400", "50", "400"], ["50"]]
    assert sorted(plan["order"] for plan in shop.plans) == [shop.order(package)["pk"] for package in packages]
    assert {(await shop.row(claim)).state for claim in shop.market.claims.rows.values()} == {"done"}
    for package in packages:
        keys = [f"{shop.order(package)['pk']}/{number}" for number in range(1, 7)]
        claims = await shop.kit.store().claims(CHANNEL, "cancel_order", keys)
        assert [(key, claim.state) for key, claim in claims.items()] == [(keys[0], ClaimState.DONE)]


TRIAL = Trial(IN, CancelShop, cancelled, check, after_death=(8, 8, 8))


def test_a_process_that_dies_at_any_await_cancels_nothing_twice_and_loses_nothing() -> None:
    assert TRIAL.dies_at_every_await() > 60


@pytest.mark.parametrize("effect", [True, False])
async def test_a_process_that_dies_while_omnitron_cancels_is_followed_by_one_that_looks_first(
    shop: CancelShop, effect: bool
) -> None:
    packages = await cancelled(shop)
    assert await shop.kit.run_and_die(IN, on="/cancel/", effect=effect)
    await shop.kit.later(minutes=5)
    recorder = shop.record()
    await shop.bring()
    posts = recorder.calls("POST", "/cancel/")
    assert len(posts) < 2 if effect else len(posts) == 2
    await check(shop, packages)


@lost_answers(
    ("POST", "*/cancel/"),
    ("GET", "*/order_items/"),
    ("GET", "/api/i2/claims/"),
    ("GET", "/api/i2/packages/*"),
)
async def test_an_answer_that_never_comes_cancels_nothing_twice(kind: str, method: str, path: str, times: int) -> None:
    await TRIAL.loses(kind, method, path, times)


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("times", [1, 5])
async def test_a_lost_answer_and_a_look_that_fails_cancel_nothing_twice(
    shop: CancelShop, kind: str, times: int
) -> None:
    packages = await cancelled(shop)
    await shop.bring("pull")
    shop.kit.sandbox.faults.add("reset_after", method="POST", path="*/cancel/", next=2)

    def after_the_post(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/cancel/"):
            shop.kit.wire.interceptors.remove(after_the_post)
            shop.kit.sandbox.faults.add(kind, path="*/order_items/", next=times)

    shop.kit.wire.interceptors.append(after_the_post)
    for _ in range(5):
        with suppress(RetryNow):
            await shop.bring()
        await shop.kit.later(minutes=8)
    await check(shop, packages)


async def test_after_a_lost_answer_the_plan_is_found_at_once_and_not_asked_for_again(shop: CancelShop) -> None:
    packages = await cancelled(shop)
    shop.kit.sandbox.faults.add("timeout_after", method="POST", path="*/cancel/")
    recorder = shop.record()
    report = await shop.bring()
    assert len(recorder.calls("POST", "/cancel/")) == 2
    assert report.counts["updated"] == 3
    await check(shop, packages)


async def test_an_unclear_answer_is_no_penalty_and_the_next_run_looks_before_it_asks(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3))
    claim = shop.cancel(package, quantity=1)
    fault = shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancel/")
    with pytest.raises(AnswerLost):
        await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.penalty, fault.strikes) == ("new", None, 1)
    shop.kit.sandbox.faults.clear()
    recorder = shop.record()
    await shop.bring()
    calls = [request for request in recorder.requests if "/orders/" in request.url or "/order_items/" in request.url]
    assert [call.method for call in calls][:2] == ["GET", "POST"]
    assert shop.statuses(package) == ["50", "400", "400"]


async def test_a_post_that_arrives_after_we_looked_takes_no_further_unit(shop: CancelShop) -> None:
    """The request is still under way when we look; our second one is then refused, and the items tell why."""
    shop.market.claim_quantities = True
    package = await shop.sold(Line(shop.skus[0], 3))
    claim = shop.cancel(package, quantity=1)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancel/", next=1)
    recorder = shop.record()
    with pytest.raises(AnswerLost):
        await shop.bring()
    (late,) = recorder.calls("POST", "/cancel/")
    app = shop.kit.sandbox.apps["omnitron"]

    def overtaken(request: Request) -> None:
        if request.url == late.url and request.method == "POST":
            app.dispatch(late)

    shop.kit.wire.interceptors.append(overtaken)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400", "400"]
    assert (len(shop.plans), (await shop.row(claim)).state) == (1, "done")


async def test_a_lost_post_keeps_its_units_also_when_more_is_cancelled_meanwhile(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3), shop.skus[1])
    shop.cancel(package, quantity=1)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancel/", next=1)
    recorder = shop.record()
    with pytest.raises(AnswerLost):
        await shop.bring()
    (late,) = recorder.calls("POST", "/cancel/")
    shop.cancel(package, quantity=1)
    shop.cancel(package, 1)
    shop.kit.sandbox.apps["omnitron"].dispatch(late)
    await shop.kit.later(minutes=5)
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400", "50"]
    assert len(shop.plans) == 2
    assert {(await shop.row(claim)).state for claim in shop.market.claims.rows.values()} == {"done"}


async def test_a_plan_that_was_left_open_takes_other_units_when_its_own_have_moved_meanwhile(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 2), shop.skus[1])
    await shop.kit.later(minutes=5)
    shop.cancel(package, quantity=1)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancel/", next=1)
    with pytest.raises(AnswerLost):
        await shop.bring()
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    await shop.run()
    await shop.bring()
    assert sorted(shop.statuses(package)[:2]) == ["400", "50"]
    shop.cancel(part)
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400"]


async def test_a_plan_that_was_left_open_and_is_refused_meanwhile_gives_its_number_back(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    claim = shop.cancel(package)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancel/", next=1)
    with pytest.raises(AnswerLost):
        await shop.bring()
    shop.items(package)[0]["status"] = "500"
    await shop.bring()
    assert (await shop.row(claim)).code == "cancel_refused"
    shop.cancel(package)
    await shop.bring()
    assert shop.statuses(package) == ["500", "50"]
    key = f"{shop.order(package)['pk']}/1"
    (kept,) = (await shop.kit.store().claims(CHANNEL, "cancel_order", [key])).values()
    assert kept.state is ClaimState.DONE


async def test_two_runs_at_once_cancel_once(shop: CancelShop) -> None:
    packages = await cancelled(shop)
    results = await asyncio.gather(shop.bring(), shop.bring(), shop.bring(), return_exceptions=True)
    assert all(not isinstance(result, Exception) or isinstance(result, RunInProgress) for result in results)
    await check(shop, packages)


async def test_a_claim_that_a_plan_has_is_never_planned_again_although_its_row_is_still_open(shop: CancelShop) -> None:
    """The process died between the plan and the inbox; meanwhile Omnitron turned the plan down."""
    package = await shop.sold(Line(shop.skus[0], 3))
    claim = shop.cancel(package, quantity=1)
    await shop.bring("pull")
    assert await shop.kit.run_and_die(IN, "apply", on="/cancel/")
    await shop.bring()
    shop.kit.database.inbox.clear()
    shop.kit.database.inbox_marks.clear()
    shop.hands.reject_plan(shop.plans[0])
    report = await shop.bring()
    assert (report.counts["unchanged"], (await shop.row(claim)).state) == (1, "done")
    assert shop.statuses(package) == ["400", "400", "400"]
