"""Customers, addresses, locations and orders in the hub (api/omnitron.md sections 7 and 8)."""

import re
from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, batch_object, commit, move_batch


async def _customer(hub: Caller, email: str = "ada@example.com", **facts: Any) -> int:
    body = {"channel": 137, "email": email, "channel_code": email, "first_name": "Ada", **facts}
    status, data = await hub.post("customers/", body)
    assert status == 201, data
    return int(data["pk"])


def _address(customer: int, sandbox: Sandbox, **facts: Any) -> dict[str, Any]:
    city = next(row for row in sandbox.omnitron.cities.rows.values() if row["name"] == "İstanbul")
    township = next(row for row in sandbox.omnitron.townships.find("city", city["pk"]) if row["name"] == "Kadıköy")
    return {
        "customer": customer, "country": 1, "city": city["pk"], "township": township["pk"], "district": None,
        "first_name": "Ada", "last_name": "Kaya", "phone_number": "+905320000001", "line": "Gül Sok. 5", **facts,
    }  # fmt: skip


async def _order_body(hub: Caller, sandbox: Sandbox, number: str = "FD-1-2", **facts: Any) -> dict[str, Any]:
    customer = await _customer(hub)
    _, address = await hub.post("addresses/", _address(customer, sandbox))
    order = {
        "number": number, "channel": 137, "customer": customer, "shipping_address": address["pk"],
        "billing_address": address["pk"], "currency": "try", "amount": "179.80", "status": "400",
        "extra_field": {"id": "3100000000000017"}, **facts,
    }  # fmt: skip
    item = {"product": 1, "price": "89.90", "price_currency": "try", "tax_rate": "10.00", "extra_field": {"id": "a-1"}}
    return {"order": order, "order_item": [item, item]}


async def test_an_order_is_created_without_its_items_in_the_answer(hub: Caller, sandbox: Sandbox) -> None:
    status, order = await hub.post("create_orders/", await _order_body(hub, sandbox))
    assert (status, "order_item" in order, "items" in order) == (201, False, False)
    items = await hub.rows("order_items/", order=order["pk"], sort="id")
    assert [item["extra_field"]["id"] for item in items] == ["a-1", "a-1"]
    assert [row["pk"] for row in await hub.rows("orders/", number="FD-1-2", channel_id=137)] == [order["pk"]]


async def test_the_order_number_is_unique_and_nothing_is_created_twice(hub: Caller, sandbox: Sandbox) -> None:
    body = await _order_body(hub, sandbox)
    await hub.post("create_orders/", body)
    status, data = await hub.post("create_orders/", body)
    assert (status, list(data)) == (400, ["non_field_errors"])
    assert (len(sandbox.omnitron.orders), len(sandbox.omnitron.order_items)) == (1, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer", 999), ("shipping_address", 999), ("billing_address", None), ("currency", "TRY"),
        ("amount", "12.345"), ("amount", "much"), ("number", "x" * 129), ("number", ""), ("notes", "x" * 321),
        ("tracking_number", "x" * 257), ("cargo_company", 99), ("status", "approved"), ("channel", 1),
    ],
)  # fmt: skip
async def test_a_wrong_order_field_is_named_and_nothing_is_created(
    hub: Caller, sandbox: Sandbox, field: str, value: object
) -> None:
    status, data = await hub.post("create_orders/", await _order_body(hub, sandbox, **{field: value}))
    assert (status, list(data)) == (400, [field])
    assert not sandbox.omnitron.orders.rows


async def test_an_unknown_product_refuses_the_order_and_names_the_line(hub: Caller, sandbox: Sandbox) -> None:
    body = await _order_body(hub, sandbox)
    body["order_item"][1] = {**body["order_item"][1], "product": 12345}
    status, data = await hub.post("create_orders/", body)
    assert status == 400
    assert data["order_item"][0] == {}
    assert "12345" in data["order_item"][1]["product"][0]


async def test_an_order_takes_its_units_from_the_sellable_stock(hub: Caller, sandbox: Sandbox) -> None:
    row = sandbox.omnitron.stocks.find("product", 1)[0]
    sandbox.omnitron.touch("productstock", row, stock=10)
    await hub.post("create_orders/", await _order_body(hub, sandbox))
    assert (row["stock"], row["sold_quantity_unreported"]) == (8, 2)


async def test_a_linked_order_is_an_update_after_its_items_change(hub: Caller, sandbox: Sandbox) -> None:
    _, order = await hub.post("create_orders/", await _order_body(hub, sandbox))
    item = (await hub.rows("order_items/", order=order["pk"]))[0]
    (order,) = await hub.rows("orders/", number="FD-1-2")
    objects = [batch_object(order, "order", remote_id="31"), batch_object(item, "orderitem", remote_id="31-1")]
    pk = await commit(hub, objects, "order")
    await move_batch(hub, pk, "done", objects=objects)
    assert await hub.rows("orders/updates/") == []
    await hub.patch(f"order_items/{item['pk']}/", {"status": "450", "tracking_number": "77"})
    assert [row["number"] for row in await hub.rows("orders/updates/")] == ["FD-1-2"]
    found = await hub.rows("integration_actions/", content_type_name="orderitem", remote_id__exact="31-1")
    assert [action["object_id"] for action in found] == [item["pk"]]


async def test_customers_are_unique_by_mail_and_by_channel_code(hub: Caller) -> None:
    await _customer(hub)
    body = {"channel": 137, "email": "ada@example.com", "channel_code": "another"}
    assert list((await hub.post("customers/", body))[1]) == ["non_field_errors"]
    body = {"channel": 137, "email": "another@example.com", "channel_code": "ada@example.com"}
    assert list((await hub.post("customers/", body))[1]) == ["channel_code"]
    (found,) = await hub.rows("customers/", email="ada@example.com", channel=137)
    status, changed = await hub.patch(f"customers/{found['pk']}/", {"first_name": "Işıl"})
    assert (status, changed["first_name"]) == (200, "Işıl")


async def test_the_same_address_twice_is_answered_with_its_hash(hub: Caller, sandbox: Sandbox) -> None:
    body = _address(await _customer(hub), sandbox)
    _, first = await hub.post("addresses/", body)
    status, data = await hub.post("addresses/", body)
    (message,) = data["non_field_errors"]
    match = re.match(r"hash_data:([0-9a-f]{32}) ", message)
    assert status == 400
    assert match
    assert [row["pk"] for row in await hub.rows("addresses/", hash_data=match[1])] == [first["pk"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("line", "x" * 256), ("tax_no", "1" * 21), ("postcode", "1" * 65), ("phone_number", ""), ("first_name", None),
        ("township", 1), ("city", 9999), ("email", "no mail"), ("notes", "x" * 513), ("identity_number", "1" * 65),
    ],
)  # fmt: skip
async def test_a_wrong_address_field_is_named(hub: Caller, sandbox: Sandbox, field: str, value: object) -> None:
    body = _address(await _customer(hub), sandbox, **{field: value})
    status, data = await hub.post("addresses/", body)
    assert (status, list(data)) == (400, [field])


async def test_each_location_level_is_found_by_name_inside_its_parents(hub: Caller) -> None:
    assert await hub.rows("countries/", code__exact="TR") == []
    (country,) = await hub.rows("countries/", code__exact="tr", is_active="True")
    (city,) = await hub.rows("cities/", name__iexact="İzmir", country=country["pk"])
    (township,) = await hub.rows("townships/", name__iexact="KONAK", country=country["pk"], city=city["pk"])
    inside = {"country": country["pk"], "city": city["pk"], "township": township["pk"], "is_active": "true"}
    (district,) = await hub.rows("districts/", name__exact="Alsancak", **inside)
    assert district["township"] == township["pk"]


async def test_a_dotless_capital_does_not_find_a_dotted_one(hub: Caller) -> None:
    assert await hub.rows("cities/", name__iexact="ISTANBUL") == []
    assert len(await hub.rows("cities/", name__iexact="ISPARTA")) == 1
    assert len(await hub.rows("cities/", name__iexact="ısparta")) == 1


async def test_the_same_township_name_lies_in_many_cities(hub: Caller) -> None:
    assert len(await hub.rows("townships/", name__iexact="Merkez", limit=100)) > 20
    assert len(await hub.rows("townships/", name__iexact="Merkez", city=81)) == 1


@pytest.mark.parametrize("code", ["Eyüp", "137_Eyüp"])
async def test_a_mapped_text_is_found_by_its_code_and_type(hub: Caller, code: str) -> None:
    query = {"mapping__code__exact": code, "mapping__integration_type": "sales_channel"}
    assert [row["name"] for row in await hub.rows("townships/", **query)] == ["Eyüpsultan"]
    assert await hub.rows("townships/", **{**query, "mapping__integration_type": "web"}) == []


async def test_an_address_error_report_needs_the_parents_of_its_level(hub: Caller, sandbox: Sandbox) -> None:
    body = {
        "remote_code": "Yalıhüyük", "country_code": "tr", "integration_type": "sales_channel",
        "err_code": "integrations_200_10_1", "err_desc": "Address is not valid.",
    }  # fmt: skip
    status, data = await hub.post("error_reports/township/", body)
    assert (status, sorted(data)) == (400, ["city_id", "country_id"])
    assert await hub.post("error_reports/township/", {**body, "country_id": 1, "city_id": 42}) == (201, None)
    assert [row["remote_code"] for row in sandbox.omnitron.location_reports] == ["Yalıhüyük"]


async def test_a_cancel_waits_for_erp_and_then_makes_a_plan(hub: Caller, sandbox: Sandbox) -> None:
    _, order = await hub.post("create_orders/", await _order_body(hub, sandbox))
    item = (await hub.rows("order_items/", order=order["pk"]))[0]
    body = {"order": order["pk"], "cancel_items": [item["pk"]], "reasons": {str(item["pk"]): 4}}
    status, data = await hub.post(f"orders/{order['pk']}/cancel/", body)
    assert (status, data["non_field_errors"]) == (406, "Unreported order of ERP can not be canceled")
    await hub.patch(f"orders/{order['pk']}/", {"is_send": True})
    assert (await hub.post(f"orders/{order['pk']}/cancel/", body))[0] == 200
    assert (await hub.get(f"order_items/{item['pk']}/"))[1]["status"] == "50"
    assert len(await hub.rows("cancellation_plans/inserts_or_updates/", plan_type="cancel")) == 1
