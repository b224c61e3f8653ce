"""The carrier Fashfed ships with is noted once at the order, and holds nothing back (spec section 2)."""

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from include.state.store import ClaimState
from tests.unit.flows.orders.road import DELIVERED, SHIPPED, Road
from tests.worldkit import Kit

ARAS, YURTICI = 1, 2
INFOS = "/order_shipping_infos/"


@pytest.fixture
def road(kit: Kit) -> Road:
    """A shop whose packages Fashfed ships; new orders get the cargo company of their carrier."""
    return Road(kit)


async def with_another_carrier(road: Road, slug: str = "aras") -> dict[str, object]:
    """A package that leaves with another carrier than the one its order was made with."""
    package = await road.sold(carrier="yurtici")
    return road.move(package, shipping_company=slug)


async def test_a_carrier_other_than_the_orders_is_noted_once(road: Road) -> None:
    package = await with_another_carrier(road)
    await road.take_over()
    order = road.order(package)
    assert road.kit.wire.bodies("POST", INFOS) == [
        {"order": order["pk"], "order_number": order["number"], "shipping_company": str(ARAS), "is_send": False}
    ]
    road.move(package, DELIVERED)
    await road.kit.later(days=1)
    await road.take_over()
    assert road.states(package) == [("550", "7700000001")]
    assert road.notes() == [(order["pk"], str(ARAS))]
    claim = await road.note_claim(package, ARAS)
    assert claim is not None
    assert claim.state is ClaimState.DONE


async def test_the_carrier_of_the_order_needs_no_note(road: Road) -> None:
    package = await road.sold(carrier="yurtici")
    road.move(package)
    await road.take_over()
    assert road.notes() == []
    assert await road.note_claim(package, YURTICI) is None


async def test_a_package_without_a_carrier_needs_no_note(road: Road) -> None:
    package = await with_another_carrier(road, "")
    report = await road.take_over()
    assert (road.notes(), dict(report.errors)) == ([], {})
    assert (await road.movement(package)).state == "done"


async def test_two_packages_of_one_order_with_two_carriers_get_a_note_each(road: Road) -> None:
    one, two = road.skus[:2]
    package = await road.sold(Line(one), Line(two), carrier="yurtici")
    part = await road.split(package, f"{package['number']}-2")
    road.move(package, shipping_company="aras")
    road.move(part, shipping_company="mng")
    await road.take_over()
    order = road.order(package)["pk"]
    assert sorted(road.notes()) == [(order, "1"), (order, "3")]


@pytest.mark.parametrize("mapping", [{"default": "3"}, {"default": "3", "aras": "99"}])
async def test_a_carrier_that_is_not_mapped_is_reported_and_the_status_goes_on(
    road: Road, mapping: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    package = await with_another_carrier(road)
    road.set(cargo_company_mapping=mapping)
    report = await road.take_over()
    assert road.states(package) == [("500", "7700000001")]
    assert (await road.movement(package)).state == "done"
    assert (report.errors["cargo_unmapped"], report.counts["updated"]) == (1, 1)
    assert "Cargo Company Mapping has no usable entry for aras [cargo_unmapped]" in caplog.text
    assert road.notes() == []
    told = [str(row) for row in road.hub.error_reports.rows.values()]
    assert any("Cargo Company Mapping has no usable entry for aras" in text for text in told)


@pytest.mark.parametrize("status", [400, 403, 406])
async def test_a_note_that_omnitron_refuses_is_reported_and_the_status_goes_on(road: Road, status: int) -> None:
    package = await with_another_carrier(road)

    def refuse(request: Request) -> Response | None:
        refused = request.url.endswith(INFOS)
        return Response(status, {}, b'{"detail": "No shipping info."}') if refused else None

    road.kit.wire.interceptors.append(refuse)
    report = await road.take_over()
    assert road.states(package) == [("500", "7700000001")]
    assert (await road.movement(package)).state == "done"
    assert (report.errors["carrier_refused"], report.counts["updated"]) == (1, 1)
    assert await road.note_claim(package, ARAS) is None
    road.kit.wire.interceptors.clear()
    road.move(package, DELIVERED)
    await road.kit.later(days=1)
    await road.take_over()
    assert len(road.notes()) == 1, "the delivery tries it once more"


@pytest.mark.parametrize("kind", ["reset_after", "timeout_before", "error"])
async def test_a_note_whose_answer_is_lost_is_not_sent_again_and_the_log_says_so(
    road: Road, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    package = await with_another_carrier(road)
    road.kit.sandbox.faults.add(kind, method="POST", path="*/order_shipping_infos/")
    await road.take_over()
    road.kit.sandbox.faults.clear()
    assert "is not known, and it is not tried again" in caplog.text
    assert (await road.movement(package)).state == "done"
    claim = await road.note_claim(package, ARAS)
    assert claim is not None
    assert claim.state is ClaimState.OPEN
    road.move(package, DELIVERED)
    await road.kit.later(days=1)
    await road.take_over()
    assert road.kit.wire.count("POST", INFOS) == 1
    assert (await road.movement(package, DELIVERED)).state == "done"


async def test_a_note_that_certainly_did_not_leave_is_sent_by_the_next_run(road: Road) -> None:
    package = await with_another_carrier(road)
    road.kit.sandbox.faults.add("throttle", method="POST", path="*/order_shipping_infos/", seconds=600)
    await road.try_to("get_updated_orders")
    assert road.states(package) == [("500", "7700000001")]
    assert (await road.movement(package, SHIPPED)).state == "new"
    assert await road.note_claim(package, ARAS) is None
    road.kit.sandbox.faults.clear()
    await road.kit.later(minutes=20)
    await road.take_over()
    assert len(road.notes()) == 1


async def test_an_order_that_cannot_be_read_leaves_its_package_to_the_next_run(road: Road) -> None:
    package, other = await with_another_carrier(road), await with_another_carrier(road)
    bad = str(road.order(package)["pk"])

    def spoil(request: Request) -> Response | None:
        asked = dict(request.query).get("pk__in", "").split(",")
        return Response(502, {}, b"") if request.url.endswith("/orders/") and bad in asked else None

    road.kit.wire.interceptors.append(spoil)
    await road.try_to("get_updated_orders")
    assert [road.states(each) for each in (package, other)] == [[("500", "7700000001")]] * 2
    assert road.notes() == [(road.order(other)["pk"], "1")]
    road.kit.wire.interceptors.clear()
    await road.kit.later(minutes=20)
    await road.take_over()
    assert len(road.notes()) == 2
