"""Split Packages: exactly once, and the items in Omnitron follow their lines (reference/flows.md section 4.16)."""

import json

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from include.state.store import InboxState
from tests.unit.flows.orders.mortal import LOST, Trial, lost_answers
from tests.unit.flows.orders.shop import Row
from tests.unit.flows.orders.splitting import SplitShop
from tests.worldkit import CHANNEL, Kit

SPLIT = "/split/"


@pytest.fixture
def shop(kit: Kit) -> SplitShop:
    """A shop that begins empty."""
    return SplitShop(kit)


async def imported(shop: SplitShop) -> Row:
    """A package of three dresses and a belt, with its order."""
    dress, belt = shop.skus[:2]
    package = shop.buy(Line(dress, 3, price=50), Line(belt, price=30))
    await shop.run()
    return package


async def two_groups(shop: SplitShop, package: Row) -> str:
    """One dress into one new package, the belt into another."""
    dress, belt = shop.skus[:2]
    return await shop.ask(package, [{"sku": dress, "quantity": 1}], [{"sku": belt}])


async def check_two_groups(shop: SplitShop, package: Row, key: str) -> None:
    """The split happened once, everybody knows the lines by the same names, and nothing became a second order."""
    parts = shop.parts(package)
    assert sorted(line["quantity"] for part in parts for line in shop.lines(part)) == [1, 1]
    assert [line["quantity"] for line in shop.lines(package)] == [2]
    await shop.check_names(package)
    rule = f"made by a split of package {package['number']}"
    assert {((await shop.inbox(part)).state, (await shop.inbox(part)).reason) for part in parts} == {("excluded", rule)}
    assert (await shop.request(key)).state == "done"
    await shop.kit.later(minutes=6)
    await shop.run()
    assert len(shop.hub.orders) == 1


async def test_each_group_becomes_a_package_and_the_items_bear_its_lines_names(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)
    report = await shop.split()
    assert report.counts["sent"] == 1
    await check_two_groups(shop, package, key)
    (call,) = shop.kit.wire.bodies("POST", SPLIT)
    dress, belt = (line["number"] for line in (shop.market.lines[f"{package['number']}-{n}"] for n in (1, 2)))
    assert call == {
        "packages": [{"items": [{"number": dress, "quantity": 1}]}, {"items": [{"number": belt, "quantity": 1}]}]
    }


async def test_what_an_item_knows_beside_its_line_stays(shop: SplitShop) -> None:
    package = await imported(shop)
    for item in shop.items(package):
        item["extra_field"]["gift_note"] = "for you"
    await two_groups(shop, package)
    await shop.split()
    assert {item["extra_field"]["gift_note"] for item in shop.items(package)} == {"for you"}


async def test_omnitron_and_the_record_log_say_which_packages_were_made(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)
    await shop.split()
    (entry,) = await shop.kit.store().log_entries(CHANNEL, "split_packages", 5)
    assert entry.ok
    assert key in entry.message
    assert all(part["number"] in entry.message for part in shop.parts(package))
    assert any(report["raw_response"] == entry.message for report in shop.hub.error_reports.rows.values())


async def test_living_items_move_before_cancelled_ones(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    first = next(item for item in shop.items(package) if item["extra_field"]["id"].endswith("-1"))
    shop.market.cancel_item(shop.line(package, dress), by=1, reason=next(iter(shop.market.reasons.rows)), quantity=1)
    first["status"] = "100"
    await shop.ask(package, [{"sku": dress, "quantity": 1}])
    await shop.split()
    assert first["extra_field"]["id"] == shop.line(package, dress)["number"]
    await shop.check_names(package)


@pytest.mark.parametrize("asked", [0, 1])
async def test_a_split_is_done_although_the_same_goods_left_another_parcel_by_hand(shop: SplitShop, asked: int) -> None:
    dress, belt = shop.skus[:2]
    parcels = shop.buy_parcels(Line(dress, price=50), Line(belt), Line(dress, price=50, parcel=1), Line(belt, parcel=1))
    await shop.run()
    shop.split_by_hand(parcels[1 - asked], {dress: 1})
    key = await shop.ask(parcels[asked], [{"sku": dress, "quantity": 1}])
    await shop.split()
    assert (await shop.request(key)).state is InboxState.DONE
    await shop.run()
    assert len(shop.hub.orders.rows) == 2


async def test_a_package_can_be_split_again_and_so_can_its_parts(shop: SplitShop) -> None:
    package = await imported(shop)
    dress, belt = shop.skus[:2]
    await shop.ask(package, [{"sku": dress, "quantity": 2}, {"sku": belt}])
    await shop.split()
    (part,) = shop.parts(package)
    key = await shop.ask(part, [{"sku": dress, "quantity": 1}])
    await shop.split()
    assert (await shop.request(key)).state == "done"
    assert [[line["quantity"] for line in shop.lines(one)] for one in shop.parts(package)] == [[1, 1], [1]]
    await shop.check_names(package)
    last = shop.parts(package)[1]
    assert (await shop.inbox(last)).reason == f"made by a split of package {part['number']}"


async def test_two_requests_for_one_package_are_carried_out_one_after_the_other(shop: SplitShop) -> None:
    package = await imported(shop)
    dress = shop.skus[0]
    keys = [await shop.ask(package, [{"sku": dress, "quantity": 1}], request_id=f"R{n}") for n in range(3)]
    await shop.split()
    assert [(await shop.request(key)).state for key in keys] == ["done"] * 3
    assert len(shop.parts(package)) == 3
    await shop.check_names(package)


# --- waiting and refusing -------------------------------------------------------------------------------------------


async def test_a_request_for_a_package_without_an_order_waits_and_goes_on_as_soon_as_it_has_one(
    shop: SplitShop,
) -> None:
    dress, belt = shop.skus[:2]
    package = shop.buy(Line(dress, 3, price=50), Line(belt, price=30))
    key = await two_groups(shop, package)
    await shop.split()
    row = await shop.request(key)
    assert (row.state, row.code) == ("parked", "split_order_unknown")
    assert row.penalty is not None
    assert row.penalty.failures == 0
    assert not shop.kit.wire.count("POST", SPLIT)
    await shop.run()
    await shop.split()  # at once, long before its time
    await check_two_groups(shop, package, key)


async def test_what_cannot_be_done_is_told_and_set_aside_when_it_still_cannot(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)
    shop.market.move(package, 4)
    report = await shop.split()
    row = await shop.request(key)
    assert (row.state, row.code) == ("parked", "split_not_preparing")
    assert report.errors["split_not_preparing"] == 1
    await shop.kit.later(hours=9)
    await shop.split()
    row = await shop.request(key)
    assert (row.state, row.reason) == (
        "excluded",
        f"Package {package['number']} has status 4 at Fashfed; only one in Preparing (2) can be split",
    )
    assert not shop.kit.wire.count("POST", SPLIT)


async def test_a_refusal_of_fashfed_costs_only_this_request(shop: SplitShop) -> None:
    one, other = await imported(shop), await imported(shop)
    key = await two_groups(shop, one)
    good = await two_groups(shop, other)

    def refuse(request: Request) -> Response | None:
        if request.url.endswith(f"{one['number']}{SPLIT}"):
            return Response(400, {}, json.dumps({"packages": ["Not today."]}).encode())
        return None

    shop.kit.wire.interceptors.append(refuse)
    await shop.split()
    row = await shop.request(key)
    assert (row.state, row.code) == ("parked", "split_refused")
    assert "Not today." in str(row.reason)
    assert (await shop.request(good)).state == "done"
    assert not await shop.kit.store().claims(CHANNEL, "split", [key])


async def test_merged_items_are_not_cut_in_two(shop: SplitShop) -> None:
    shop.set(order_item_quantity_key="quantity")
    package = await imported(shop)
    dress = shop.skus[0]
    part = await shop.ask(package, [{"sku": dress, "quantity": 1}])
    whole = await shop.ask(package, [{"sku": dress}])
    await shop.split()
    assert (await shop.request(part)).code == "split_item_merged"
    assert (await shop.request(whole)).state == "done"
    (made,) = shop.parts(package)
    names = [item["extra_field"]["id"] for item in shop.items(package)]
    assert sorted(names) == sorted([shop.lines(made)[0]["number"], shop.lines(package)[0]["number"]])


# --- exactly once -----------------------------------------------------------------------------------------------------


async def asked(shop: SplitShop) -> tuple[Row, str]:
    """A package and the request to split it."""
    package = await imported(shop)
    return package, await two_groups(shop, package)


async def check(shop: SplitShop, request: tuple[Row, str]) -> None:
    await check_two_groups(shop, *request)


TRIAL = Trial("split_packages", SplitShop, asked, check, (5, 5, 5, 5), while_lost=(8, 11), after_loss=(0, 120, 540))


async def test_a_split_whose_answer_got_lost_is_seen_and_not_asked_for_again(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)
    shop.kit.sandbox.faults.add("timeout_after", path=f"*{SPLIT}", next=1)
    await shop.split()
    assert shop.kit.wire.count("POST", SPLIT) == 1
    await check_two_groups(shop, package, key)


@lost_answers(
    ("POST", f"*{SPLIT}"),
    ("GET", "/api/i2/packages/"),
    ("GET", "/api/i2/packages/*/items/"),
    ("PATCH", "*/order_items/*"),
    ("PATCH", "*/integration_actions/*"),
    ("GET", "*/integration_actions/"),
    ("GET", "*/order_items/"),
    kinds=(*LOST, "timeout_after"),
)
async def test_no_lost_answer_makes_a_second_split_or_leaves_a_wrong_name(
    kind: str, method: str, path: str, times: int
) -> None:
    await TRIAL.loses(kind, method, path, times)


async def test_a_request_that_may_still_be_on_its_way_is_waited_for(shop: SplitShop) -> None:
    """The process dies after it has sent the request, which arrives a minute later."""
    package = await imported(shop)
    key = await two_groups(shop, package)
    assert await shop.kit.run_and_die("split_packages", on=SPLIT, effect=False)
    late = next(request for request in shop.kit.wire.requests if request.url.endswith(SPLIT))
    await shop.kit.later(seconds=50)
    await shop.split()
    row = await shop.request(key)
    assert (row.state, row.code) == ("parked", "split_unclear")
    assert shop.kit.sandbox.apps["fashfed"].dispatch(late).status == 200
    await shop.kit.later(minutes=10)
    await shop.split()
    assert shop.kit.wire.count("POST", SPLIT) == 1
    await check_two_groups(shop, package, key)


async def test_a_request_that_never_arrived_is_sent_again_when_it_cannot_arrive_any_more(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)
    assert await shop.kit.run_and_die("split_packages", on=SPLIT, effect=False)
    await shop.kit.later(minutes=3)
    await shop.split()
    assert shop.kit.wire.count("POST", SPLIT) == 2
    await check_two_groups(shop, package, key)


async def test_a_request_that_arrives_after_all_is_found_when_the_second_one_is_refused(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await shop.ask(package, [{"sku": shop.skus[1]}])
    assert await shop.kit.run_and_die("split_packages", on=SPLIT, effect=False)
    late = next(request for request in shop.kit.wire.requests if request.url.endswith(SPLIT))

    def overtaken(request: Request) -> None:
        if request.url == late.url:
            shop.kit.sandbox.apps["fashfed"].dispatch(late)

    await shop.kit.later(minutes=3)
    shop.kit.wire.interceptors.append(overtaken)
    await shop.split()
    assert (await shop.request(key)).state == "done"
    assert len(shop.parts(package)) == 1
    await shop.check_names(package)


async def test_a_line_that_was_cancelled_meanwhile_is_not_taken_for_one_that_moved(shop: SplitShop) -> None:
    package = await imported(shop)
    belt = shop.skus[1]
    key = await shop.ask(package, [{"sku": belt}])
    assert await shop.kit.run_and_die("split_packages", on=SPLIT, effect=False)
    shop.market.cancel_item(shop.line(package, belt), by=1, reason=next(iter(shop.market.reasons.rows)))
    await shop.kit.later(minutes=3)
    await shop.split()
    assert (await shop.request(key)).code == "split_unclear"
    await shop.kit.later(minutes=70)
    await shop.split()
    assert (await shop.request(key)).code == "split_line_unknown"
    assert not await shop.kit.store().claims(CHANNEL, "split", [key])


async def test_new_packages_that_show_later_are_waited_for(shop: SplitShop) -> None:
    package = await imported(shop)
    key = await two_groups(shop, package)

    def hide(request: Request) -> Response | None:
        if request.method == "GET" and request.url.endswith("/packages/"):
            page = {"count": 1, "next": None, "previous": None, "results": [package]}
            return Response(200, {}, json.dumps(page).encode())
        return None

    shop.kit.wire.interceptors.append(hide)
    await shop.split()
    row = await shop.request(key)
    assert (row.state, row.code) == ("parked", "split_not_shown")
    shop.kit.wire.interceptors.clear()
    await shop.kit.later(minutes=11)
    await shop.split()
    assert shop.kit.wire.count("POST", SPLIT) == 1
    await check_two_groups(shop, package, key)


def test_a_process_that_dies_at_any_await_splits_once_and_leaves_no_wrong_name() -> None:
    assert TRIAL.dies_at_every_await() > 50


# --- which package is meant -------------------------------------------------------------------------------------------


async def test_an_order_may_be_named_by_its_number_in_omnitron(shop: SplitShop) -> None:
    package = await imported(shop)
    number = shop.order(package)["number"]
    assert number != package["order_number"]
    belt = [{"sku": shop.skus[1]}]
    both = await shop.ask(package, belt, order_number=number)
    alone = await shop.ask(package, [{"sku": shop.skus[0], "quantity": 1}], order_number=number, package_number=None)
    await shop.split()
    assert [(await shop.request(key)).state for key in (both, alone)] == ["done", "done"]
    await shop.check_names(package)


@pytest.mark.parametrize("names", [{"order_number": "O-77"}, {"order_number": "O-77", "package_number": None}])
async def test_a_number_that_nobody_knows_is_told(shop: SplitShop, names: Row) -> None:
    package = await imported(shop)
    key = await shop.ask(package, [{"sku": shop.skus[1]}], **names)
    await shop.split()
    assert (await shop.request(key)).code == "split_package_unknown"
