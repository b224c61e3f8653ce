"""The hands of the brand, and what should be on sale by them."""

import json
from decimal import Decimal

import pytest

from include.sandbox import Merchant, Sandbox
from include.sandbox.routing import Row
from tests.unit.sandbox.callers import Caller, HandClock, batch_object, commit, move_batch
from tests.unit.sandbox.drawing import draw_categories


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    """Everything is on sale, and every product in its category."""
    sandbox = Sandbox.seeded(seed=7, size=100, packages=0, clock=clock, on_sale=1)
    draw_categories(sandbox)
    Merchant(sandbox).work()
    return sandbox


@pytest.fixture
def product(sandbox: Sandbox) -> Row:
    return sandbox.brand.product(sandbox.skus_on_sale()[30])


async def _due(hub: Caller, path: str) -> set[int]:
    return {row["pk"] for row in await hub.rows(path, limit=1000)}


async def test_a_removed_stock_or_price_is_gone_everywhere_and_can_be_put_back(
    hub: Caller, sandbox: Sandbox, product: Row
) -> None:
    brand, sku, pk = sandbox.brand, product["sku"], product["pk"]
    stock = brand.row("productstock", sku)
    brand.remove_stock(sku)
    brand.remove_price(sku)
    assert await hub.rows("product_stocks/", product=pk) == await hub.rows("product_prices/", product=pk) == []
    assert stock
    assert not await hub.rows("integration_actions/", content_type_name="productstock", object_id=stock["pk"])
    brand.set_stock(sku, 9)
    brand.set_price(sku, "19.90", "29.90")
    assert [row["stock"] for row in await hub.rows("product_stocks/", product=pk)] == [9]
    (price,) = await hub.rows("product_prices/", product=pk)
    assert (price["price"], price["retail_price"]) == ("19.90", "29.90")
    assert price["pk"] in await _due(hub, "product_prices/inserts/")


async def test_an_attribute_is_taken_away_and_given_back(hub: Caller, sandbox: Sandbox, product: Row) -> None:
    sandbox.brand.set_attribute(product["sku"], "renk")
    assert "renk" not in product["attributes"]
    assert product["pk"] in await _due(hub, "products/updates/")
    sandbox.brand.set_attribute(product["sku"], "renk", "Haki")
    assert product["attributes"]["renk"] == "Haki"


async def test_a_product_lies_in_no_one_or_two_categories(hub: Caller, sandbox: Sandbox, product: Row) -> None:
    own = product["attributes"]["kategori"]
    other = next(leaf["id"] for leaf in sandbox.fashfed.leaves() if leaf["id"] != own)
    for categories in ((), (own, other), (own,)):
        sandbox.brand.set_categories(product["sku"], *categories)
        status, _ = await hub.get(f"mapped_products/{product['pk']}/")
        assert len(await hub.rows("product_categories/detailed/", product=product["pk"])) == len(categories)
        assert status == 406
    with pytest.raises(KeyError):
        sandbox.brand.set_categories(product["sku"], "no such category")


async def test_another_picture_gives_only_its_own_row_a_new_version(
    hub: Caller, sandbox: Sandbox, product: Row
) -> None:
    before = json.dumps(product)
    image = sandbox.brand.change_image(product["sku"])
    assert product["pk"] not in await _due(hub, "products/updates/")
    assert image["pk"] in await _due(hub, "product_images/updates/")
    assert [entry["image"] for entry in product["productimage_set"]] == [image["image"]]
    assert image["image"] not in before


async def test_a_product_without_pictures_has_none_left(hub: Caller, sandbox: Sandbox, product: Row) -> None:
    sandbox.brand.remove_images(product["sku"])
    assert product["productimage_set"] == await hub.rows("product_images/", product=product["pk"]) == []


async def test_a_change_or_only_a_new_date_makes_the_product_due(hub: Caller, sandbox: Sandbox, product: Row) -> None:
    name = product["name"]
    sandbox.brand.change(product["sku"])
    assert product["pk"] in await _due(hub, "products/updates/")
    assert product["name"] == name
    sandbox.brand.change(product["sku"], name="Anders")
    assert product["name"] == "Anders"


async def test_a_product_leaves_the_catalogue_and_comes_back(hub: Caller, sandbox: Sandbox, product: Row) -> None:
    sku, path = product["sku"], "integration_actions/deleted/"
    sandbox.brand.change(sku)
    sandbox.touch_stock(sku, 40)
    sandbox.brand.leave_catalogue(sku)
    assert [row["object_id"] for row in await hub.rows(path, model="product")] == [product["pk"]]
    assert product["pk"] not in await _due(hub, "products/updates/")
    assert [row["sku"] for row in await hub.rows("products/", sku=sku)] == [sku]
    assert (sku, 0) in {(found, wanted) for found, wanted, _ in sandbox.stock_differences()}
    sandbox.brand.return_to_catalogue(sku)
    assert await hub.rows(path, model="product") == []
    assert product["pk"] in await _due(hub, "products/updates/")


async def test_a_failed_deletion_is_not_shown_while_it_is_penalised(
    hub: Caller, sandbox: Sandbox, product: Row
) -> None:
    sandbox.brand.leave_catalogue(product["sku"])
    (action,) = await hub.rows("integration_actions/deleted/", model="product")
    entry = batch_object(action, "integrationaction", failed_reason_type="remote")
    pk = await commit(hub, [entry], "integrationaction")
    assert await hub.rows("integration_actions/deleted/", model="product") == []
    assert (await move_batch(hub, pk, "done", objects=[entry]))[0] == 200
    assert await hub.rows("integration_actions/deleted/", model="product") == []


def test_touched_prices_differ_until_they_are_sent(sandbox: Sandbox) -> None:
    assert sandbox.price_differences() == []
    skus = sandbox.touch_prices(5)
    differences = sandbox.price_differences()
    assert [sku for sku, _, _ in differences] == skus
    for sku, (price, retail), _ in differences:
        assert price <= retail
        sandbox.fashfed.offers.rows[sku].update(price=float(price), retail_price=float(retail))
    assert sandbox.price_differences() == []
    with pytest.raises(ValueError, match="only 100"):
        sandbox.touch_prices(101)


@pytest.mark.parametrize(("price", "retail"), [("0.00", "10.00"), ("11.00", "10.00")])
def test_a_price_that_must_not_be_sent_is_no_difference(
    sandbox: Sandbox, product: Row, price: str, retail: str
) -> None:
    sandbox.brand.set_price(product["sku"], price, retail)
    assert sandbox.price_differences() == []
    sandbox.brand.set_price(product["sku"], "9.99", "10.00")
    wanted = (Decimal("9.99"), Decimal("10.00"))
    assert [(sku, should) for sku, should, _ in sandbox.price_differences()] == [(product["sku"], wanted)]


def test_only_what_is_fit_for_sale_is_missed(clock: HandClock) -> None:
    sandbox = Sandbox.seeded(seed=7, size=100, packages=0, clock=clock, on_sale=0)
    brand, market = sandbox.brand, sandbox.fashfed
    everything = [row["sku"] for row in sandbox.omnitron.products.rows.values()]
    assert sandbox.product_differences() == everything
    draw_categories(sandbox)
    Merchant(sandbox).work()
    assert sandbox.product_differences() == everything
    hindered = everything[:10]
    brand.remove_stock(hindered[0])
    brand.remove_price(hindered[1])
    brand.set_price(hindered[2], "0.00")
    brand.remove_images(hindered[3])
    brand.set_categories(hindered[4])
    brand.set_categories(hindered[5], *(leaf["id"] for leaf in market.leaves()[:2]))
    brand.set_attribute(hindered[6], "renk")
    brand.set_attribute(hindered[7], "beden", "Dev")
    brand.leave_catalogue(hindered[8])
    market.rejected_skus[hindered[9]] = "No."
    assert sandbox.product_differences() == everything[10:]
    brand.return_to_catalogue(hindered[8])
    assert sandbox.product_differences() == everything[8:9] + everything[10:]
