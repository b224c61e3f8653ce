"""What is cancelled at Fashfed is cancelled in Omnitron (reference/flows.md section 4.11)."""

from datetime import timedelta

import pytest

from include.domain.run import Window
from include.sandbox.fashfed import Line
from include.state.store import Sent
from tests.unit.flows.orders.cancel_shop import CancelShop
from tests.virtual_time import START
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> CancelShop:
    return CancelShop(kit)


async def test_a_line_that_the_buyer_cancelled_is_cancelled_in_omnitron(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    claim = shop.cancel(package)
    report = await shop.bring()
    assert shop.statuses(package) == ["50", "400"]
    assert (await shop.row(claim)).state == "done"
    assert (report.counts["read"], report.counts["updated"]) == (1, 1)
    (plan,) = shop.plans
    shop.hands.complete_plan(plan)
    assert shop.differences() == []


async def test_all_cancellations_of_an_order_are_one_plan_with_a_reason_for_each_item(shop: CancelShop) -> None:
    package, other = await shop.sold(*shop.skus[:4]), await shop.sold()
    for reason in ("changed-mind", "wrong-address", "late"):
        shop.cancel(package, reason=reason)
    shop.cancel(other)
    recorder = shop.record()
    await shop.bring()
    assert len(recorder.calls("POST", "/cancel/")) == 2
    plan = next(plan for plan in shop.plans if plan["order"] == shop.order(package)["pk"])
    assert [entry["reason"] for entry in plan["items"]] == [1, 3, 4], "the last one is Cancellation Reason ID"
    assert shop.statuses(package) == ["50", "50", "50", "400"]
    assert shop.statuses(other) == ["50"]


async def test_a_claim_without_a_reason_gets_cancellation_reason_id(shop: CancelShop) -> None:
    package = await shop.sold()
    shop.cancel(package)["reason"] = None
    await shop.bring()
    assert shop.plans[0]["items"][0]["reason"] == 4


async def test_only_completed_cancellations_are_taken(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.market.ask_to_cancel(shop.lines(package)[0], by=1, reason=shop.reason())
    await shop.bring()
    assert shop.statuses(package) == ["400", "400"]
    (claim,) = shop.market.claims.rows.values()
    await shop.kit.later(minutes=30)
    shop.market.decide_claim(claim, "completed")
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]


async def test_a_return_is_no_cancellation(shop: CancelShop) -> None:
    package = await shop.sold()
    shop.market.move(package, 5)
    shop.market.return_item(shop.lines(package)[0], "completed", reason=shop.reason("too-small"))
    report = await shop.bring()
    assert (report.counts["read"], shop.plans) == (0, [])


async def test_claims_of_the_last_twelve_hours_are_read_and_further_back_after_an_outage(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    recorder = shop.record()
    await shop.bring("pull")
    (call,) = recorder.calls("GET", "/claims/")
    assert {"type": "cancel", "status__in": "completed", "updated_at__gte": "2026-03-01T21:00:00Z"}.items() <= dict(
        call.query
    ).items()
    await shop.kit.later(hours=1)
    shop.cancel(package)
    await shop.kit.later(days=3)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]


async def test_a_window_read_again_cancels_nothing_more(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3))
    shop.cancel(package, quantity=1)
    await shop.bring()
    window = Window(START - timedelta(hours=1), START + timedelta(hours=1))
    for _ in range(3):
        report = await shop.bring(window=window, fixed_window=True)
        assert report.counts["read"] == 0
    assert shop.statuses(package) == ["50", "400", "400"]


async def test_what_was_cancelled_is_on_offer_again_so_what_we_sent_last_is_no_longer_known(shop: CancelShop) -> None:
    sku, other = shop.skus[:2]
    package = await shop.sold(sku)
    store = shop.kit.store()
    await store.record_sent(CHANNEL, "productstock", [Sent(sku, "5", "1"), Sent(other, "5", "1")], now=START)
    shop.cancel(package)
    await shop.bring()
    assert set(await store.sent(CHANNEL, "productstock", [sku, other])) == {other}


# --- what needs nothing -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["50", "100"])
async def test_what_omnitron_has_cancelled_already_needs_nothing(shop: CancelShop, status: str) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package), reason=4)
    if status == "100":
        shop.hands.complete_plan(plan)
    claim = shop.cancel(package)
    recorder = shop.record()
    await shop.bring()
    assert not recorder.calls("POST", "/cancel/")
    row = await shop.row(claim)
    assert (row.state, row.reason) == ("excluded", "its units are cancelled in Omnitron already")


async def test_what_was_refunded_needs_nothing_the_first_one_wins(shop: CancelShop) -> None:
    package = await shop.sold()
    claim = shop.cancel(package)
    shop.items(package)[0]["status"] = "600"
    await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.reason) == ("excluded", "its units were refunded in Omnitron")
    assert shop.statuses(package) == ["600"]


async def test_a_second_claim_of_the_same_line_cancels_nothing_more(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    item = shop.lines(package)[0]
    shop.cancel(package)
    again = shop.market.claim(item, "cancel", "completed", reason=shop.reason(), detail="", cancelled_by=1)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]
    row = await shop.row(again)
    assert (row.state, row.reason) == ("excluded", "its units were taken for another cancellation")
    assert len(shop.plans) == 1


async def test_a_plan_that_omnitron_turned_down_is_not_made_again(shop: CancelShop) -> None:
    """What the brand decides in Omnitron is the brand's affair; the comparison shows it."""
    package = await shop.sold()
    item = shop.lines(package)[0]
    shop.cancel(package)
    await shop.bring()
    shop.hands.reject_plan(shop.plans[0])
    again = shop.market.claim(item, "cancel", "completed", reason=shop.reason(), detail="", cancelled_by=1)
    await shop.bring()
    assert (await shop.row(again)).reason == "its units were taken for another cancellation"
    assert shop.statuses(package) == ["400"]


async def test_what_was_cancelled_before_its_order_was_imported_needs_nothing(shop: CancelShop) -> None:
    package = shop.buy(*shop.skus[:2])
    claim = shop.cancel(package)
    await shop.run()
    whole = shop.buy()
    gone = shop.cancel(whole)
    await shop.bring()
    assert (await shop.row(claim)).reason == "the line was cancelled before its order was imported"
    assert (await shop.row(gone)).reason == "its package was cancelled before it was imported"
    assert shop.statuses(package) == ["400"]


async def test_a_split_is_never_read_as_a_cancellation(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3), shop.skus[1])
    first, second = shop.lines(package)
    shop.market.split(package, [[(first, 2)], [(second, 1)]])
    await shop.kit.later(minutes=5)
    report = await shop.bring()
    assert report.counts["read"] == 0
    assert shop.statuses(package) == ["400"] * 4
    assert not shop.plans
