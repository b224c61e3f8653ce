"""Updated Orders: what Fashfed ships and delivers comes into Omnitron (reference/flows.md section 4.14)."""

from datetime import timedelta
from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.domain.run import Window
from include.errors import RemoteUnavailable
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.road import CANCELLED, DELIVERED, NOT_DELIVERED, SHIPPED, Road
from tests.virtual_time import START
from tests.worldkit import CHANNEL, Kit

NUMBER = "7700000001"


@pytest.fixture
def road(kit: Kit) -> Road:
    """A shop whose packages Fashfed ships."""
    return Road(kit)


def asked(road: Road) -> list[tuple[str, str]]:
    """Status and beginning of each package list that was asked for."""
    queries = [
        dict(request.query)
        for request in road.kit.wire.requests
        if request.method == "GET" and request.url.endswith("/packages/")
    ]
    return [(query["status"], query["updated_at__gte"]) for query in queries if "status" in query]


# --- what is read -----------------------------------------------------------------------------------------------------


async def test_shipped_and_delivered_packages_of_the_last_day_are_read(road: Road) -> None:
    await road.take_over("pull")
    assert asked(road) == [("4", "2026-03-01T09:00:00Z"), ("5", "2026-03-01T09:00:00Z")]


async def test_after_an_outage_everything_since_the_last_run_is_read(road: Road) -> None:
    package = await road.sold()
    await road.take_over()
    await road.kit.later(hours=1)
    road.move(package)
    await road.kit.later(days=3)
    road.kit.wire.requests.clear()
    await road.take_over()
    assert {since for _, since in asked(road)} == {"2026-03-02T08:01:00Z"}
    assert road.states(package) == [("500", NUMBER)]


async def test_when_one_of_the_two_lists_cannot_be_read_the_next_run_reads_both_from_where_they_were(
    road: Road,
) -> None:
    package = await road.sold()
    await road.take_over()
    await road.kit.later(hours=1)
    road.move(package, DELIVERED)

    def no_delivered(request: Request) -> Response | None:
        return Response(502, {}, b"") if dict(request.query).get("status") == "5" else None

    road.kit.wire.interceptors.append(no_delivered)
    await road.kit.later(days=3)
    with pytest.raises(RemoteUnavailable):
        await road.take_over()
    road.kit.wire.interceptors.clear()
    await road.take_over()
    assert road.states(package) == [("550", NUMBER)]


async def test_while_the_brand_ships_nothing_is_read_and_the_log_says_so(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "fashfed")
    package = await road.sold()
    road.move(package)
    await road.take_over("pull")
    road.set(send_shipping_info=True)
    await road.kit.later(hours=1)
    before = await road.kit.store().watermark(CHANNEL, "get_updated_orders")
    road.kit.wire.requests.clear()
    report = await road.take_over()
    assert asked(road) == []
    assert road.states(package) == [("400", None)]
    assert sum(report.counts.values()) == 0
    assert caplog.text.count("Send Shipping Info is on: the brand ships, so nothing is read from Fashfed") == 2
    assert await road.kit.store().watermark(CHANNEL, "get_updated_orders") == before
    road.set(send_shipping_info=False)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)], "what was seen before is taken over when Fashfed ships again"


async def test_a_window_that_somebody_asks_for_is_read_and_changes_nothing_that_is_right(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    await road.take_over()
    await road.kit.later(days=30)
    items = [dict(item) for item in road.items(package)]
    report = await road.take_over(window=Window(START, START + timedelta(days=1)), fixed_window=True)
    assert road.items(package) == items
    assert report.counts["read"] == 0


# --- status and tracking number ---------------------------------------------------------------------------------------


async def test_a_shipped_package_ships_every_unit_of_its_lines_with_its_tracking_number(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one, 2), Line(two))
    other = await road.sold()
    road.move(package)
    report = await road.take_over()
    assert road.states(package) == [("500", NUMBER)] * 3
    assert road.states(other) == [("400", None)]
    assert (report.counts["read"], report.counts["updated"], report.counts["failed"]) == (1, 1, 0)
    assert (await road.movement(package)).state == "done"


async def test_a_delivered_package_delivers_its_items(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    road.move(package)
    await road.take_over()
    await road.kit.later(days=1)
    road.move(package, DELIVERED, tracking=None)
    await road.take_over()
    assert road.states(package) == [("550", NUMBER)] * 2


async def test_a_package_seen_first_when_it_was_delivered_still_brings_the_tracking_number(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    road.move(package, DELIVERED, tracking=None)
    await road.take_over()
    assert road.states(package) == [("550", NUMBER)]


async def test_news_of_shipping_that_comes_after_the_delivery_changes_nothing(road: Road) -> None:
    package = await road.sold()
    road.move(package, DELIVERED, "7700000002")
    await road.take_over()
    road.move(package, SHIPPED, NUMBER)
    await road.kit.later(minutes=1)
    await road.take_over()
    assert road.states(package) == [("550", "7700000002")]
    assert (await road.movement(package, SHIPPED)).state == "done"
    assert road.hub.backward_moves == []


async def test_a_package_that_was_shipped_and_delivered_between_two_runs_is_written_once(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    await road.take_over("pull")
    road.move(package, DELIVERED, tracking=None)
    await road.kit.later(hours=2)
    report = await road.take_over()
    assert road.states(package) == [("550", NUMBER)]
    assert report.counts["read"] == 2
    assert road.kit.wire.count("PATCH", "/order_items/") == 1
    assert {(await road.movement(package, status)).state for status in (SHIPPED, DELIVERED)} == {"done"}


@pytest.mark.parametrize("status", ["500", "510", "520", "540"])
async def test_an_item_that_is_shipped_already_only_gets_the_tracking_number_it_lacks(road: Road, status: str) -> None:
    package = await road.sold()
    road.hub.touch("orderitem", road.items(package)[0], status=status)
    road.move(package)
    report = await road.take_over()
    assert road.states(package) == [(status, NUMBER)]
    assert road.kit.wire.bodies("PATCH", f"/order_items/{road.items(package)[0]['pk']}/") == [
        {"tracking_number": NUMBER}
    ]
    assert report.counts["updated"] == 1


async def test_a_tracking_number_that_differs_is_corrected(road: Road) -> None:
    package = await road.sold()
    road.hub.touch("orderitem", road.items(package)[0], status="500", tracking_number="OLD")
    road.move(package)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)]


async def test_equal_values_are_not_written(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    for item in road.items(package):
        road.hub.touch("orderitem", item, status="500", tracking_number=NUMBER)
    road.move(package)
    report = await road.take_over()
    assert road.kit.wire.count("PATCH", "/order_items/") == 0
    assert (report.counts["updated"], report.counts["unchanged"]) == (0, 1)
    assert (await road.movement(package)).state == "done"


@pytest.mark.parametrize("status", ["50", "100", "600"])
async def test_an_item_that_is_cancelled_waits_for_it_or_came_back_stays_as_it_is(road: Road, status: str) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    road.hub.touch("orderitem", road.items(package)[0], status=status)
    road.move(package, DELIVERED)
    await road.take_over()
    assert road.states(package) == [(status, None), ("550", NUMBER)]


async def test_a_delivered_item_stays_delivered_when_its_package_is_seen_as_shipped(road: Road) -> None:
    package = await road.sold()
    road.hub.touch("orderitem", road.items(package)[0], status="550")
    road.move(package)
    await road.take_over()
    assert road.states(package) == [("550", NUMBER)]
    assert road.hub.backward_moves == []


async def test_the_items_own_tracking_number_comes_before_the_packages(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    road.move(package)
    line = road.market.items.find("package", package["number"])[0]
    road.market.items.change(line, tracking_number="OWN")
    await road.take_over()
    assert road.states(package) == [("500", "OWN"), ("500", NUMBER)]


async def test_a_tracking_number_is_cut_to_what_omnitron_takes(road: Road) -> None:
    package = await road.sold()
    road.move(package, tracking="7" * 300)
    await road.take_over()
    assert road.states(package) == [("500", "7" * 256)]
    report = await road.take_over()
    assert report.counts["failed"] == 0


async def test_lines_that_were_cancelled_at_fashfed_are_passed_over(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    road.move(package)
    line = road.market.items.find("package", package["number"])[0]
    road.market.items.change(line, status=CANCELLED)
    await road.take_over()
    assert road.states(package) == [("400", None), ("500", NUMBER)]


async def test_a_line_that_is_further_than_its_package_was_when_it_was_seen_goes_there_at_once(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    await road.take_over("pull")
    road.move(package, DELIVERED, tracking=None)
    await road.take_over("apply")
    assert road.states(package) == [("550", NUMBER)]


async def test_each_package_of_a_split_order_moves_its_own_items(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one, 2), Line(two))
    part = await road.split(package, f"{package['number']}-2")
    road.move(part, DELIVERED, "7700000002")
    await road.take_over()
    assert road.states(package) == [("400", None), ("400", None), ("550", "7700000002")]
    road.move(package)
    await road.kit.later(minutes=1)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER), ("500", NUMBER), ("550", "7700000002")]


# --- a tracking number that follows -----------------------------------------------------------------------------------


async def test_a_package_shipped_without_a_tracking_number_is_shipped_and_gets_it_later(road: Road) -> None:
    package = await road.sold()
    road.move(package, tracking=None)
    report = await road.take_over()
    assert road.states(package) == [("500", None)]
    row = await road.movement(package)
    assert (row.state, row.code) == ("parked", "tracking_number_awaited")
    assert report.counts["parked"] == 1
    await road.kit.later(days=1)
    road.move(package)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)]
    assert (await road.movement(package)).state == "done"


async def test_a_tracking_number_that_never_comes_is_not_waited_for_without_end(road: Road) -> None:
    package = await road.sold()
    road.move(package, tracking=None)
    for _ in range(8):
        await road.take_over()
        await road.kit.later(days=1)
    assert (await road.movement(package)).state == "done"


@pytest.mark.parametrize("facts", [{"status": "100"}, {"status": "400", "tracking_number": "OWN"}])
async def test_nothing_is_waited_for_where_no_tracking_number_is_needed(road: Road, facts: dict[str, Any]) -> None:
    package = await road.sold()
    road.hub.touch("orderitem", road.items(package)[0], **facts)
    road.move(package, tracking=None)
    await road.take_over()
    assert (await road.movement(package)).state == "done"


# --- what is not known ------------------------------------------------------------------------------------------------


async def test_a_package_whose_order_is_not_there_yet_waits_without_using_up_a_try(road: Road) -> None:
    package = road.buy()
    await road.run("pull")
    road.move(package)
    await road.take_over()
    row = await road.movement(package)
    assert (row.state, row.code) == ("parked", "order_not_imported")
    assert row.penalty is not None
    assert row.penalty.failures == 0
    await road.run("apply")
    await road.kit.later(hours=1)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)]
    assert (await road.movement(package)).state == "done"


async def test_lines_that_are_known_are_brought_up_to_date_while_the_others_wait(road: Road) -> None:
    await road.kit.store().born_at(CHANNEL, START - timedelta(days=1))
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    hidden = road.items(package)[1]
    action = road.hub.actions.get("orderitem", hidden["pk"])
    await _forget(road, package, hidden)
    packages = road.kit.database.inbox[CHANNEL, "package"]
    row = packages.pop(package["number"])
    road.move(package)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER), ("400", None)]
    assert (await road.movement(package)).code == "order_not_imported"
    packages[package["number"]] = row
    road.hub.actions.set_remote(action, f"{package['number']}-2")
    await road.kit.later(hours=1)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)] * 2
    assert (await road.movement(package)).state == "done"


async def _forget(road: Road, package: dict[str, Any], item: dict[str, Any]) -> None:
    """Nobody knows the name of an item any more."""
    road.hub.actions.set_remote(road.hub.actions.get("orderitem", item["pk"]), "elsewhere")
    road.kit.database.identities[CHANNEL, "orderitem", item["extra_field"]["id"]].clear()


async def test_a_package_that_needs_no_order_is_set_aside(road: Road) -> None:
    package = road.buy()
    await road.run("pull")
    await road.kit.store().exclude(CHANNEL, "package", package["number"], rule="by hand", now=road.kit.clock.now())
    road.move(package)
    await road.take_over()
    row = await road.movement(package)
    assert (row.state, row.reason) == ("excluded", "its package needs no order in Omnitron")


async def test_what_was_shipped_before_our_time_and_never_imported_needs_nothing(road: Road) -> None:
    package = road.buy()
    road.move(package)
    await road.kit.later(days=1)
    await road.take_over(window=Window(START, START + timedelta(days=1)), fixed_window=True)
    assert (await road.movement(package)).state == "excluded"


async def test_names_that_our_memory_lost_are_found_in_omnitron(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    road.kit.database = type(road.kit.database)()
    road.move(package)
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)] * 2


async def test_an_order_that_is_gone_from_omnitron_is_named(road: Road) -> None:
    package = await road.sold()
    for item in road.items(package):
        road.hub.order_items.remove(item)
    road.move(package)
    await road.take_over()
    assert (await road.movement(package)).code == "order_gone"


async def test_a_package_without_lines_is_looked_at_again_unless_it_was_cancelled(road: Road) -> None:
    package, cancelled = await road.sold(), await road.sold()
    for one in (package, cancelled):
        road.move(one)
        for line in road.market.items.find("package", one["number"]):
            road.market.items.remove(line)
    await road.take_over("pull")
    road.market.packages.change(cancelled, status=CANCELLED)
    await road.take_over("apply")
    assert (await road.movement(package)).code == "order_empty"
    assert (await road.movement(cancelled)).reason == "all its lines were cancelled"


async def test_a_package_of_which_every_line_was_cancelled_needs_nothing(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    for line in road.market.items.find("package", package["number"]):
        road.market.items.change(line, status=CANCELLED)
    await road.take_over()
    assert (await road.movement(package)).state == "excluded"


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def test_an_item_that_omnitron_does_not_take_is_named_and_the_others_go_on(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 3))
    other = await road.sold()
    road.move(package)
    road.move(other)
    bad = road.items(package)[1]["pk"]

    def refuse(request: Request) -> Response | None:
        ours = request.method == "PATCH" and request.url.endswith(f"/order_items/{bad}/")
        return Response(400, {}, b'{"status": ["The order is closed."]}') if ours else None

    road.kit.wire.interceptors.append(refuse)
    report = await road.take_over()
    assert [status for status, _ in road.states(package)] == ["500", "400", "500"]
    assert road.states(other) == [("500", NUMBER)]
    row = await road.movement(package)
    assert row.code == "movement_refused"
    assert "The order is closed." in (row.reason or "")
    assert (report.counts["failed"], report.counts["updated"]) == (1, 1)
    road.kit.wire.interceptors.clear()
    await road.kit.later(hours=9)
    await road.take_over()
    assert [status for status, _ in road.states(package)] == ["500"] * 3


async def test_a_line_that_cannot_be_read_makes_only_its_package_wait(road: Road) -> None:
    one, two = road.skus[:2]
    package, other = await road.sold(Line(one), Line(two)), await road.sold()
    road.move(package)
    road.move(other)
    line = road.market.items.find("package", package["number"])[0]
    road.market.items.change(line, quantity="many")
    await road.take_over()
    assert (await road.movement(package)).code == "record_unreadable"
    assert road.states(package) == [("400", None), ("500", NUMBER)]
    assert road.states(other) == [("500", NUMBER)]


async def test_a_package_that_cannot_be_read_is_kept_and_taken_over_when_it_can(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    road.market.packages.change(package, shipped_date="soon")
    await road.take_over()
    row = await road.kit.store().inbox_row(CHANNEL, "movement", package["number"])
    assert row is not None
    assert row.code == "record_unreadable"
    road.market.packages.change(package, shipped_date=None)
    await road.kit.later(hours=9)
    await road.take_over("apply")
    assert road.states(package) == [("500", NUMBER)]


async def test_a_package_that_was_not_delivered_after_all_is_left_as_it_is(road: Road) -> None:
    package = await road.sold()
    road.move(package)
    road.market.packages.change(package, shipped_date="soon")
    await road.take_over()
    road.market.packages.change(package, shipped_date=None)
    road.move(package, NOT_DELIVERED)
    await road.kit.later(hours=9)
    await road.take_over("apply")
    row = await road.kit.store().inbox_row(CHANNEL, "movement", package["number"])
    assert row is not None
    assert row.reason == "neither shipped nor delivered any more"
    assert road.states(package) == [("400", None)]


async def test_a_package_whose_lines_cannot_be_had_now_is_left_to_the_next_run(road: Road) -> None:
    package, other = await road.sold(), await road.sold()
    road.move(package)
    road.move(other)
    road.kit.sandbox.faults.add("error", path=f"/api/i2/packages/{package['number']}/items/")
    with pytest.raises(RemoteUnavailable):
        await road.take_over()
    assert road.states(other) == [("500", NUMBER)]
    assert (await road.movement(package)).state == "new"
    road.kit.sandbox.faults.clear()
    await road.take_over()
    assert road.states(package) == [("500", NUMBER)]
