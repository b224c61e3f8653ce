"""Lines and plans that are not simple: parts, moved and merged units, refusals (reference/flows.md section 4.15)."""

import pytest

from include.clients.transport import Request, Response
from include.errors import RemoteUnavailable
from include.sandbox.fashfed import Line
from include.state.store import Identity
from tests.unit.flows.orders.cancel_shop import CancelShop
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> CancelShop:
    return CancelShop(kit)


# --- a part of a line -------------------------------------------------------------------------------------------------
async def test_a_part_of_a_line_is_left_to_a_person_who_is_told_which_and_how_much(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3), shop.skus[1])
    line = shop.lines(package)[0]["number"]
    plan = shop.hands.cancel(shop.items(package)[:2])
    report = await shop.send()
    row = await shop.plan_row(plan)
    assert (row.state, row.code, report.counts["parked"]) == ("parked", "partial_line_cancel", 1)
    said = f"2 of the 3 units of line {line} are cancelled in Omnitron; Fashfed cancels only whole lines"
    assert row.reason == said
    assert not shop.sent()


async def test_a_whole_line_of_the_same_plan_is_sent_all_the_same(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 2), shop.skus[1])
    items = shop.items(package)
    plan = shop.hands.cancel([items[0], items[2]])
    await shop.send()
    assert [claim["package_item"] for claim in shop.seller_claims()] == [f"{package['number']}-2"]
    assert (await shop.plan_row(plan)).code == "partial_line_cancel"


async def test_when_the_rest_of_the_line_is_cancelled_too_it_is_sent_once(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 2))
    first = shop.hands.cancel(shop.items(package)[:1])
    await shop.send()
    second = shop.hands.cancel(shop.items(package)[1:])
    await shop.send()
    assert (len(shop.sent()), (await shop.plan_row(second)).state) == (1, "done")
    await shop.kit.later(hours=9)
    await shop.send()
    assert (len(shop.sent()), (await shop.plan_row(first)).state) == (1, "done")


async def test_when_a_person_has_cancelled_the_units_at_fashfed_the_plan_is_done(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3))
    plan = shop.hands.cancel(shop.items(package)[:1])
    await shop.send()
    shop.cancel(package, by=2, quantity=1)
    await shop.kit.later(hours=9)
    await shop.send()
    await shop.bring()
    assert (await shop.plan_row(plan)).state == "done"
    assert shop.statuses(package) == ["50", "400", "400"]
    assert not shop.sent()


async def test_a_line_of_which_the_buyer_cancelled_the_other_units_is_sent(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3))
    shop.cancel(package, quantity=1)
    await shop.bring()
    shop.hands.cancel(shop.items(package)[1:])
    await shop.send()
    assert len(shop.sent()) == 1
    assert package["status"] == 1


# --- who was first ----------------------------------------------------------------------------------------------------
async def test_a_cancel_of_ours_that_comes_back_as_a_claim_is_recognised(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.hands.cancel(shop.items(package)[:1])
    await shop.send()
    (claim,) = shop.seller_claims()
    report = await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.reason) == ("excluded", "sent by this connector")
    assert (report.counts["updated"], len(shop.plans)) == (0, 1)


async def test_a_line_that_the_seller_cancelled_by_hand_is_no_echo(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    shop.cancel(package, by=2)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]


async def test_where_the_buyer_was_first_both_agree_and_nothing_is_sent(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    await shop.kit.later(hours=30)
    claim = shop.cancel(package)
    await shop.kit.later(hours=5)
    plan = shop.hands.cancel(shop.items(package)[:1])
    await shop.send()
    assert ((await shop.plan_row(plan)).state, shop.sent()) == ("done", [])
    await shop.bring()
    assert (await shop.row(claim)).reason == "its units are cancelled in Omnitron already"
    assert shop.differences() == []


# --- what Fashfed does not do -----------------------------------------------------------------------------------------
async def test_a_package_that_was_shipped_meanwhile_fails_and_says_what_to_do(shop: CancelShop) -> None:
    package = await shop.sold()
    line = shop.lines(package)[0]["number"]
    plan = shop.hands.cancel(shop.items(package))
    shop.market.move(package, 4)
    report = await shop.send()
    row = await shop.plan_row(plan)
    assert (row.state, row.code, report.counts["failed"]) == ("parked", "seller_cancel_refused", 1)
    assert row.reason is not None
    assert row.reason.startswith(f"Line {line} was cancelled in Omnitron, but not at Fashfed: package")
    assert f"{package['number']} is shipped" in row.reason
    assert not shop.sent()
    assert not await shop.kit.store().claims(CHANNEL, "seller_cancel", [line])


async def test_what_fashfed_refuses_fails_with_its_words_and_is_tried_again(shop: CancelShop) -> None:
    shop.set(send_cancel_market_reason_id="00000000-0000-0000-0000-000000000000")
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    await shop.send()
    row = await shop.plan_row(plan)
    assert row.code == "seller_cancel_refused"
    assert row.reason is not None
    assert "is not a cancel reason" in row.reason
    shop.set(send_cancel_market_reason_id=shop.reason("late"))
    await shop.kit.later(hours=9)
    await shop.send()
    assert (await shop.plan_row(plan)).state == "done"


async def test_a_line_that_fashfed_refuses_does_not_keep_the_others_of_its_package(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:5])
    bad = shop.lines(package)[2]
    plans = [shop.hands.cancel([item]) for item in shop.items(package)]

    def refuse(request: Request) -> Response | None:
        if "/packages/" not in request.url or bad["number"].encode() not in (request.body or b""):
            return None
        return Response(400, {"content-type": "application/json"}, b'{"items": ["This line cannot be cancelled."]}')

    shop.kit.wire.interceptors.append(refuse)
    await shop.send()
    states = [(await shop.plan_row(plan)).state for plan in plans]
    assert states == ["done", "done", "parked", "done", "done"]
    assert [line["number"] for line in shop.lines(package)] == [bad["number"]]
    assert not await shop.kit.store().claims(CHANNEL, "seller_cancel", [bad["number"]])


async def test_a_refusal_that_nobody_can_read_is_not_held_against_the_plan(shop: CancelShop) -> None:
    package = await shop.sold()
    plan = shop.hands.cancel(shop.items(package))
    page = Response(400, {"content-type": "text/html"}, b"<html>Bad Request</html>")
    shop.kit.wire.interceptors.append(lambda request: page if request.url.endswith("/cancel/") else None)
    with pytest.raises(RemoteUnavailable):
        await shop.send()
    row = await shop.plan_row(plan)
    assert (row.state, row.penalty) == ("new", None)
    shop.kit.wire.interceptors.clear()
    await shop.send()
    assert (await shop.plan_row(plan)).state == "done"


async def test_a_line_that_is_nowhere_at_fashfed_is_left_to_a_person(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    plan = shop.hands.cancel(shop.items(package)[:1])
    shop.market.take_units(shop.lines(package)[0], 1)
    await shop.send()
    assert (await shop.plan_row(plan)).code == "seller_cancel_missing"


async def test_a_cancellation_that_was_turned_down_is_none(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    line = shop.lines(package)[0]
    shop.market.decide_claim(shop.market.ask_to_cancel(line, by=1, reason=shop.reason()), "rejected")
    plan = shop.hands.cancel(shop.items(package)[:1])
    shop.market.take_units(line, 1)
    await shop.send()
    assert (await shop.plan_row(plan)).code == "seller_cancel_missing"


async def test_what_fashfed_has_taken_over_and_still_shows_is_not_sent_again(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    line, store = shop.lines(package)[0]["number"], shop.kit.store()
    await store.claim(CHANNEL, "seller_cancel", line, {}, now=shop.kit.clock.now())
    await store.settle_claim(CHANNEL, "seller_cancel", line, {}, now=shop.kit.clock.now())
    plan = shop.hands.cancel(shop.items(package)[:1])
    await shop.send()
    assert ((await shop.plan_row(plan)).state, shop.sent()) == ("done", [])


async def test_a_plan_that_nobody_can_read_costs_only_itself(shop: CancelShop) -> None:
    package, other = await shop.sold(), await shop.sold()
    bad = shop.hands.cancel(shop.items(package))
    bad["items"] = [{"order_item": "x"}]
    shop.hands.cancel(shop.items(other))
    await shop.send()
    assert (await shop.plan_row(bad)).code == "record_unreadable"
    assert other["status"] == 1


# --- whose items they are ---------------------------------------------------------------------------------------------
async def test_items_that_only_omnitron_knows_by_name_are_found(shop: CancelShop) -> None:
    package = await shop.sold()
    shop.kit.database.identities.clear()
    shop.hands.cancel(shop.items(package))
    await shop.send()
    assert len(shop.sent()) == 1


async def test_items_that_are_not_linked_yet_wait_for_it(shop: CancelShop) -> None:
    package = await shop.sold()
    names = dict(shop.kit.database.identities)
    (item,) = shop.items(package)
    action = shop.hub.actions.get("orderitem", item["pk"])
    shop.kit.database.identities.clear()
    shop.hub.actions.remove(action)
    plan = shop.hands.cancel([item])
    await shop.send()
    row = await shop.plan_row(plan)
    assert (row.code, row.penalty.failures if row.penalty else None) == ("order_item_unlinked", 0)
    shop.kit.database.identities.update(names)
    await shop.kit.later(minutes=11)
    await shop.send()
    assert len(shop.sent()) == 1


async def test_a_plan_whose_items_still_live_waits_for_omnitron(shop: CancelShop) -> None:
    package = await shop.sold()
    (item,) = shop.items(package)
    plan = shop.hands.cancel([item])
    item["status"] = "400"
    await shop.send()
    assert (await shop.plan_row(plan)).code == "plan_not_carried_out"
    item["status"] = "50"
    await shop.kit.later(minutes=11)
    await shop.send()
    assert len(shop.sent()) == 1


async def test_units_that_a_split_moved_are_cancelled_where_they_are(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 3), shop.skus[1])
    await shop.kit.later(minutes=5)
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    plan = shop.hands.cancel(shop.items(package)[:3])
    await shop.send()
    assert sorted(number for number, _ in shop.sent()) == [package["number"], part["number"]]
    assert (await shop.plan_row(plan)).state == "done"
    assert shop.differences() == []


@pytest.mark.parametrize("told", [True, False])
async def test_a_unit_that_moved_is_cancelled_where_it_is_although_a_buyer_cancelled_another_one(
    shop: CancelShop, told: bool
) -> None:
    """Whether or not Fashfed tells how many units the buyer's cancellation was about."""
    shop.market.claim_quantities = told
    package = await shop.sold(Line(shop.skus[0], 3))
    shop.cancel(package, quantity=1)
    await shop.bring()
    await shop.kit.later(minutes=5)
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    plan = shop.hands.cancel(shop.items(package)[1:])
    await shop.send()
    assert sorted(number for number, _ in shop.sent()) == [package["number"], part["number"]]
    assert (await shop.plan_row(plan)).state == "done"
    await shop.run()
    assert len(shop.orders(package)) == 1
    assert shop.orders(part) == []
    assert shop.differences() == []


async def test_a_merged_item_that_lies_in_two_packages_is_cancelled_in_both(shop: CancelShop) -> None:
    shop.set(order_item_quantity_key="quantity")
    package = await shop.sold(Line(shop.skus[0], 3))
    (item,) = shop.items(package)
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    names = [shop.lines(each)[0]["number"] for each in (package, part)]
    pairs = [Identity("orderitem", name, item["pk"], {"order": item["order"]}) for name in names]
    await shop.kit.store().rename(CHANNEL, pairs, now=shop.kit.clock.now())
    shop.hands.cancel([item])
    await shop.send()
    assert sorted(line for _, (line,) in shop.sent()) == sorted(names)
