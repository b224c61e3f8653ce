"""What the flow ``product`` sends, and what it tells Omnitron (reference/flows.md 4.5 and 4.17)."""

import pytest

from include.errors import ConfigurationError
from include.flows.context import Tuning
from tests.unit.flows.catalog.shelf import action, brand, offer, skus, suggested
from tests.worldkit import Kit


async def test_a_new_product_goes_out_with_its_content_stock_and_price(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    brand(drawn).set_stock(sku, 12)
    await drawn.run("product")
    item = next(item for item in suggested(drawn) if item["sku"] == sku)
    product = brand(drawn).product(sku)
    assert item["name"] == product["name"]
    assert item["base_code"] == product["base_code"]
    assert item["category"] == product["attributes"]["kategori"]
    assert item["attributes"]["COLOR"] in sku
    assert item["images"] == [product["productimage_set"][0]["image"]]
    assert item["offer"]["stock"] == 9
    assert item["offer"]["price"] == float(brand(drawn).row("productprice", sku)["price"])  # type: ignore[index]
    assert (item["offer"]["currency"], item["offer"]["tax_rate"]) == ("TRY", 10)


async def test_product_stock_price_and_images_are_agreed_together(drawn: Kit) -> None:
    await drawn.run("product")
    for sku in skus(drawn):
        for model in ("product", "productstock", "productprice", "productimage"):
            one = action(drawn, model, sku)
            assert (one.status, one.remote_id) == ("success", sku), model


async def test_after_products_went_out_stock_and_price_have_nothing_left_to_send(drawn: Kit) -> None:
    await drawn.run("product")
    drawn.wire.requests.clear()
    assert (await drawn.run("stock")).counts["read"] == 0
    assert (await drawn.run("price")).counts["read"] == 0
    assert drawn.sandbox.stock_differences() == drawn.sandbox.price_differences() == []


async def test_stock_and_price_leave_products_alone_that_are_still_to_be_sent(drawn: Kit) -> None:
    for flow in ("stock", "price"):
        report = await drawn.run(flow)
        assert not report.errors
        assert report.counts["failed"] == 0
    assert not drawn.wire.bodies("POST", "/error_reports/")


async def test_a_stock_of_a_product_on_sale_is_found_behind_those_of_waiting_products(drawn: Kit) -> None:
    last = skus(drawn)[-1]
    brand(drawn).set_stock(last, 900)
    for sku in skus(drawn)[:-1]:
        brand(drawn).leave_catalogue(sku)
    await drawn.run("product")
    hub = drawn.sandbox.omnitron
    stock = brand(drawn).row("productstock", last)
    assert stock
    hub.actions.remove(hub.actions.get("productstock", stock["pk"]))
    for sku in skus(drawn)[:-1]:
        brand(drawn).return_to_catalogue(sku)
    brand(drawn).set_stock(last, 950)
    await drawn.run("stock", tuning=Tuning(feed_page=2, batch_objects=4))
    assert offer(drawn, last)["stock"] == 947


async def test_a_changed_name_is_suggested_and_equal_content_is_not(listed: Kit) -> None:
    renamed, touched = skus(listed)[:2]
    brand(listed).change(renamed, name="Yeni Ad")
    brand(listed).change(touched)
    report = await listed.run("product")
    assert [item["sku"] for item in suggested(listed)] == [renamed]
    assert (report.counts["sent"], report.counts["unchanged"]) == (1, 1)
    again = await listed.run("product")
    assert again.counts["read"] == 0


async def test_a_changed_image_alone_counts_as_a_change_of_the_product(listed: Kit) -> None:
    sku = skus(listed)[0]
    row = brand(listed).change_image(sku)
    await listed.run("product")
    assert [item["images"] for item in suggested(listed)] == [[row["image"]]]
    assert (await listed.run("product")).counts["read"] == 0


async def test_a_new_image_of_a_product_on_sale_is_sent(listed: Kit) -> None:
    hub, sku = listed.sandbox.omnitron, skus(listed)[3]
    product = brand(listed).product(sku)
    image = hub.create(
        "productimage", {"product": product["pk"], "image": "https://img.example.com/new.jpg", "status": "active"}
    )
    shown = {"pk": image["pk"], "status": "active", "image": image["image"]}
    hub.products.change(product, productimage_set=[*product["productimage_set"], shown])
    await listed.run("product")
    assert [item["images"][-1] for item in suggested(listed)] == [image["image"]]
    assert action(listed, "productimage", sku).status == "success"
    assert (await listed.run("product")).counts["read"] == 0


async def test_a_product_that_fails_to_change_keeps_its_stock_flowing(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_attribute(sku, "renk")
    await listed.run("product")
    brand(listed).set_stock(sku, 77)
    await listed.run("stock")
    assert offer(listed, sku)["stock"] == 74


async def test_categories_are_read_one_by_one_where_omnitron_cannot_read_them_together(drawn: Kit) -> None:
    drawn.sandbox.omnitron.bulk_categories = False
    await drawn.run("product", tuning=Tuning(feed_page=10, batch_objects=10))
    assert drawn.sandbox.product_differences() == []
    assert drawn.wire.count("GET", "product_categories/detailed") == len(skus(drawn)) + 1
    drawn.wire.requests.clear()
    brand(drawn).change(skus(drawn)[0], name="x")
    await drawn.run("product")
    assert drawn.wire.count("GET", "product_categories/detailed") == 1


async def test_without_a_drawn_tree_no_product_is_blamed() -> None:
    kit = Kit.made(size=5, on_sale=0)
    with pytest.raises(ConfigurationError) as caught:
        await kit.run("product")
    assert caught.value.code == "default_attributes_missing"
    assert not kit.sandbox.omnitron.penalties.table.rows


async def test_a_mapped_remote_id_is_what_fashfed_calls_the_product(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    for one in skus(drawn):
        brand(drawn).set_attribute(one, "barkod", f"869{one}")
    brand(drawn).set_rule("remote_id", {"source": "barkod"})
    await drawn.run("product")
    assert f"869{sku}" in drawn.sandbox.fashfed.offers.rows
    assert action(drawn, "product", sku).remote_id == f"869{sku}"
    brand(drawn).set_stock(sku, 50)
    brand(drawn).set_price(sku, "77.00", "99.00")
    await drawn.run("stock")
    await drawn.run("price")
    assert (offer(drawn, f"869{sku}")["stock"], offer(drawn, f"869{sku}")["price"]) == (47, 77.0)
