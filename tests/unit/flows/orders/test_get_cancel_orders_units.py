"""How many units of a line are cancelled, and which (reference/flows.md section 4.11)."""

import pytest

from include.sandbox.fashfed import Line
from include.state.store import Identity
from tests.unit.flows.orders.cancel_shop import CancelShop
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit


@pytest.fixture(params=[False, True], ids=["without quantity", "with quantity"])
def shop(kit: Kit, request: pytest.FixtureRequest) -> CancelShop:
    """Fashfed tells how many units a claim is about, or it does not."""
    kit.sandbox.fashfed.claim_quantities = request.param
    return CancelShop(kit)


async def three_of_one(shop: CancelShop) -> Row:
    return await shop.sold(Line(shop.skus[0], 3), shop.skus[1])


async def test_of_a_line_that_is_gone_all_units_are_cancelled(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    shop.cancel(package)
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "50", "400"]
    assert len(shop.plans) == 1


async def test_of_a_part_of_a_line_the_units_with_the_lowest_keys_are_cancelled(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    shop.cancel(package, quantity=2)
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400", "400"]
    assert shop.differences() == []


async def test_parts_that_are_cancelled_one_after_the_other_add_up(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    for expected in (["100", "400", "400"], ["100", "100", "400"], ["100", "100", "100"]):
        claim = shop.cancel(package, quantity=1)
        await shop.bring()
        shop.hands.complete_plan(shop.plans[-1])
        assert shop.statuses(package)[:3] == expected
        assert (await shop.row(claim)).state == "done"
        assert shop.differences() == []


async def test_parts_of_one_line_in_one_run_take_no_unit_twice(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    claims = [shop.cancel(package, quantity=1), shop.cancel(package, quantity=1, reason="wrong-address")]
    await shop.bring()
    assert shop.statuses(package) == ["50", "50", "400", "400"]
    assert {(await shop.row(claim)).state for claim in claims} <= {"done", "excluded"}
    assert len(shop.plans) == 1
    assert shop.differences() == []


async def test_each_part_is_cancelled_for_its_own_reason_where_fashfed_tells_quantities(shop: CancelShop) -> None:
    shop.market.claim_quantities = True
    package = await shop.sold(Line(shop.skus[0], 5))
    shop.cancel(package, quantity=2)
    shop.cancel(package, quantity=1, reason="wrong-address")
    await shop.bring()
    assert [entry["reason"] for entry in shop.plans[0]["items"]] == [1, 1, 3]
    assert shop.statuses(package) == ["50", "50", "50", "400", "400"]


async def test_a_part_that_was_cancelled_before_the_order_was_imported_cancels_nothing_more(shop: CancelShop) -> None:
    package = shop.buy(Line(shop.skus[0], 3))
    claim = shop.cancel(package, quantity=1)
    await shop.run()
    shop.report(package)
    await shop.bring()
    assert shop.statuses(package) == ["400", "400"]
    row = await shop.row(claim)
    assert (row.state, row.reason) == ("excluded", "Omnitron has no more units of its line than Fashfed")


async def test_a_claim_whose_effect_fashfed_does_not_show_yet_waits_for_it(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    await shop.kit.later(hours=2)
    item = shop.lines(package)[0]
    claim = shop.market.claim(item, "cancel", "completed", reason=shop.reason(), detail="", cancelled_by=1, quantity=1)
    await shop.bring()
    assert shop.statuses(package) == ["400"] * 4
    assert (await shop.row(claim)).code == "cancel_not_shown"
    shop.market.take_units(item, 1)
    await shop.kit.later(minutes=11)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400", "400", "400"]


async def test_a_claim_that_never_has_an_effect_is_not_waited_for_without_end(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    await shop.kit.later(hours=2)
    item = shop.lines(package)[0]
    claim = shop.market.claim(item, "cancel", "completed", reason=shop.reason(), detail="", cancelled_by=1, quantity=1)
    for _ in range(4):
        await shop.bring()
        await shop.kit.later(hours=1)
    assert (await shop.row(claim)).reason == "Omnitron has no more units of its line than Fashfed"
    assert shop.statuses(package) == ["400"] * 4


async def test_what_the_brand_cancelled_by_hand_on_both_sides_is_not_cancelled_twice(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    shop.hands.cancel(shop.items(package)[1:2])
    claim = shop.cancel(package, quantity=1, by=2)
    await shop.bring()
    assert shop.statuses(package) == ["400", "50", "400", "400"]
    assert (await shop.row(claim)).reason == "Omnitron has no more units of its line than Fashfed"
    assert shop.differences() == []


async def test_a_package_with_a_line_that_nobody_can_read_is_not_guessed_at(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    claim = shop.cancel(package, quantity=1)
    shop.lines(package)[1]["product"] = None
    await shop.bring()
    assert (await shop.row(claim)).code == "record_unreadable"
    assert not shop.plans


async def test_what_was_cancelled_before_the_order_was_imported_takes_no_unit_that_lives(shop: CancelShop) -> None:
    package = shop.buy(Line(shop.skus[0], 2), shop.skus[1])
    claim = shop.cancel(package, quantity=1)
    await shop.run()
    assert len(shop.items(package)) == 2
    shop.report(package)
    await shop.bring()
    row = await shop.row(claim)
    assert (row.state, row.reason) == ("excluded", "Omnitron has no more units of its line than Fashfed")
    assert shop.statuses(package) == ["400", "400"]


# --- units that moved -------------------------------------------------------------------------------------------------
async def test_units_that_were_split_off_by_hand_are_not_taken_for_cancelled_ones(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    await shop.kit.later(minutes=5)
    item = shop.lines(package)[0]
    shop.market.split(package, [[(item, 1)]])
    shop.market.cancel_item(item, by=1, reason=shop.reason(), quantity=1)
    await shop.bring()
    assert sorted(shop.statuses(package)) == ["400", "400", "400", "50"]
    assert shop.differences() == []


async def test_the_rest_of_a_line_is_cancelled_after_units_were_split_off_by_hand(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    await shop.kit.later(minutes=5)
    item = shop.lines(package)[0]
    shop.market.split(package, [[(item, 1)]])
    shop.market.cancel_item(item, by=1, reason=shop.reason())
    await shop.bring()
    assert sorted(shop.statuses(package)) == ["400", "400", "50", "50"]
    assert shop.differences() == []


async def test_a_line_that_a_split_made_is_found_although_nobody_has_followed_the_split(shop: CancelShop) -> None:
    package = await three_of_one(shop)
    await shop.kit.later(minutes=5)
    first, second = shop.lines(package)
    (part,) = shop.market.split(package, [[(first, 1), (second, 1)]])
    moved = shop.lines(part)
    shop.market.cancel_item(moved[1], by=1, reason=shop.reason())
    await shop.bring()
    assert shop.statuses(package) == ["400", "400", "400", "50"]
    shop.market.cancel_item(moved[0], by=1, reason=shop.reason())
    await shop.bring()
    assert sorted(shop.statuses(package)) == ["400", "400", "50", "50"]
    assert shop.differences() == []


async def test_units_that_were_split_off_and_cancelled_before_anybody_saw_it_are_cancelled(shop: CancelShop) -> None:
    package = await shop.sold(Line(shop.skus[0], 4))
    await shop.kit.later(minutes=5)
    shop.cancel(package, quantity=2)
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    shop.cancel(part)
    await shop.bring()
    assert sorted(shop.statuses(package)) == ["400", "50", "50", "50"]


async def test_what_moved_and_was_cancelled_unseen_is_cancelled_also_when_its_old_line_was_before(
    shop: CancelShop,
) -> None:
    """Nothing shows any more that the unit moved: only that its old line has one more in Omnitron than at Fashfed."""
    other, sku = shop.skus[:2]
    package = await shop.sold(Line(other, 2, price=50), Line(sku, 1, price=60), Line(sku, 2, price=70))
    await shop.kit.later(minutes=5)
    shop.cancel(package, 2, quantity=1)
    await shop.bring()
    (part,) = shop.market.split(package, [[(shop.lines(package)[2], 1)]])
    claim = shop.cancel(part)
    shop.cancel(package, quantity=1)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400", "400", "50", "50"]
    assert (await shop.row(claim)).state == "done"


async def test_a_package_that_is_still_to_be_imported_takes_no_units_of_its_sister(shop: CancelShop) -> None:
    sku = shop.skus[0]
    package, sister = shop.buy_parcels(Line(sku, 2), Line(sku, 2, parcel=1), Line("NOBODY-KNOWS", parcel=1))
    await shop.run()
    shop.report(package)
    await shop.kit.later(minutes=5)
    claims = [shop.cancel(sister, quantity=1), shop.cancel(package, quantity=1)]
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]
    assert [(await shop.row(claim)).state for claim in claims] == ["parked", "done"]


async def test_the_packages_of_one_order_share_its_six_plans(shop: CancelShop) -> None:
    package = await shop.sold(*shop.skus[:2])
    (part,) = shop.market.split(package, [[(shop.lines(package)[1], 1)]])
    claims = [shop.cancel(package), shop.cancel(part)]
    await shop.bring()
    assert shop.statuses(package) == ["50", "50"]
    assert len(shop.plans) == 1
    assert {(await shop.row(claim)).state for claim in claims} == {"done"}


# --- merged items -----------------------------------------------------------------------------------------------------
async def test_a_part_of_a_merged_item_is_left_to_a_person_and_the_whole_is_cancelled(shop: CancelShop) -> None:
    shop.set(order_item_quantity_key="quantity")
    package = await three_of_one(shop)
    claim = shop.cancel(package, quantity=1)
    await shop.bring()
    assert shop.statuses(package) == ["400", "400"]
    assert (await shop.row(claim)).code == "cancel_part_of_item"
    rest = shop.cancel(package)
    await shop.kit.later(hours=9)
    await shop.bring()
    assert shop.statuses(package) == ["50", "400"]
    assert {(await shop.row(each)).state for each in (claim, rest)} == {"done", "excluded"}


async def test_a_merged_item_that_lies_in_two_packages_lives_as_long_as_one_of_them_holds_it(shop: CancelShop) -> None:
    shop.set(order_item_quantity_key="quantity")
    package = await shop.sold(Line(shop.skus[0], 3))
    (item,) = shop.items(package)
    await shop.kit.later(minutes=5)
    (part,) = shop.market.split(package, [[(shop.lines(package)[0], 1)]])
    lines = [shop.lines(each)[0]["number"] for each in (package, part)]
    pairs = [Identity("orderitem", line, item["pk"], {"order": item["order"]}) for line in lines]
    await shop.kit.store().rename(CHANNEL, pairs, now=shop.kit.clock.now())
    claim = shop.cancel(package)
    await shop.bring()
    assert ((await shop.row(claim)).code, shop.statuses(package)) == ("cancel_part_of_item", ["400"])
    shop.cancel(part)
    await shop.bring()
    assert shop.statuses(package) == ["50"]


async def test_of_equal_lines_no_unit_is_cancelled_that_a_split_has_given_to_another_package(shop: CancelShop) -> None:
    """Which of the equal units moved nobody can tell: all cancellations of the order are judged by the same names."""
    sku = shop.skus[0]
    package = await shop.sold(Line(sku, 3), Line(sku), Line(sku, 3))
    await shop.kit.later(minutes=5)
    first, _, third = shop.lines(package)
    shop.market.split(package, [[(first, 3)]])
    shop.market.split(package, [[(third, 2)]])
    for _ in range(2):  # the single unit, then what is left of the third line
        shop.cancel(package)
    await shop.bring()
    await shop.run()
    assert sorted(shop.statuses(package)) == ["400"] * 5 + ["50"] * 2
    assert shop.differences() == []
