"""What the brand changes in Omnitron goes to Fashfed (spec section 9; reference/flows.md section 4.10)."""

from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.errors import RateLimited, RemoteUnavailable
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.road import CANCELLED, DELIVERED, NOT_DELIVERED, Road
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit

READY = 3
SHIPPING = ("tracking_number", "tracking_url", "shipped_date")


@pytest.fixture
def road(kit: Kit) -> Road:
    """A shop that ships its packages itself."""
    road = Road(kit)
    road.set(send_shipping_info=True, waybill_option={"enabled": False, "default": ""})
    return road


def bodies(road: Road, package: Row) -> list[Any]:
    """What a package was told, from the beginning."""
    found: list[Any] = road.kit.wire.bodies("PATCH", f"/packages/{package['number']}/")
    return found


def looks(road: Road, package: Row) -> int:
    """How often a package was looked at."""
    return sum(dict(request.query).get("number") == package["number"] for request in road.kit.wire.requests)


def invoice(road: Road, package: Row, number: str = "F1") -> None:
    road.hands.invoice(road.items(package), number, date="2026-03-02T12:00:00Z")


# --- what is told -----------------------------------------------------------------------------------------------------


async def test_a_shipped_order_tells_its_status_and_who_brings_it(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    road.hands.ship(road.items(package), "77")
    report = await road.tell()
    (body,) = bodies(road, package)
    assert body == {
        "status": 4,
        "tracking_number": "77",
        "tracking_url": "https://cargo.example.com/t/77",
        "shipped_date": "2026-03-02T09:01:00Z",
    }
    assert (package["status"], package["tracking_number"]) == (4, "77")
    assert (report.counts["read"], report.counts["sent"], report.counts["failed"]) == (1, 1, 0)


async def test_a_delivered_order_tells_that_it_was_delivered(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")
    await road.tell()
    road.hands.deliver(road.items(package))
    await road.tell()
    assert bodies(road, package)[1:] == [{"status": 5}]
    assert road.kit.sandbox.order_differences() == []


async def test_the_invoice_goes_whoever_ships_and_tracking_only_when_the_brand_does(road: Road) -> None:
    package = await road.sold()
    road.set(send_shipping_info=False)
    invoice(road, package)
    road.hands.ship(road.items(package), "77")
    await road.tell()
    assert bodies(road, package) == [
        {
            "status": 4,
            "invoice_number": "F1",
            "invoice_date": "2026-03-02T12:00:00Z",
            "e_archive_url": "https://earsiv.example.com/F1.pdf",
        }
    ]


async def test_an_invoice_alone_goes_without_a_status_that_is_there_already(road: Road) -> None:
    package = await road.sold()
    invoice(road, package)
    await road.tell()
    (body,) = bodies(road, package)
    assert body["invoice_number"] == "F1"
    assert "status" not in body


async def test_the_waybill_number_is_the_default_until_there_is_an_invoice(road: Road) -> None:
    package = await road.sold()
    road.set(waybill_option={"enabled": True, "default": "999"})
    road.hands.ship(road.items(package), "77")
    await road.tell()
    assert package["waybill_number"] == "999"
    invoice(road, package)
    await road.tell()
    assert package["waybill_number"] == "F1"
    assert "status" not in bodies(road, package)[1]


async def test_a_partly_cancelled_order_is_judged_by_what_remains(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 3))
    cancelled, waiting, living = road.items(package)
    road.hub.touch("orderitem", cancelled, status="100")
    road.hub.touch("orderitem", waiting, status="50")
    road.hands.ship([living], "77")
    await road.tell()
    assert package["status"] == 4


async def test_a_package_is_shipped_when_its_last_item_is(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    first, last = road.items(package)
    road.hands.ship([first], "77")
    await road.tell()
    assert (package["status"], package["tracking_number"]) == (2, "77")
    road.hands.ship([last], "77")
    await road.tell()
    assert package["status"] == 4


@pytest.mark.parametrize("status", ["350", "544", "999"])
async def test_a_status_that_says_nothing_to_fashfed_is_not_sent(road: Road, status: str) -> None:
    package = await road.sold()
    invoice(road, package)
    road.hub.touch("orderitem", road.items(package)[0], status=status)
    await road.tell()
    (body,) = bodies(road, package)
    assert "status" not in body


async def test_an_order_that_was_cancelled_as_a_whole_is_unchanged(road: Road) -> None:
    package = await road.sold(Line(road.skus[0], 2))
    for item in road.items(package):
        road.hub.touch("orderitem", item, status="100")
    road.hub.touch("order", road.order(package), status="100")
    report = await road.tell()
    assert bodies(road, package) == []
    assert looks(road, package) == 0
    assert (report.counts["unchanged"], report.counts["failed"]) == (1, 0)
    assert (await road.tell()).counts["read"] == 0


async def test_the_packages_of_a_split_order_are_told_apart_and_the_order_keeps_its_name(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    part = await road.split(package, f"{package['number']}-2")
    road.hands.ship([road.items(package)[1]], "78")
    invoice(road, package)
    report = await road.tell()
    assert [body.get("status") for body in bodies(road, package)] == [None]
    assert [(body["status"], body["tracking_number"]) for body in bodies(road, part)] == [(4, "78")]
    assert {body["invoice_number"] for body in (*bodies(road, package), *bodies(road, part))} == {"F1"}
    assert report.counts["sent"] == 1
    action = road.hub.actions.get("order", road.order(package)["pk"])
    assert (action.remote_id, action.status) == (package["number"], "success")


@pytest.mark.parametrize("found_by", ["action", "what it was made of"])
async def test_packages_are_found_without_our_memory_too(road: Road, found_by: str) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    part = await road.split(package, f"{package['number']}-2")
    road.kit.database = type(road.kit.database)()
    moved = road.items(package)[1]
    if found_by == "what it was made of":
        road.hub.actions.remove(road.hub.actions.get("orderitem", moved["pk"]))
        road.hub.touch("orderitem", moved, extra_field={"id": f"{part['number']}-1"})
    road.hands.ship([moved], "78")
    await road.tell()
    assert (package["status"], part["status"]) == (2, 4)


async def test_an_item_without_a_name_is_in_the_orders_own_package(road: Road) -> None:
    package = await road.sold()
    road.kit.database = type(road.kit.database)()
    (item,) = road.items(package)
    road.hub.actions.remove(road.hub.actions.get("orderitem", item["pk"]))
    road.hub.touch("orderitem", item, extra_field={})
    road.hands.ship([item], "77")
    await road.tell()
    assert package["status"] == 4


async def test_an_order_is_called_what_omnitron_calls_it_whatever_it_was_made_of(road: Road) -> None:
    package = await road.sold()
    order = road.order(package)
    road.hands.ship(road.items(package), "77")
    road.hub.touch("order", order, extra_field={})
    await road.tell()
    assert package["status"] == 4
    assert road.hub.actions.get("order", order["pk"]).remote_id == package["number"]


# --- once, and never backwards ----------------------------------------------------------------------------------------


async def test_equal_values_are_not_sent_again_and_not_even_looked_at(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")
    await road.tell()
    road.kit.wire.requests.clear()
    road.hub.touch("order", road.order(package))
    report = await road.tell()
    assert (bodies(road, package), looks(road, package)) == ([], 0)
    assert (report.counts["sent"], report.counts["unchanged"]) == (0, 1)
    assert (await road.tell()).counts["read"] == 0


async def test_an_order_that_our_own_flow_has_touched_costs_one_look_and_sends_nothing(road: Road) -> None:
    package = await road.sold()
    road.set(send_shipping_info=False)
    road.move(package)
    await road.kit.run("get_updated_orders")
    report = await road.tell()
    assert (bodies(road, package), looks(road, package)) == ([], 1)
    assert (report.counts["sent"], report.counts["unchanged"]) == (0, 1)
    road.hub.touch("order", road.order(package))
    await road.tell()
    assert (bodies(road, package), looks(road, package)) == ([], 1)


async def test_an_order_that_was_just_imported_sends_nothing(road: Road) -> None:
    package = await road.sold()
    road.hub.touch("order", road.order(package), is_send=True)
    report = await road.tell()
    assert bodies(road, package) == []
    assert report.counts["unchanged"] == 1


async def test_only_what_fashfed_does_not_show_is_sent(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")
    invoice(road, package)
    road.market.packages.change(package, status=4, tracking_number="77", shipped_date="2026-03-02T08:00:00Z")
    await road.tell()
    (body,) = bodies(road, package)
    assert set(body) == {"tracking_url", "invoice_number", "invoice_date", "e_archive_url"}


@pytest.mark.parametrize(("there", "status"), [(READY, "450"), (4, "450"), (DELIVERED, "500"), (DELIVERED, "550")])
async def test_a_package_that_is_further_keeps_its_status_and_gets_the_rest(
    road: Road, there: int, status: str
) -> None:
    package = await road.sold()
    road.market.move(package, there)
    invoice(road, package)
    road.hub.touch("orderitem", road.items(package)[0], status=status)
    await road.tell()
    (body,) = bodies(road, package)
    assert "status" not in body
    assert (package["status"], package["invoice_number"]) == (there, "F1")
    assert road.market.backward_attempts == []


@pytest.mark.parametrize("over", [CANCELLED, NOT_DELIVERED])
async def test_a_package_that_is_over_at_fashfed_is_told_nothing(
    road: Road, over: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "fashfed")
    package = await road.sold()
    road.market.move(package, over)
    road.hands.ship(road.items(package), "77")
    invoice(road, package)
    report = await road.tell()
    assert bodies(road, package) == []
    assert (report.counts["unchanged"], report.counts["failed"]) == (1, 0)
    assert f"Package {package['number']} is told nothing" in caplog.text
    assert (await road.tell()).counts["read"] == 0


async def test_a_package_that_moves_on_between_our_look_and_our_word_is_told_the_rest(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")
    invoice(road, package)

    def overtaken(request: Request) -> None:
        if request.method == "PATCH" and "/packages/" in request.url and package["status"] == 2:
            road.market.move(package, DELIVERED)

    road.kit.wire.interceptors.append(overtaken)
    report = await road.tell()
    assert (package["status"], package["tracking_number"], package["invoice_number"]) == (DELIVERED, "77", "F1")
    assert (report.counts["sent"], report.counts["failed"]) == (1, 0)


async def test_a_package_that_is_cancelled_between_our_look_and_our_word_is_no_failure(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")

    def overtaken(request: Request) -> None:
        if request.method == "PATCH" and "/packages/" in request.url:
            road.market.move(package, CANCELLED)

    road.kit.wire.interceptors.append(overtaken)
    report = await road.tell()
    assert (package["status"], report.counts["failed"]) == (CANCELLED, 0)


async def test_a_change_made_while_the_order_is_on_its_way_is_sent_by_the_next_run(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")

    def changed(request: Request) -> None:
        if request.method == "PATCH" and "/packages/" in request.url and len(bodies(road, package)) == 1:
            invoice(road, package)

    road.kit.wire.interceptors.append(changed)
    await road.tell()
    await road.tell()
    assert package["invoice_number"] == "F1"


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def test_a_refusal_is_reported_in_fashfeds_words_and_costs_only_its_order(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    package, other = await road.sold(), await road.sold()
    for each in (package, other):
        road.hands.ship(road.items(each), "77")
        invoice(road, each)
    road.hands.invoice(road.items(package), "F2", date="02.03.2026")
    report = await road.tell()
    assert (other["status"], package["status"]) == (4, 2)
    assert (report.counts["sent"], report.counts["failed"], report.errors["order_update_refused"]) == (1, 1, 1)
    assert f'Fashfed refused the update of package {package["number"]}: {{"invoice_date"' in caplog.text
    assert "Datetime has wrong format" in caplog.text
    assert road.hub.actions.get("order", road.order(package)["pk"]).status == "error"
    assert (await road.tell()).counts["read"] == 0, "it rests"
    road.hands.invoice(road.items(package), "F2", date="2026-03-02T12:00:00Z")
    await road.tell()
    assert package["status"] == 4


async def test_one_refused_package_of_a_split_order_keeps_nothing_from_its_sisters(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    part = await road.split(package, f"{package['number']}-2")
    first, second = road.items(package)
    road.hands.ship([first], "77")
    road.hands.ship([second], "78")
    road.hub.touch("orderitem", second, tracking_number="7" * 256)
    road.hub.touch("orderitem", first, tracking_number="8" * 256)
    report = await road.tell()
    assert len(bodies(road, package)) == len(bodies(road, part)) == 1
    assert report.errors["order_update_refused"] == 1
    road.hub.touch("orderitem", second, tracking_number="78")
    road.hub.touch("order", road.order(package))
    report = await road.tell()
    assert (package["status"], part["status"]) == (2, 4)
    (entry, *_) = [row for row in await road.kit.store().log_entries(CHANNEL, "send_update_orders", 10) if row.code]
    assert f"(package {package['number']})" not in entry.message, "the order's own package is named once"


async def test_the_refused_package_of_a_split_order_is_named(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two))
    part = await road.split(package, f"{package['number']}-2")
    road.hub.touch("orderitem", road.items(package)[1], tracking_number="7" * 256)
    road.hub.touch("order", road.order(package))
    await road.tell()
    (entry,) = [row for row in await road.kit.store().log_entries(CHANNEL, "send_update_orders", 10) if row.code]
    assert f"(package {part['number']})" in entry.message


async def test_a_package_that_fashfed_does_not_know_is_named(road: Road) -> None:
    package, other = await road.sold(), await road.sold()
    for each in (package, other):
        road.hands.ship(road.items(each), "77")
    road.market.packages.remove(package)
    report = await road.tell()
    assert other["status"] == 4
    assert report.errors["package_unknown"] == 1
    (entry,) = [row for row in await road.kit.store().log_entries(CHANNEL, "send_update_orders", 10) if row.code]
    number = road.order(package)["number"]
    assert entry.message == f"Fashfed does not show package {package['number']} of order {number}"


async def test_an_order_that_cannot_be_asked_for_comes_again_and_is_blamed_when_that_goes_on(road: Road) -> None:
    package, *others = [await road.sold() for _ in range(4)]
    pk = str(road.order(package)["pk"])

    def spoil(request: Request) -> Response | None:
        asked = request.url.endswith("/order_items/") and dict(request.query).get("order") == pk
        return Response(502, {}, b"") if asked else None

    road.kit.wire.interceptors.append(spoil)
    for run in range(3):
        for each in (package, *others):
            road.hands.invoice(road.items(each), f"F{run}")
        report = await road.tell()
        assert [each["invoice_number"] for each in others] == [f"F{run}"] * 3
        assert report.errors["record_unreadable"] == (1 if run == 2 else 0)
        await road.kit.later(minutes=5)
    road.kit.wire.interceptors.clear()
    invoice(road, package)
    await road.tell()
    assert package["invoice_number"] == "F1"


async def test_when_no_order_can_be_asked_for_the_run_fails_and_the_next_one_sends_them(road: Road) -> None:
    package = await road.sold()
    road.hands.ship(road.items(package), "77")
    road.kit.sandbox.faults.add("error", path="/api/i2/packages/")
    with pytest.raises(RemoteUnavailable):
        await road.tell()
    assert bodies(road, package) == []
    road.kit.sandbox.faults.clear()
    await road.kit.later(minutes=5)
    await road.tell()
    assert package["status"] == 4
    assert {batch["status"] for batch in road.hub.batches.rows.values()} <= {"done", "fail"}


async def test_an_outage_is_no_fault_of_the_order_it_hits(road: Road) -> None:
    package, same = await road.sold(), await road.sold()
    road.hub.touch("order", road.order(same), is_send=True)
    await road.tell()
    road.hub.touch("order", road.order(same))
    road.hands.ship(road.items(package), "77")
    road.kit.sandbox.faults.add("throttle", path="/api/i2/packages/", seconds=600)
    for _ in range(4):
        with pytest.raises(RateLimited):
            await road.tell()
        await road.kit.later(minutes=15)
    road.kit.sandbox.faults.clear()
    await road.tell()
    assert package["status"] == 4


# --- dry run ----------------------------------------------------------------------------------------------------------


async def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(road: Road) -> None:
    package, same, gone = [await road.sold() for _ in range(3)]
    for each in (package, same, gone):
        road.hands.ship(road.items(each), "77")
    invoice(road, package)
    road.market.move(same, 4, tracking_number="77", tracking_url="https://cargo.example.com/t/77")
    road.market.packages.change(same, shipped_date="2026-03-02T08:00:00Z")
    road.market.packages.remove(gone)
    road.kit.wire.requests.clear()
    report = await road.tell(dry_run=True, run_id="dry")
    assert {request.method for request in road.kit.wire.requests} == {"GET"}
    found = {row.key: row for row in await road.kit.store().findings(CHANNEL, "send_update_orders", run_id="dry")}
    assert [found[each["number"]].verdict for each in (package, same, gone)] == ["send", "unchanged", "refuse"]
    planned = found[package["number"]]
    assert planned.text.startswith(f"{package['number']}: ")
    fields = set(planned.text.partition(": ")[2].split(", "))
    assert fields == {*SHIPPING, "status", "invoice_number", "invoice_date", "e_archive_url"}
    assert '"status": 4' in planned.value
    assert "earsiv" not in planned.value
    assert (report.counts["sent"], report.counts["unchanged"], report.counts["failed"]) == (1, 1, 1)
    assert not await road.kit.store().sent(CHANNEL, "order", [same["number"]])
    await road.tell()
    assert set(bodies(road, package)[0]) == fields
    assert bodies(road, same) == []
