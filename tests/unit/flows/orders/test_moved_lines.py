"""A package that was split by hand at Fashfed never becomes a second order (design.md section 7)."""

import pytest

from include.clients.fashfed.schemas import Package
from include.errors import RecordWaits
from include.flows.inbox_work import Excluded
from include.flows.orders.moved_lines import adopt_split, follow_splits
from include.sandbox.fashfed import Line
from include.state.memory import MemoryDatabase
from include.state.store import Incoming
from tests.unit.flows.orders.mortal import Trial
from tests.unit.flows.orders.shop import Row
from tests.unit.flows.orders.splitting import SplitShop
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> SplitShop:
    """A shop that begins empty."""
    return SplitShop(kit)


async def imported(shop: SplitShop, *lines: Line) -> Row:
    """A package with its order; without lines it is three dresses and a belt."""
    dress, belt = shop.skus[:2]
    package = shop.buy(*(lines or (Line(dress, 3, price=50), Line(belt, price=30))))
    await shop.run()
    await shop.kit.later(minutes=5)
    return package


async def adopt(shop: SplitShop, package: Row) -> Excluded | None:
    """What Order Create is told of a package that it has just seen."""
    sisters = [one["number"] for one in shop.market.packages.find("order_number", package["order_number"])]
    return await adopt_split(await shop.context("get_orders"), Package.model_validate(package), sisters)


async def cancel(shop: SplitShop, package: Row, sku: str, quantity: int | None = None) -> None:
    """The buyer cancels a line or a part of it; Omnitron does not know yet."""
    reason = next(iter(shop.market.reasons.rows))
    shop.market.cancel_item(shop.line(package, sku), by=1, reason=reason, quantity=quantity)


def made_of(package: Row) -> Excluded:
    return Excluded(f"made by a split of package {package['number']}")


def called(shop: SplitShop, package: Row) -> list[str]:
    """The lines that the items of the package's order are called by."""
    return sorted(item["extra_field"]["id"] for item in shop.items(package))


async def test_a_package_alone_in_its_order_costs_no_look(shop: SplitShop) -> None:
    package = await imported(shop)
    record = shop.record()
    context = await shop.context("get_orders")
    before = len(record.requests)
    assert await adopt_split(context, Package.model_validate(package), [package["number"]]) is None
    assert len(record.requests) == before


async def test_lines_that_moved_by_hand_take_their_items_along(shop: SplitShop) -> None:
    package = await imported(shop)
    dress, belt = shop.skus[:2]
    one, other = shop.split_by_hand(package, {dress: 1}, {belt: 1})
    assert await adopt(shop, one) == made_of(package)
    assert await adopt(shop, other) == made_of(package)
    await shop.check_names(package)


async def test_parts_of_two_parcels_that_were_split_before_anybody_looked_find_the_orders_they_fit(
    shop: SplitShop,
) -> None:
    """The first part fits the orders of both parcels, the second only one of them."""
    dress = shop.skus[0]
    one, two = shop.buy_parcels(Line(dress, 3, price=50), Line(dress, 2, price=50, parcel=1))
    await shop.run()
    await shop.kit.later(minutes=5)
    (small,) = shop.split_by_hand(two, {dress: 1})
    (large,) = shop.split_by_hand(one, {dress: 2})
    await shop.run()
    assert len(shop.hub.orders) == 2
    assert shop.kit.sandbox.order_differences() == []
    assert called(shop, one) == sorted([f"{one['number']}-1", *[f"{large['number']}-1"] * 2])
    assert called(shop, two) == sorted([f"{two['number']}-1", f"{small['number']}-1"])


async def test_of_equal_parts_of_two_parcels_each_finds_the_order_with_its_discount(shop: SplitShop) -> None:
    """Also when the other order lacks units that nobody has cancelled, and its own has lost one."""
    dress = shop.skus[0]
    parcels = [Line(dress, 2, price=50, discount=0.05), Line(dress, 3, price=50, parcel=1)]
    cheap, plain = shop.buy_parcels(*parcels)
    await shop.run()
    await shop.kit.later(minutes=5)
    (part,) = shop.split_by_hand(plain, {dress: 2})
    await cancel(shop, plain, dress)
    (cheap_part,) = shop.split_by_hand(cheap, {dress: 1})
    await shop.run()
    assert called(shop, plain) == sorted([f"{plain['number']}-1", *[f"{part['number']}-1"] * 2])
    assert called(shop, cheap) == sorted([f"{cheap['number']}-1", f"{cheap_part['number']}-1"])


async def test_it_is_told_the_same_however_often_it_is_asked(shop: SplitShop) -> None:
    package = await imported(shop)
    (part,) = shop.split_by_hand(package, {shop.skus[0]: 2})
    for _ in range(3):
        assert await adopt(shop, part) == made_of(package)
    await shop.check_names(package)


async def test_what_omnitron_was_not_told_before_a_crash_is_told_later(shop: SplitShop) -> None:
    package = await imported(shop)
    (part,) = shop.split_by_hand(package, {shop.skus[0]: 2})
    await adopt(shop, part)
    item = next(item for item in shop.items(package) if item["extra_field"]["id"].startswith(part["number"]))
    item["extra_field"] = {"id": "old"}
    shop.hub.actions.set_remote(shop.hub.actions.get("orderitem", item["pk"]), "old")
    assert await adopt(shop, part) == made_of(package)
    await shop.check_names(package)


async def test_parcels_bought_together_keep_their_own_lines(shop: SplitShop) -> None:
    dress = shop.skus[0]
    one, other = shop.buy_parcels(Line(dress, 2, price=50), Line(dress, price=50, parcel=1))
    assert await adopt(shop, one) is None
    await shop.run()
    assert await adopt(shop, other) is None
    for package in (one, other):
        assert set(called(shop, package)) == {shop.lines(package)[0]["number"]}


async def test_a_split_of_one_of_several_parcels_belongs_to_that_one(shop: SplitShop) -> None:
    dress = shop.skus[0]
    one, other = shop.buy_parcels(Line(dress, 2, price=50), Line(dress, 2, price=50, parcel=1))
    await shop.run()
    (part,) = shop.split_by_hand(other, {dress: 1})
    assert await adopt(shop, part) == made_of(other)
    await shop.check_names(one)
    await shop.check_names(other)


async def test_a_parcel_of_the_same_goods_is_not_taken_for_what_its_cancelled_sister_lacks(shop: SplitShop) -> None:
    dress, belt = shop.skus[:2]
    one, other = shop.buy_parcels(Line(dress, price=50), Line(belt), Line(dress, price=50, parcel=1))
    await shop.run()
    shop.hub.orders.rows.pop(shop.order(other)["pk"])
    shop.kit.database.identities.pop((CHANNEL, "order", other["number"]))
    shop.kit.database.claims.pop((CHANNEL, "create_order", other["number"]))
    action = next(one for one in shop.hub.actions.by_pk.values() if one.remote_id == other["number"])
    shop.hub.actions.remove(action)
    await cancel(shop, one, dress)
    assert await adopt(shop, other) is None


async def test_a_line_that_was_divided_and_whose_rest_was_cancelled_is_still_a_split(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    (part,) = shop.split_by_hand(package, {dress: 2})
    await cancel(shop, package, dress)
    assert await adopt(shop, part) == made_of(package)
    assert called(shop, package).count(shop.lines(part)[0]["number"]) == 2


async def test_a_part_that_was_cancelled_before_anybody_saw_it_is_known_by_its_line(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    (part,) = shop.split_by_hand(package, {dress: 2})
    line = shop.line(part, dress)["number"]
    await cancel(shop, part, dress)
    assert await adopt(shop, part) == made_of(package)
    assert called(shop, package).count(line) == 2
    names = await shop.kit.store().identities(CHANNEL, "orderitem", [line])
    assert len(names[line]) == 2


async def test_what_was_cancelled_of_a_part_is_called_by_the_part_as_well(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    (part,) = shop.split_by_hand(package, {dress: 2})
    await cancel(shop, part, dress, 1)
    assert await adopt(shop, part) == made_of(package)
    assert called(shop, package).count(shop.line(part, dress)["number"]) == 2


async def test_parts_of_parts_belong_to_the_same_order(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    (part,) = shop.split_by_hand(package, {dress: 2})
    (smaller,) = shop.split_by_hand(part, {dress: 1})
    assert await adopt(shop, part) == made_of(package)
    assert await adopt(shop, smaller) == made_of(package)
    await shop.check_names(package)


async def test_a_merged_item_of_which_a_part_moved_by_hand_is_called_by_both_lines(shop: SplitShop) -> None:
    shop.set(order_item_quantity_key="quantity")
    package = await imported(shop)
    dress = shop.skus[0]
    (part,) = shop.split_by_hand(package, {dress: 1})
    for _ in range(2):
        assert await adopt(shop, part) == made_of(package)
    lines = [shop.line(one, dress)["number"] for one in (package, part)]
    names = await shop.kit.store().identities(CHANNEL, "orderitem", lines)
    assert len({pairs[0].hub_id for pairs in names.values()}) == 1
    assert lines[0] in called(shop, package)


async def test_without_our_memory_omnitron_tells_which_order_a_package_has(shop: SplitShop) -> None:
    package = await imported(shop)
    (part,) = shop.split_by_hand(package, {shop.skus[0]: 1})
    shop.kit.database = MemoryDatabase()
    assert await adopt(shop, part) == made_of(package)
    assert called(shop, package).count(shop.lines(part)[0]["number"]) == 1


async def test_an_order_that_was_made_but_not_linked_yet_counts(shop: SplitShop) -> None:
    package = shop.buy(Line(shop.skus[0], 3, price=50))
    assert await shop.kit.run_and_die("get_orders", on="/batch_requests/", effect=False)
    await shop.kit.later(minutes=5)
    (part,) = shop.split_by_hand(package, {shop.skus[0]: 1})
    assert await adopt(shop, part) == made_of(package)


async def seen(shop: SplitShop, package: Row) -> None:
    now = shop.kit.clock.now()
    row = Incoming(package["number"], now, Package.model_validate(package).model_dump(mode="json"))
    await shop.kit.store().receive(CHANNEL, "package", [row], now=now)


async def test_while_a_sister_may_have_an_order_that_nobody_knows_of_the_package_waits(shop: SplitShop) -> None:
    await shop.kit.store().born_at(CHANNEL, shop.kit.clock.now())
    await shop.kit.later(minutes=5)
    package = shop.buy(Line(shop.skus[0], 3, price=50))
    assert await shop.kit.run_and_die("get_orders", on="/create_orders/")
    await shop.kit.later(minutes=5)
    (part,) = shop.split_by_hand(package, {shop.skus[0]: 1})
    await seen(shop, part)
    with pytest.raises(RecordWaits) as caught:
        await adopt(shop, part)
    assert caught.value.code == "split_sister_unclear"
    shop.kit.database.inbox[CHANNEL, "package"].pop(part["number"])
    await shop.run("apply")
    assert await adopt(shop, part) == made_of(package)
    await shop.check_names(package)


async def test_while_a_request_of_ours_splits_the_order_its_packages_wait(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await shop.ask(package, [{"sku": shop.skus[1]}])
    assert await shop.kit.run_and_die("split_packages", on="/split/")
    (part,) = shop.parts(package)
    with pytest.raises(RecordWaits) as caught:
        await adopt(shop, part)
    assert caught.value.code == "split_under_way"
    await shop.split()
    assert (await shop.request(key)).state == "done"
    assert await adopt(shop, part) == made_of(package)


async def test_a_request_that_waits_for_something_else_keeps_no_package_waiting(shop: SplitShop) -> None:
    package = await imported(shop)
    await shop.ask(package, [{"sku": "UNKNOWN"}])
    await shop.split()
    (part,) = shop.split_by_hand(package, {shop.skus[1]: 1})
    assert await adopt(shop, part) == made_of(package)


async def test_an_order_without_any_known_package_has_nothing_to_follow(shop: SplitShop) -> None:
    package = shop.buy(shop.skus[0])
    assert await follow_splits(await shop.context("get_orders"), package["order_number"]) == {}


async def split_by_hand(shop: SplitShop) -> list[Row]:
    """What Order Create has to bring in: two parts of a package that has its order, and a package beside it."""
    package = await imported(shop)
    dress, belt = shop.skus[:2]
    parts = shop.split_by_hand(package, {dress: 1}, {belt: 1})
    return [package, shop.buy(Line(dress, price=50)), *parts]


async def check(shop: SplitShop, packages: list[Row]) -> None:
    """The parts are in the order of their package, and whoever bought beside it has an order of its own."""
    package, beside, *parts = packages
    await shop.check_names(package)
    await shop.check_names(beside)
    assert len(shop.hub.orders) == 2
    assert [(await shop.inbox(part)).reason for part in parts] == [made_of(package).rule] * 2


def test_a_process_that_dies_at_any_await_makes_no_order_of_a_part_and_leaves_no_wrong_name() -> None:
    trial = Trial("get_orders", SplitShop, split_by_hand, check, after_death=(11, 11, 11))
    assert trial.dies_at_every_await() > 50
