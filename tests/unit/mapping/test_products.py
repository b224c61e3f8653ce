"""A product of the hub as a suggestion to the market's catalogue."""

from typing import Any

import pytest

from include.clients.omnitron.schemas import MappedProduct, Product, ProductPrice, ProductStock
from include.errors import RecordFailed
from include.mapping.products import AttributeRule, Node, Suggestion, suggest

STAMP = "2026-01-01T00:00:00Z"
COLOUR = AttributeRule(5, "Renk", "COLOR", required=True, values=frozenset({"SYH", "BYZ"}))
DAYS = AttributeRule(6, "Kargo Süresi", "DAYS", required=False, values=None)
LEAF = Node("Elbise", "c-1", leaf=True)


def made(*, mapped: dict[str, Any] | None = None, values: dict[str, Any] | None = None, **facts: Any) -> Suggestion:
    """The suggestion of a product that nothing is wrong with, but for the facts given."""
    images = facts.pop("images", [{"pk": 1, "status": "active", "image": "https://img.example.com/1.jpg"}])
    product = Product.model_validate(
        {"pk": 1, "sku": "A-1", "name": "Elbise", "base_code": "A", "modified_date": STAMP, "productimage_set": images}
    )
    found = MappedProduct.model_validate(
        {
            "pk": 1,
            "mapped_attributes": mapped or {},
            "mapped_attribute_values": values if values is not None else {"5": {"value": "SYH"}},
        }
    )
    belongings: dict[str, Any] = {
        "mapped": found,
        "rules": [COLOUR, DAYS],
        "nodes": [LEAF],
        "stock": ProductStock.model_validate({"pk": 1, "product": 1, "stock": 9, "modified_date": STAMP}),
        "price": ProductPrice.model_validate(
            {"pk": 1, "product": 1, "price": "80", "currency_type": "try", "modified_date": STAMP}
        ),
        "buffer": 3,
    }
    return suggest(product, **(belongings | facts))


def refusal(**facts: Any) -> RecordFailed:
    with pytest.raises(RecordFailed) as caught:
        made(**facts)
    return caught.value


def test_a_suggestion_holds_content_and_offer() -> None:
    assert made().as_json() == {
        "sku": "A-1",
        "base_code": "A",
        "name": "Elbise",
        "category": "c-1",
        "attributes": {"COLOR": "SYH"},
        "images": ["https://img.example.com/1.jpg"],
        "videos": [],
        "offer": {"stock": 6, "price": 80, "currency": "TRY"},
    }


def test_default_attributes_that_are_mapped_go_before_the_products_own_fields() -> None:
    content = made(mapped={"title": " Keten Elbise ", "remote_id": "869", "base_code": "M"}).content
    assert (content["name"], content["sku"], content["base_code"]) == ("Keten Elbise", "869", "M")


def test_stock_and_price_are_no_content() -> None:
    other = ProductStock.model_validate({"pk": 1, "product": 1, "stock": 50, "modified_date": STAMP})
    assert made().digest == made(stock=other).digest
    assert made().digest != made(mapped={"title": "Other"}).digest


@pytest.mark.parametrize("empty", [None, "", []])
def test_a_required_attribute_without_a_value_is_named(empty: object) -> None:
    assert str(refusal(values={"5": {"value": empty}})) == "Renk attribute is required"


def test_each_value_of_several_must_be_among_the_categorys() -> None:
    error = refusal(values={"5": {"value": ["SYH", "MOR", "PEMBE"]}})
    assert str(error) == "MOR (Renk), PEMBE (Renk) are not among the values of its category"


def test_an_attribute_without_values_takes_any_text() -> None:
    assert made(values={"5": {"value": "BYZ"}, "6": {"value": 2}}).content["attributes"] == {"COLOR": "BYZ", "DAYS": 2}


def test_inactive_and_repeated_images_do_not_count() -> None:
    one = {"pk": 1, "status": "active", "image": "https://img.example.com/1.jpg"}
    off = {"pk": 2, "status": "passive", "image": "https://img.example.com/2.jpg"}
    assert made(images=[off, one, one]).content["images"] == ["https://img.example.com/1.jpg"]
    assert refusal(images=[off]).code == "image_missing"


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ([], "category_missing"),
        ([LEAF, Node("Etek", "c-2", leaf=True)], "category_several"),
        ([Node("Giyim", "c-0", leaf=False)], "category_not_leaf"),
        ([Node("Yeni", None, leaf=True)], "category_not_drawn"),
    ],
)
def test_a_product_is_in_exactly_one_last_category_of_fashfeds(nodes: list[Node], code: str) -> None:
    assert refusal(nodes=nodes).code == code


@pytest.mark.parametrize(("nodes", "said"), [([], False), ([LEAF], True)])
def test_what_the_mapper_says_is_repeated_only_where_the_cause_is_not_said_already(
    nodes: list[Node], said: bool
) -> None:
    product = Product.model_validate({"pk": 1, "sku": "A-1", "modified_date": STAMP})
    gave_up = RecordFailed("mapping_failed", sku="A-1", detail="Product has no category.")
    with pytest.raises(RecordFailed) as caught:
        suggest(product, mapped=gave_up, rules=[], nodes=nodes, stock=None, price=None, buffer=0)
    assert ("Mapper" in str(caught.value)) is said
