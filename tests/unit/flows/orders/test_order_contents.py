"""What an order in Omnitron holds, by the settings of the channel (spec section 2, reference/flows.md section 4.9)."""

from decimal import Decimal

import pytest

from include.sandbox.fashfed import Line
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL


async def test_a_package_in_preparing_becomes_an_approved_order_with_its_items(shop: Shop) -> None:
    one, two = shop.skus[:2]
    package = shop.buy(Line(one, price=89.9, discount=10), Line(two, price=40), shipping_amount=29.9)
    report = await shop.run()
    assert (report.counts["read"], report.counts["created"], report.errors) == (1, 1, {})
    order, items = shop.order(package), shop.items(package)
    assert {name: order[name] for name in ("number", "status", "channel", "currency", "extra_field")} == {
        "number": f"FD-{package['order_number']}-{package['number']}", "status": "400", "channel": 137,
        "currency": "try", "extra_field": {"id": package["number"], "order_number": package["order_number"]},
    }  # fmt: skip
    assert (order["amount"], order["shipping_amount"], order["discount_amount"]) == ("149.80", "29.90", "10.00")
    assert [(item["price"], item["discount_amount"], item["status"]) for item in items] == [
        ("89.90", "10.00", "400"),
        ("40.00", "0.00", "400"),
    ]
    assert [shop.hub.products.rows[item["product"]]["sku"] for item in items] == [one, two]
    assert {(item["price_list"], item["stock_list"]) for item in items} == {(1, 1)}


async def test_packages_in_other_states_are_not_imported(shop: Shop) -> None:
    for status in (1, 3, 4, 5, 6):
        shop.market.move(shop.buy(), status)
    report = await shop.run()
    assert (report.counts["read"], len(shop.hub.orders)) == (0, 0)


async def test_three_pieces_of_a_line_are_three_items_that_all_bear_the_line(shop: Shop) -> None:
    package = shop.buy(Line(shop.skus[0], 3, price=10, discount=1))
    await shop.run()
    items = shop.items(package)
    assert [item["discount_amount"] for item in items] == ["0.34", "0.33", "0.33"]
    assert {item["extra_field"]["id"] for item in items} == {f"{package['number']}-1"}
    assert shop.order(package)["amount"] == "68.90"


async def test_pieces_are_one_item_with_a_quantity_where_the_channel_names_the_attribute(shop: Shop) -> None:
    shop.set(order_item_quantity_key="adet")
    package = shop.buy(Line(shop.skus[0], 3, price=10, discount=1))
    await shop.run()
    assert [(item["price"], item["discount_amount"], item["attributes"]) for item in shop.items(package)] == [
        ("30.00", "1.00", {"adet": 3})
    ]


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("FD-{orderNumber}-{id}", "FD-{0}-{1}"),
        ("{id}", "{1}"),
        ("{orderNumber}/{id}/TR", "{0}/{1}/TR"),
        ("", "{0}-{1}"),
    ],
)
async def test_the_order_number_follows_its_format(shop: Shop, written: str, made: str) -> None:
    shop.set(order_number_format=written)
    package = shop.buy()
    await shop.run()
    assert shop.order(package)["number"] == made.format(package["order_number"], package["number"])


async def test_shipping_of_an_order_in_three_parcels_is_counted_once(shop: Shop) -> None:
    lines = [Line(sku, price=100, parcel=parcel) for parcel, sku in enumerate(shop.skus[:3])]
    packages = shop.buy_parcels(*lines, shipping_amount=49.9)
    await shop.run()
    orders = [shop.order(package) for package in packages]
    assert sorted(order["shipping_amount"] for order in orders) == ["0.00", "0.00", "49.90"]
    assert sum(Decimal(order["amount"]) for order in orders) == Decimal("349.90")


async def test_a_parcel_that_was_split_off_in_fashfeds_own_panel_becomes_no_second_order(shop: Shop) -> None:
    whole = shop.buy(Line(shop.skus[0], 2, price=100), shipping_amount=49.9)
    await shop.run()
    await shop.kit.later(minutes=5)
    line = shop.market.items.rows[f"{whole['number']}-1"]
    (part,) = shop.market.split(whole, [[(line, 1)]])
    await shop.run()
    assert not shop.orders(part)
    assert shop.order(whole)["shipping_amount"] == "49.90"
    row = await shop.inbox(part)
    assert (row.state, row.reason) == ("excluded", f"made by a split of package {whole['number']}")
    names = [shop.hub.actions.get("orderitem", item["pk"]).remote_id for item in shop.items(whole)]
    assert sorted(names) == [line["number"], f"{part['number']}-1"]


async def test_a_parcel_that_has_to_wait_does_not_keep_the_shipping_amount_from_its_sister(shop: Shop) -> None:
    lines = [Line("NO-SUCH-SKU", price=100), Line(shop.skus[0], price=100, parcel=1)]
    waits, goes = shop.buy_parcels(*lines, shipping_amount=49.9)
    await shop.run()
    assert not shop.orders(waits)
    assert shop.order(goes)["shipping_amount"] == "49.90"


@pytest.mark.parametrize("arrives", [False, True])
async def test_shipping_goes_over_to_a_sister_when_a_parcel_is_cancelled_before_it_has_an_order(
    shop: Shop, arrives: bool
) -> None:
    """And not when its order was made after all, and only the answer got lost."""
    await shop.run()
    await shop.kit.later(minutes=5)
    lines = [Line(sku, price=100, parcel=parcel) for parcel, sku in enumerate(shop.skus[:2])]
    parcels = shop.buy_parcels(*lines, shipping_amount=49.9)
    shop.kit.sandbox.faults.add("reset_after" if arrives else "timeout_before", path="*create_orders*")
    shop.kit.sandbox.faults.add("error", path="*/orders/", method="GET", remote="omnitron")
    await shop.try_run()
    shop.kit.sandbox.faults.clear()
    rights = await shop.kit.store().claims(CHANNEL, "shipping_amount", [parcels[0]["order_number"]])
    (line,) = shop.market.items.find("package", rights[parcels[0]["order_number"]].detail["package"])
    shop.market.cancel_item(line, by=1, reason=next(iter(shop.market.reasons.rows)))
    await shop.kit.later(minutes=5)
    await shop.run()
    await shop.kit.later(minutes=10)
    await shop.run()
    orders = [order for parcel in parcels for order in shop.orders(parcel)]
    assert len(orders) == (2 if arrives else 1)
    assert sum(Decimal(order["shipping_amount"]) for order in orders) == Decimal("49.90")


async def test_instalment_interest_goes_along_once(shop: Shop) -> None:
    recorder = shop.record()
    lines = [Line(sku, parcel=parcel) for parcel, sku in enumerate(shop.skus[:2])]
    packages = shop.buy_parcels(*lines)
    shop.market.orders.rows[packages[0]["order_number"]]["installment_interest_amount"] = 12.5
    await shop.run()
    sent = [body["order"].get("installment_interest_amount") for body in recorder.bodies("POST", "create_orders")]
    assert sorted(sent, key=str) == ["12.50", None]


@pytest.mark.parametrize(
    ("brand_ships", "carrier", "cargo"), [(False, "aras", 1), (False, "mng", 3), (False, None, 3), (True, "aras", 3)]
)
async def test_the_cargo_company_is_the_markets_carrier_or_the_default(
    shop: Shop, brand_ships: bool, carrier: str | None, cargo: int
) -> None:
    shop.set(send_shipping_info=brand_ships)
    package = shop.buy(carrier=carrier)
    await shop.run()
    assert shop.order(package)["cargo_company"] == cargo


async def test_a_carrier_that_is_not_mapped_makes_the_order_wait_until_it_is(shop: Shop) -> None:
    package = shop.buy(carrier="kolay-gelsin")
    await shop.run()
    assert await shop.parked(package) == (
        "cargo_unmapped",
        "Cargo Company Mapping has no usable entry for kolay-gelsin",
    )
    shop.set(cargo_company_mapping={"default": "3", "kolay-gelsin": "4"})
    await shop.kit.later(hours=8)
    await shop.run("apply")
    assert shop.order(package)["cargo_company"] == 4


async def test_a_mapping_to_a_cargo_company_that_omnitron_lacks_makes_the_order_wait(shop: Shop) -> None:
    shop.set(cargo_company_mapping={"default": "3", "yurtici": "99"})
    package = shop.buy()
    await shop.run()
    assert (await shop.parked(package))[0] == "cargo_unmapped"


async def test_the_market_makes_the_pdf_label_and_the_order_says_where_it_is(shop: Shop) -> None:
    shop.set(use_cargo_label=True)
    recorder = shop.record()
    package = shop.buy()
    await shop.run()
    extra = shop.order(package)["extra_field"]
    assert extra["cargo_label_url"] == f"https://fashfed.sandbox/api/i2/packages/{package['number']}/label/"
    assert extra["cargo_label_format"] == "pdf"
    assert len(recorder.calls("GET", "/label/")) == 1


@pytest.mark.parametrize("conf", [{"use_cargo_label": False}, {"use_cargo_label": True, "send_shipping_info": True}])
async def test_no_label_is_fetched_when_the_brand_ships_or_does_not_want_one(shop: Shop, conf: dict[str, bool]) -> None:
    shop.set(**conf)
    recorder = shop.record()
    package = shop.buy()
    await shop.run()
    assert not recorder.calls("GET", "/label/")
    assert "cargo_label_url" not in shop.order(package)["extra_field"]


@pytest.mark.parametrize("fault", [{"kind": "error", "status": 500}, {"kind": "html"}, {"kind": "reset_before"}])
async def test_an_order_never_waits_for_its_label(shop: Shop, fault: dict[str, object]) -> None:
    shop.set(use_cargo_label=True)
    shop.kit.sandbox.faults.add(**fault, path="*/label/")
    package = shop.buy()
    report = await shop.run()
    assert report.counts["created"] == 1
    assert "cargo_label_url" not in shop.order(package)["extra_field"]


async def test_lines_cancelled_before_the_import_are_left_out(shop: Shop) -> None:
    package = shop.buy(Line(shop.skus[0], price=70), Line(shop.skus[1], price=30), shipping_amount=0)
    shop.market.items.change(shop.market.items.find("package", package["number"])[0], status=1)
    await shop.run()
    assert [item["extra_field"]["id"] for item in shop.items(package)] == [f"{package['number']}-2"]
    assert shop.order(package)["amount"] == "30.00"


async def test_the_hub_knows_the_markets_names_of_order_and_items_for_the_flows_to_come(shop: Shop) -> None:
    package = shop.buy(Line(shop.skus[0], 2), shop.skus[1])
    await shop.run()
    order, items = shop.order(package), shop.items(package)
    action = shop.hub.actions.get("order", order["pk"])
    assert (action.remote_id, action.status) == (package["number"], "success")
    remote = [shop.hub.actions.get("orderitem", item["pk"]).remote_id for item in items]
    assert remote == [f"{package['number']}-1", f"{package['number']}-1", f"{package['number']}-2"]
    kept = await shop.kit.store().identities("default", "orderitem", remote)
    assert [pair.hub_id for name in dict.fromkeys(remote) for pair in kept[name]] == [item["pk"] for item in items]
    assert {batch["status"] for batch in shop.hub.batches.rows.values()} == {"done"}
