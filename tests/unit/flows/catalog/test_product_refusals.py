"""Which products are not sent, with what words, and what that does to the others (spec sections 3, 6 and 8)."""

from collections.abc import Callable

import pytest

from include.sandbox.brand import Brand
from tests.unit.flows.catalog.shelf import action, brand, offer, penalties, skus, suggested, told
from tests.worldkit import Kit


def _value_outside(hands: Brand, sku: str) -> None:
    hands.set_attribute(sku, "renk", "Turkuaz")


WRONG: dict[str, tuple[Callable[[Brand, str], object], str]] = {
    "stock_not_found": (lambda hands, sku: hands.remove_stock(sku), "Stock data not found"),
    "price_not_found": (lambda hands, sku: hands.remove_price(sku), "Price data not found"),
    "attribute_required": (lambda hands, sku: hands.set_attribute(sku, "renk"), "Renk attribute is required"),
    "value_not_allowed": (_value_outside, "Turkuaz (Renk) is not among the values of its category"),
    "category_missing": (lambda hands, sku: hands.set_categories(sku), "is in no category of the channel's tree"),
    "image_missing": (lambda hands, sku: hands.remove_images(sku), "has no image"),
    "price_invalid": (lambda hands, sku: hands.set_price(sku, "0.00"), "Price 0.00 of {sku} is not above zero"),
    "price_above_retail": (lambda hands, sku: hands.set_price(sku, "20.00", "10.00"), "is above its retail price"),
}


@pytest.mark.parametrize("code", WRONG)
async def test_a_product_that_may_not_be_sent_is_refused_by_name_and_stops_nothing(drawn: Kit, code: str) -> None:
    sku, *others = skus(drawn)
    spoil, words = WRONG[code]
    spoil(brand(drawn), sku)
    report = await drawn.run("product")
    assert report.errors == {code: 1}
    assert words.format(sku=sku) in (await told(drawn, "product"))[sku]
    assert {item["sku"] for item in suggested(drawn)} == set(others)
    reports = drawn.wire.bodies("POST", "/error_reports/")
    assert any(words.format(sku=sku) in body["raw_response"] and not body["is_ok"] for body in reports)


async def test_a_product_in_two_categories_is_refused_with_their_names(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    one, two = drawn.sandbox.fashfed.leaves()[:2]
    brand(drawn).set_categories(sku, one["id"], two["id"])
    report = await drawn.run("product")
    assert report.errors == {"category_several": 1}
    words = (await told(drawn, "product"))[sku]
    assert one["name"] in words
    assert two["name"] in words


async def test_everything_that_is_wrong_with_a_product_is_said_at_once(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    brand(drawn).remove_stock(sku)
    brand(drawn).remove_price(sku)
    brand(drawn).set_attribute(sku, "renk")
    await drawn.run("product")
    words = (await told(drawn, "product"))[sku]
    assert words == "Stock data not found; Price data not found; Renk attribute is required"


async def test_a_failed_new_product_settles_its_stock_price_and_images_too(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    brand(drawn).set_attribute(sku, "renk")
    await drawn.run("product")
    for model in ("product", "productstock", "productprice", "productimage"):
        assert action(drawn, model, sku).status == "error", model
    drawn.wire.requests.clear()
    for flow in ("stock", "price", "product"):
        assert (await drawn.run(flow)).counts["read"] == 0


async def test_a_corrected_product_goes_out_at_once_and_lifts_all_penalties(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    brand(drawn).set_attribute(sku, "renk")
    await drawn.run("product")
    brand(drawn).set_attribute(sku, "renk", "Siyah")
    await drawn.run("product")
    assert drawn.sandbox.product_differences() == []
    for model in ("product", "productstock", "productprice", "productimage"):
        assert not penalties(drawn, model), model


async def test_what_fashfed_does_not_take_failed_to_be_suggested(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.refused_skus[sku] = "Görsel kalitesi yetersiz"
    report = await drawn.run("product")
    assert report.errors == {"suggestion_failed": 1}
    words = (await told(drawn, "product"))[sku]
    assert words.startswith("Failed to suggest product to catalog")
    assert "Görsel kalitesi yetersiz" in words
    assert len(penalties(drawn, "product")) == len(penalties(drawn, "productstock")) == 1


async def test_a_call_that_fashfed_refuses_is_split_until_the_product_it_does_not_like_is_alone(drawn: Kit) -> None:
    sku, *others = skus(drawn)
    brand(drawn).change(sku, name="x" * 300)
    report = await drawn.run("product")
    assert report.errors == {"suggestion_failed": 1}
    assert set(drawn.sandbox.fashfed.offers.rows) == set(others)


async def test_two_products_with_one_remote_id_do_not_share_an_offer(drawn: Kit) -> None:
    one, two = skus(drawn)[:2]
    for sku in (one, two):
        brand(drawn).set_attribute(sku, "barkod", "8690000")
    brand(drawn).set_rule("remote_id", {"source": "barkod"})
    report = await drawn.run("product")
    assert report.errors == {"remote_id_taken": 1}
    assert "8690000" in drawn.sandbox.fashfed.offers.rows


async def test_a_product_that_is_mapped_to_another_remote_id_later_leaves_no_orphan_on_sale(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_rule("remote_id", {"source": "barkod"})
    brand(listed).set_attribute(sku, "barkod", "8690000")
    report = await listed.run("product")
    assert report.errors == {"remote_id_changed": 1}
    assert "8690000" not in listed.sandbox.fashfed.offers.rows
    brand(listed).set_stock(sku, 60)
    await listed.run("stock")
    assert offer(listed, sku)["stock"] == 57
