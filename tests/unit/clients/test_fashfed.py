from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from pydantic import ValidationError

from include.clients.fashfed.adapter import on_the_wire
from include.clients.fashfed.client import FashfedClient
from include.clients.fashfed.schemas import Package
from include.clients.transport import Response
from include.errors import AnswerLost, Refused, RemoteUnavailable
from tests.unit.clients.fakes import BROKEN_CONNECTION, World, answer, page

BASE = "https://fashfed.example"


def market(*steps, base: str = BASE) -> tuple[FashfedClient, World]:
    world = World(*steps, name="Fashfed", base=base)
    return FashfedClient(world.session), world


def package(number: str = "31", **fields: object) -> dict[str, object]:
    return {"number": number, "order_number": "42", "status": 2, **fields}


def sent(world: World) -> list[tuple[str, str]]:
    return [(request.method, request.url.removeprefix(BASE)) for request in world.transport.requests]


async def read(client: FashfedClient, **filters: object) -> tuple[list[Package], list[str | None]]:
    pages = [one async for one in client.packages(**filters)]
    return [row for one in pages for row in one.rows], [bad.key for one in pages for bad in one.bad]


# --- packages ---


@pytest.mark.parametrize("base", [BASE, BASE + "/", BASE + "/api", BASE + "/api/"])
async def test_the_base_url_may_end_with_api_or_not(base):
    client, world = market(page([]), base=base)
    await read(client)
    assert sent(world) == [("GET", "/api/i2/packages/")]


async def test_packages_are_asked_for_by_status_and_a_closed_span_of_time():
    client, world = market(page([package()]))
    istanbul = timezone(timedelta(hours=3))
    await read(
        client,
        status=2,
        updated_from=datetime(2026, 3, 2, 13, 0, 0, 900_000, tzinfo=istanbul),
        updated_to=datetime(2026, 3, 2, 11, 0, 0, 100_000, tzinfo=UTC),
    )
    assert dict(world.transport.requests[0].query) == {
        "status": "2",
        "updated_at__gte": "2026-03-02T10:00:00Z",
        "updated_at__lte": "2026-03-02T11:00:01Z",
        "page": "1",
        "limit": "100",
    }


async def test_a_package_that_cannot_be_read_costs_only_itself():
    client, _ = market(page([package("1"), {"number": "2", "status": []}, package("3"), None]))
    good, bad = await read(client)
    assert [one.number for one in good] == ["1", "3"]
    assert bad == ["2", None]


def test_a_traceback_of_a_package_that_cannot_be_read_shows_no_personal_data():
    with pytest.raises(ValidationError) as caught:
        Package.model_validate(package(status="broken", shipping_address={"first_name": ["Ada"]}))
    assert "Ada" not in str(caught.value)
    assert "status" in str(caught.value)


async def test_numbers_stay_text_and_unknown_things_are_kept():
    row = package(
        31,
        status=99,
        shipping_address={"first_name": "Ada", "city": "İstanbul", "floor": 3},
        billing_address={},
        carrier_hint="x",
    )
    client, _ = market(page([row]))
    one = (await read(client))[0][0]
    assert (one.number, one.status, one.billing_address) == ("31", 99, None)
    assert one.shipping_address.city == "İstanbul"
    assert one.model_dump(mode="json")["carrier_hint"] == "x"


@pytest.mark.parametrize("name", ["shipped_date", "shipment_date"])
async def test_both_spellings_of_the_shipping_date_are_read(name):
    client, _ = market(page([package(**{name: "2026-03-02T10:00:00.123Z"})]))
    assert (await read(client))[0][0].shipped_date == datetime(2026, 3, 2, 10, 0, 0, 123_000, tzinfo=UTC)


async def test_a_time_without_a_zone_is_utc():
    client, _ = market(page([package(updated_at="2026-03-02T10:00:00")]))
    assert (await read(client))[0][0].updated_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


async def test_a_stored_package_reads_back_as_it_was():
    client, _ = market(page([package(shipment_date="2026-03-02T10:00:00Z", shipping_address={"line": "x"}, new=1)]))
    one = (await read(client))[0][0]
    assert Package.model_validate(one.model_dump(mode="json")) == one


async def test_a_package_is_found_by_its_number():
    client, world = market(page([package("310"), package("31")]))
    assert (await client.package("31")).number == "31"
    assert await client.package("3") is None
    assert dict(world.transport.requests[0].query)["number"] == "31"


async def test_all_items_of_a_package_are_read():
    first = [{"number": f"31-{line}", "product": "LSD", "price": 899.9} for line in range(100)]
    last = [{"number": "31-100", "product": "LSD", "quantity": 2, "price": "10.10", "discount_amount": None}]
    client, world = market(page(first, more=True, count=101), page(last, count=101))
    items = (await client.package_items("31")).rows
    assert len(items) == 101
    assert (items[0].price, items[0].quantity) == (Decimal("899.9"), 1)
    assert (items[100].price, items[100].quantity) == (Decimal("10.10"), 2)
    assert sent(world)[0] == ("GET", "/api/i2/packages/31/items/")


@pytest.mark.parametrize("number", ["", ".", ".."])
async def test_an_id_that_would_lead_elsewhere_is_not_sent(number):
    client, world = market(page([]))
    with pytest.raises(ValueError):
        await client.package_items(number)
    assert world.session.requests == 0


async def test_an_id_stays_one_part_of_the_path():
    client, world = market(page([]))
    await client.package_items("31/../../claims?x=1")
    assert sent(world) == [("GET", "/api/i2/packages/31%2F..%2F..%2Fclaims%3Fx%3D1/items/")]


async def test_an_order_tells_its_shipping_amount_and_its_packages():
    client, _ = market(
        answer({"number": "42", "shipping_amount": 39.9, "packages": [{"number": 31}, {"number": "32"}]})
    )
    order = await client.order("42")
    assert order.shipping_amount == Decimal("39.9")
    assert [one.number for one in order.packages] == ["31", "32"]


async def test_a_package_update_leaves_out_what_is_not_known():
    client, world = market(answer(package(status=4)))
    await client.update_package(
        "31", {"status": 4, "tracking_url": None, "shipped_date": datetime(2026, 3, 2, 15, 30, 0, 5, tzinfo=UTC)}
    )
    assert world.transport.bodies() == [{"status": 4, "shipped_date": "2026-03-02T15:30:00Z"}]


async def test_splits_cancels_and_decisions_are_never_repeated_blindly():
    for call in (
        lambda one: one.split("31", [[{"number": "31-2"}]]),
        lambda one: one.cancel("31", [{"number": "31-1", "reason": "r"}]),
        lambda one: one.approve("c"),
        lambda one: one.reject("c", "Damaged"),
    ):
        client, world = market(BROKEN_CONNECTION)
        with pytest.raises(AnswerLost):
            await call(client)
        assert world.session.requests == 1


# --- labels ---


async def test_a_label_is_a_pdf():
    client, _ = market(Response(200, {"content-type": "application/pdf"}, b"%PDF-1.4 ..."))
    assert (await client.label("31")).startswith(b"%PDF")


@pytest.mark.parametrize("body", [b"<html>", b"", b"%PDF" + b"x" * 6 * 2**20])
async def test_something_else_or_too_big_a_file_is_no_label(body):
    client, _ = market(Response(200, {}, body))
    with pytest.raises(RemoteUnavailable) as caught:
        await client.label("31")
    assert "PDF label" in str(caught.value)


async def test_a_label_that_is_not_there_is_a_refusal():
    client, _ = market(answer({"detail": "Not found."}, 404))
    with pytest.raises(Refused):
        await client.label("31")


# --- bulk work ---

TICKET = {"id": "0f3b", "kind": "stock", "status": "waiting", "items": []}


async def test_stocks_are_absolute_and_may_be_sent_twice():
    client, world = market(BROKEN_CONNECTION, answer(TICKET, 202))
    ticket = await client.send_stocks([{"sku": "LSD-100-M", "stock": 7}])
    assert (ticket.id, ticket.status) == ("0f3b", "waiting")
    assert sent(world) == [("POST", "/api/i2/offers/stocks/")] * 2
    assert world.transport.bodies()[0] == {"items": [{"sku": "LSD-100-M", "stock": 7}]}


async def test_money_goes_out_as_a_number_with_two_places():
    client, world = market(answer(TICKET, 202))
    await client.send_prices([{"sku": "a", "price": Decimal("899.905"), "retail_price": None, "currency": "TRY"}])
    assert world.transport.bodies() == [{"items": [{"sku": "a", "price": 899.91, "currency": "TRY"}]}]


@pytest.mark.parametrize("count", [0, 51])
async def test_a_bulk_call_carries_one_to_fifty_items(count):
    client, world = market(answer(TICKET, 202))
    with pytest.raises(ValueError):
        await client.send_stocks([{"sku": str(number), "stock": 1} for number in range(count)])
    assert world.session.requests == 0


async def test_a_batch_tells_the_outcome_of_each_sku():
    items = [{"sku": "a", "status": "success", "errors": {}}, {"sku": "b", "status": "odd", "errors": {"sku": ["?"]}}]
    client, world = market(answer({**TICKET, "status": "completed", "items": items}))
    batch = await client.batch("0f3b")
    assert [(one.sku, one.status, one.errors) for one in batch.items] == [
        ("a", "success", {}),
        ("b", "odd", {"sku": ["?"]}),
    ]
    assert sent(world) == [("GET", "/api/i2/batches/0f3b/")]


async def test_a_batch_that_the_market_forgot_is_a_refusal_with_404():
    client, _ = market(answer({"detail": "Not found."}, 404))
    with pytest.raises(Refused) as caught:
        await client.batch("0f3b")
    assert caught.value.status == 404


async def test_a_batch_without_items_has_none():
    client, _ = market(answer({"id": "x", "status": "processing", "items": None}))
    assert (await client.batch("x")).items == []


def test_a_time_without_a_zone_is_not_sent():
    with pytest.raises(ValueError):
        on_the_wire({"shipped_date": datetime(2026, 3, 2)})  # noqa: DTZ001 - the case in question


# --- the rest ---


@pytest.mark.parametrize("many", [True, False])
async def test_the_category_tree_is_one_root_or_several(many):
    root = {"id": "w", "name": "Kadın", "parent": None, "children": [{"id": "d", "name": "Elbise", "children": None}]}
    client, _ = market(answer([root] if many else root))
    roots = await client.categories()
    assert [(one.name, one.children[0].name) for one in roots] == [("Kadın", "Elbise")]


async def test_a_category_without_a_name_costs_only_its_own_subtree():
    broken = {"id": "x", "name": None, "children": [{"id": "y", "name": "Etek"}]}
    root = {"id": "w", "name": "Kadın", "children": [broken, {"id": "d", "name": "Elbise"}]}
    client, _ = market(answer([root]))
    [found] = await client.categories()
    assert [one.name for one in found.children] == ["Elbise"]


async def test_an_answer_that_is_no_tree_is_unreadable():
    client, _ = market(answer({"detail": "maintenance"}))
    with pytest.raises(RemoteUnavailable):
        await client.categories()


async def test_claims_are_asked_for_with_a_comma_list_of_statuses():
    row = {"id": "9a", "package_item": "31-1", "type": "refund", "status": "open", "reason": {"id": "r"}}
    client, world = market(page([row]))
    created = datetime(2026, 1, 1, tzinfo=UTC)
    pages = [one async for one in client.claims(kind="refund", statuses=["open", "waiting"], created_from=created)]
    assert pages[0].rows[0].reason.id == "r"
    asked = dict(world.transport.requests[0].query)
    assert (asked["type"], asked["status__in"]) == ("refund", "open,waiting")
    assert asked["created_at__gte"] == "2026-01-01T00:00:00Z"
    assert "updated_at__lte" not in asked


async def test_the_other_lists_are_read_page_by_page():
    client, world = market(page([{"id": "1", "sku": "a", "stock": 3, "label": "x", "value": "y"}]))
    assert [row.sku async for one in client.offers(skus=["a", "b"]) for row in one.rows] == ["a"]
    assert [row.sku async for one in client.products({"sku": "a"}) for row in one.rows] == ["a"]
    assert [row.sku async for one in client.search_products("dress") for row in one.rows] == ["a"]
    assert [one.id for one in await client.claim_reasons("cancel")] == ["1"]
    assert [path for _, path in sent(world)] == [
        "/api/i2/offers/",
        "/api/i2/products/",
        "/api/i2/products/search/",
        "/api/i2/claims/reasons/",
    ]


async def test_the_attributes_of_a_category_are_read():
    row = {"key": "SIZE", "name": "Size", "data_type": "hologram", "values": [{"label": "M", "value": 1}]}
    client, _ = market(answer([row]))
    attribute = (await client.category_attributes("c")).rows[0]
    assert (attribute.data_type, attribute.values[0].value, attribute.is_required) == ("hologram", "1", False)
