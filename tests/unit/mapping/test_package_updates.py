"""What a package of Fashfed is told of its items in Omnitron (spec sections 2, 9; reference/flows.md section 4.10)."""

import json
from typing import Any

import pytest

from include.clients.fashfed.schemas import Package
from include.clients.omnitron.schemas import Order, OrderItem
from include.mapping.package_updates import PackageUpdate, difference, package_updates, updates_value
from include.settings import WaybillOption

OFF, ON = WaybillOption(), WaybillOption(enabled=True, default="999")
SHIPPED_AT = "2026-03-02T15:30:00.123456Z"


def order(**facts: Any) -> Order:
    return Order.model_validate({"pk": 7, "number": "FD-42-31", "modified_date": SHIPPED_AT} | facts)


def item(status: str | None, pk: int = 1, **facts: Any) -> OrderItem:
    row = {"pk": pk, "order": 7, "product": 5, "status": status, "modified_date": SHIPPED_AT}
    return OrderItem.model_validate(row | facts)


def told(*items: OrderItem, send_shipping_info: bool = False, waybill: WaybillOption = OFF, **facts: Any) -> Any:
    """The fields of an order that is one package; None when it is told nothing."""
    updates = package_updates(order(**facts), {"31": items}, send_shipping_info=send_shipping_info, waybill=waybill)
    return dict(updates[0].fields) if updates else None


def shown(**facts: Any) -> Package:
    return Package.model_validate({"number": "31", "order_number": "42", "status": 2} | facts)


def missing(fields: dict[str, Any], shipped_by: str | None = None, **facts: Any) -> dict[str, Any]:
    return difference(PackageUpdate("31", fields, shipped_by), shown(**facts))


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["400"], 2),
        (["450"], 2),
        (["500"], 4),
        (["510"], 4),
        (["520"], 4),
        (["540"], 4),
        (["550"], 5),
        (["500", "450"], 2),
        (["550", "500"], 4),
        (["100", "550"], 5),
        (["50", "500"], 4),
        (["600", "550"], 5),
    ],
)
def test_the_status_is_the_lowest_of_what_was_neither_cancelled_nor_sent_back(statuses: list[str], status: int) -> None:
    assert told(*(item(each, pk) for pk, each in enumerate(statuses))) == {"status": status}


@pytest.mark.parametrize("status", ["200", "300", "350", "544", "546", "999", "waiting", "", None])
def test_a_status_that_says_nothing_to_the_market_is_not_sent_and_holds_the_others_back(status: str | None) -> None:
    assert told(item(status)) is None
    assert told(item("500"), item(status, 2)) is None
    assert told(item(status), invoice_number="F1") == {"invoice_number": "F1"}


def test_of_an_order_that_was_sent_back_as_a_whole_only_the_invoice_is_told() -> None:
    assert told(item("600"), item("600", 2), invoice_number="F1") == {"invoice_number": "F1"}


@pytest.mark.parametrize("statuses", [["100"], ["50"], ["100", "50"], []])
def test_a_package_that_was_cancelled_as_a_whole_is_told_nothing(statuses: list[str]) -> None:
    items = [item(status, pk, invoice_number="F1") for pk, status in enumerate(statuses)]
    assert told(*items, send_shipping_info=True, waybill=ON, invoice_number="F1") is None


def test_the_invoice_is_told_whoever_ships_from_the_order_or_from_its_items() -> None:
    invoice = {"invoice_number": "F1", "invoice_date": "2026-03-02T12:00:00Z", "e_archive_url": "https://x/F1.pdf"}
    on_order = {**invoice, "invoice_date": "2026-03-02T15:00:00.000001+03:00"}
    assert told(item("400"), **on_order) == {"status": 2, **invoice}
    assert told(item("400", **on_order)) == {"status": 2, **invoice}
    assert told(item("400", **on_order), invoice_number="F2", e_archive_url="https://x/F2.pdf") == {
        "status": 2,
        **invoice,
    }


def test_the_invoice_of_a_cancelled_item_is_not_told() -> None:
    assert told(item("100", invoice_number="F1"), item("500", 2, invoice_number="F2")) == {
        "status": 4,
        "invoice_number": "F2",
    }


@pytest.mark.parametrize(
    ("date", "sent"),
    [
        ("2026-03-02", "2026-03-02T00:00:00Z"),
        ("2026-03-02T12:00:00", "2026-03-02T12:00:00Z"),
        ("02.03.2026", "02.03.2026"),
        ("0001-01-01T00:00:00+03:00", "0001-01-01T00:00:00+03:00"),
    ],
)
def test_a_date_without_a_zone_is_utc_and_one_that_cannot_be_read_goes_as_it_is(date: str, sent: str) -> None:
    assert told(item("400"), invoice_date=date)["invoice_date"] == sent


def test_tracking_is_told_only_when_the_brand_ships() -> None:
    tracking = {"tracking_number": "77", "tracking_url": "https://cargo/77", "shipped_date": "2026-03-02T10:00:00Z"}
    shipped = item("500", **tracking)
    assert told(shipped) == {"status": 4}
    assert told(shipped, send_shipping_info=True) == {"status": 4, **tracking}


def test_the_orders_own_tracking_number_will_do_only_while_it_is_one_package() -> None:
    one = package_updates(order(tracking_number="77"), {"31": [item("500")]}, send_shipping_info=True, waybill=OFF)
    assert one[0].fields["tracking_number"] == "77"
    two = package_updates(
        order(tracking_number="77"),
        {"31": [item("500")], "32": [item("500", 2, tracking_number="78")]},
        send_shipping_info=True,
        waybill=OFF,
    )
    assert [update.fields.get("tracking_number") for update in two] == [None, "78"]


def test_each_package_of_a_split_order_is_judged_by_its_own_items() -> None:
    updates = package_updates(
        order(invoice_number="F1"),
        {"32": [item("450", 3)], "31": [item("500"), item("100", 2)], "33": [item("100", 4)]},
        send_shipping_info=False,
        waybill=ON,
    )
    assert [(update.number, dict(update.fields)) for update in updates] == [
        ("31", {"status": 4, "invoice_number": "F1", "waybill_number": "F1"}),
        ("32", {"status": 2, "invoice_number": "F1"}),
    ]


@pytest.mark.parametrize(
    ("status", "invoice", "option", "waybill"),
    [
        ("500", "F1", ON, "F1"),
        ("550", "F1", ON, "F1"),
        ("500", None, ON, "999"),
        ("550", "", ON, "999"),
        ("500", None, WaybillOption(enabled=True), None),
        ("500", "F1", WaybillOption(enabled=True), "F1"),
        ("400", "F1", ON, None),
        ("350", "F1", ON, None),
        ("600", "F1", ON, None),
        ("500", "F1", WaybillOption(enabled=False, default="999"), None),
    ],
)
@pytest.mark.parametrize("send_shipping_info", [True, False])
def test_the_waybill_number_is_the_invoice_else_the_default_of_what_is_shipped_or_delivered(
    status: str, invoice: str | None, option: WaybillOption, waybill: str | None, send_shipping_info: bool
) -> None:
    fields = told(item(status), send_shipping_info=send_shipping_info, waybill=option, invoice_number=invoice) or {}
    assert fields.get("waybill_number") == waybill


def test_when_the_hub_tells_no_shipping_date_it_is_the_version_of_the_item_that_became_shipped_last() -> None:
    items = [item("500"), item("510", 2, modified_date="2026-03-02T16:00:00.5Z"), item("100", 3, modified_date="2027")]
    (update,) = package_updates(order(), {"31": items}, send_shipping_info=True, waybill=OFF)
    assert (update.shipped_by, "shipped_date" in update.fields) == ("2026-03-02T16:00:00Z", False)
    assert missing({"status": 4}, update.shipped_by) == {"status": 4, "shipped_date": "2026-03-02T16:00:00Z"}


def test_a_shipping_date_is_inferred_only_for_a_shipped_package_that_has_none() -> None:
    for status, by_brand in (("450", True), ("550", True), ("500", False)):
        (update,) = package_updates(order(), {"31": [item(status)]}, send_shipping_info=by_brand, waybill=OFF)
        assert update.shipped_by is None
    assert missing({"status": 4}, SHIPPED_AT, status=4, shipped_date="2026-03-01T00:00:00Z") == {}
    assert missing({"shipped_date": "A"}, SHIPPED_AT) == {"shipped_date": "A"}


@pytest.mark.parametrize(
    ("there", "ours", "sent"),
    [
        (2, 4, True),
        (3, 4, True),
        (2, 5, True),
        (4, 5, True),
        (4, 4, False),
        (5, 4, False),
        (3, 2, False),
        (9, 4, False),
    ],
)
def test_a_status_is_sent_only_forward_and_what_else_is_missing_goes_without_it(
    there: int, ours: int, sent: bool
) -> None:
    rest = {"invoice_number": "F1"}
    assert missing({"status": ours, **rest}, status=there) == ({"status": ours, **rest} if sent else rest)


@pytest.mark.parametrize("over", [1, 6])
def test_a_package_that_is_cancelled_or_was_not_delivered_lacks_nothing(over: int) -> None:
    assert missing({"status": 4, "invoice_number": "F1"}, SHIPPED_AT, status=over) == {}


def test_what_the_package_shows_already_is_not_sent_again() -> None:
    fields = {"status": 4, "invoice_number": "F1", "invoice_date": "2026-03-02T12:00:00Z", "waybill_number": "F1"}
    there = {"status": 4, "invoice_number": "F1", "invoice_date": "2026-03-02T12:00:00.000Z", "waybill_number": "999"}
    assert missing(fields, **there) == {"waybill_number": "F1"}
    assert missing(fields, **{**there, "waybill_number": "F1"}) == {}


def test_equal_updates_are_equal_texts_and_the_link_to_the_invoice_cannot_be_read_from_them() -> None:
    fields = {"status": 4, "e_archive_url": "https://earsiv.example.com/secret.pdf"}
    one, two = PackageUpdate("31", fields, "A"), PackageUpdate("31", dict(reversed(fields.items())), "B")
    assert updates_value([one]) == updates_value([two])
    assert "secret" not in updates_value([one])
    assert json.loads(updates_value([one]))["31"]["status"] == 4
    other = PackageUpdate("31", {**fields, "e_archive_url": "https://earsiv.example.com/other.pdf"})
    assert updates_value([other]) != updates_value([one])
