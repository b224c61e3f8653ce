"""Cancellations that cannot be made yet, or are refused: each costs only itself (reference/flows.md section 4.11)."""

from datetime import timedelta

import pytest

from include.clients.transport import Response
from include.errors import RemoteUnavailable
from tests.unit.flows.orders.cancel_shop import CancelShop
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> CancelShop:
    return CancelShop(kit)


# --- what has to wait -------------------------------------------------------------------------------------------------
async def test_a_claim_whose_order_is_not_there_yet_waits_and_follows_it(shop: CancelShop) -> None:
    package = shop.buy(*shop.skus[:2], address={"township": "No such place"})
    await shop.run()
    item = shop.lines(package)[0]
    claim = shop.market.claim(item, "cancel", "completed", reason=shop.reason(), detail="", cancelled_by=1)
    await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.code, row.penalty.failures if row.penalty else None) == ("parked", "order_not_imported", 0)
    await shop.kit.later(minutes=1)
    package["shipping_address"]["township"] = package["billing_address"]["township"] = "Kadıköy"
    package["updated_at"] = shop.market.now()
    await shop.run()
    shop.market.items.remove(item)  # the order was made of what its package held a moment before
    shop.report(package)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"], "at once, not when the wait is over"


async def test_an_order_that_erp_does_not_know_waits_as_long_as_it_takes_and_uses_no_try(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:3], reported=False)
    claims = [shop.cancel(package), shop.cancel(package)]
    report = await shop.bring()
    row = await shop.row(claims[0])
    assert (row.code, row.reason) == ("unreported_order", "Unreported order of ERP can not be canceled")
    assert row.due_at == shop.kit.clock.now() + timedelta(minutes=10)
    assert (report.counts["parked"], report.counts["failed"]) == (2, 0)
    for _ in range(200):
        await shop.kit.later(hours=1)
        await shop.bring()
    waiting = await shop.row(claims[0])
    assert waiting.penalty is not None
    assert waiting.penalty.failures == 0
    shop.report(package)
    await shop.kit.later(minutes=5)
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400"]
    assert len(shop.plans) == 1, "claims of one order that waited go on together"
    keys = await shop.kit.store().claims(CHANNEL, "cancel_order", [f"{shop.order(package)['pk']}/1"])
    assert len(keys) == 1


async def test_an_order_that_erp_does_not_know_is_asked_for_once_and_not_before_its_time(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:5], reported=False)
    shop.cancel_all(package)
    recorder = shop.record()
    await shop.bring()
    assert len(recorder.calls("POST", "/cancel/")) == 1
    await shop.kit.later(minutes=5)
    assert (await shop.bring()).counts["read"] == 0
    assert len(recorder.calls("POST", "/cancel/")) == 1


async def test_claims_that_came_one_by_one_while_erp_waited_are_one_plan(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:9], reported=False)
    for _ in range(8):
        shop.cancel(package)
        await shop.bring()
        await shop.kit.later(minutes=25)
    shop.report(package)
    await shop.bring()
    assert (len(shop.plans), shop.statuses(package)) == (1, ["50"] * 8 + ["400"])


async def test_whether_erp_has_the_order_cannot_be_seen_now_and_the_others_go_on(shop: CancelShop) -> None:
    waiting, ready = await shop.sold(reported=False), await shop.sold()
    shop.cancel(waiting)
    await shop.bring()
    fault = shop.kit.sandbox.faults.add("error", path="*/channel/137/orders/")
    shop.cancel(ready)
    await shop.kit.later(minutes=5)
    await shop.bring()
    assert fault.strikes
    assert shop.statuses(ready) == ["50"]


# --- what Omnitron refuses --------------------------------------------------------------------------------------------
async def test_a_line_that_was_shipped_fails_with_the_words_of_omnitron_and_costs_nobody_else(
    shop: CancelShop,
) -> None:
    package = await shop.sold(*shop.skus[:3])
    shipped = shop.items(package)[1]
    shipped["status"] = "500"
    claims = shop.cancel_all(package)
    report = await shop.bring()
    assert shop.statuses(package) == ["50", "500", "50"]
    row = await shop.row(claims[1])
    assert (row.state, row.code) == ("parked", "cancel_refused")
    assert row.reason is not None
    assert f"Order item {shipped['pk']} of status 500 can not be canceled" in row.reason
    assert package["number"] in row.reason
    assert (report.counts["updated"], report.counts["failed"]) == (2, 1)
    assert len(shop.plans) == 1
    assert row.penalty is not None
    assert row.penalty.failures == 1


async def test_a_reason_that_cannot_be_used_costs_only_its_own_claim(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:5])
    shop.hub.cancellation_reasons.rows[3]["is_active"] = False
    reasons = ["changed-mind", "changed-mind", "wrong-address", "changed-mind", "late"]
    claims = [shop.cancel(package, reason=reason) for reason in reasons]
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400", "50", "50"]
    assert (await shop.row(claims[2])).code == "cancel_refused"
    assert len(shop.plans) <= 3
    shop.hub.cancellation_reasons.rows[3]["is_active"] = True
    await shop.kit.later(hours=9)
    await shop.bring()
    assert shop.statuses(package) == ["50"] * 5


async def test_a_refusal_uses_up_no_plan(shop: CancelShop) -> None:
    package = await shop.sold(reported=False)
    order = shop.order(package)["pk"]
    shop.cancel(package)
    for _ in range(8):
        await shop.bring()
        await shop.kit.later(hours=3)
    assert not await shop.kit.store().claims(CHANNEL, "cancel_order", [f"{order}/{number}" for number in range(1, 8)])


async def test_a_seventh_plan_of_an_order_is_left_to_a_person_and_done_once_he_has_cancelled(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:8])
    for _ in range(6):
        shop.cancel(package)
        await shop.bring()
    last = shop.cancel(package)
    await shop.bring()
    assert (len(shop.plans), shop.statuses(package)) == (6, ["50"] * 6 + ["400"] * 2)
    row = await shop.row(last)
    assert (row.state, row.code) == ("parked", "cancel_plans_used_up")
    assert row.reason == f"Order {shop.order(package)['pk']} has had its 6 cancellation plans; line " + (
        f"{last['package_item']} is not cancelled"
    )
    shop.hands.cancel([shop.items(package)[6]], reason=4)
    await shop.kit.later(hours=9)
    await shop.bring()
    assert (await shop.row(last)).state == "excluded"


async def test_an_order_that_is_gone_from_omnitron_is_named(shop: CancelShop) -> None:
    package = await shop.sold()
    claim = shop.cancel(package)
    for item in shop.items(package):
        shop.hub.order_items.remove(item)
    await shop.bring()
    assert (await shop.row(claim)).code == "order_gone"


async def test_a_claim_that_nobody_can_read_costs_only_itself(shop: CancelShop) -> None:
    package, other = await shop.sold(), await shop.sold()
    bad = shop.cancel(package)
    bad["package_item"] = None
    shop.cancel(other)
    report = await shop.bring()
    row = await shop.row(bad)
    assert (row.code, report.counts["parked"]) == ("record_unreadable", 1)
    assert shop.statuses(other) == ["50"]


async def test_trouble_on_the_way_is_no_penalty_and_ends_the_run(shop: CancelShop) -> None:
    package = await shop.sold()
    claim = shop.cancel(package)
    shop.kit.sandbox.faults.add("error", path="*/order_items/")
    with pytest.raises(RemoteUnavailable):
        await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.penalty) == ("new", None)


async def test_a_refusal_that_nobody_can_read_is_not_held_against_the_claim(shop: CancelShop) -> None:
    package = await shop.sold()
    claim = shop.cancel(package)
    page = Response(400, {"content-type": "text/html"}, b"<html>Bad Request</html>")
    shop.kit.wire.interceptors.append(lambda request: page if request.url.endswith("/cancel/") else None)
    with pytest.raises(RemoteUnavailable):
        await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.penalty) == ("new", None)
    shop.kit.wire.interceptors.clear()
    await shop.bring()
    assert shop.statuses(package) == ["50"]


async def test_the_reports_say_nothing_of_the_buyer(shop: CancelShop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    package = await shop.sold(address={"first_name": "Kanaryacan", "email": "kanarya@example.com"})
    shop.cancel(package, detail="Kanaryacan +905551234567")
    shop.items(package)[0]["status"] = "500"
    await shop.bring()
    log = await shop.kit.store().log_entries(CHANNEL, "get_cancel_orders", 10)
    said = " ".join([caplog.text, *(entry.message for entry in log)])
    said += " ".join(str(row) for row in shop.hub.error_reports.rows.values())
    assert "Kanaryacan" not in said
    assert "5551234567" not in said
    assert log
