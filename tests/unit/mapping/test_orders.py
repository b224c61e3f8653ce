"""A package of Fashfed as an order of Omnitron: items, amounts to the kuruş, what is refused."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.schemas import OrderItem
from include.errors import RecordParked
from include.mapping.orders import OrderFacts, item_lines, live_items, money, order_payload, shares

FACTS = OrderFacts(
    number="FD-42-31",
    channel_id=137,
    customer=5,
    shipping_address=6,
    billing_address=7,
    cargo_company=2,
    price_list=11,
    stock_list=12,
    products={"A": 101, "B": 102},
    shipping_amount=Decimal(0),
    interest_amount=Decimal(0),
    quantity_key="",
    label_url=None,
)


def package(**facts: Any) -> Package:
    row = {"number": "31", "order_number": "42", "status": 2, "currency": "TRY", "created_at": "2026-03-02T08:15:00Z"}
    return Package.model_validate(row | facts)


def item(number: str = "31-1", **facts: Any) -> PackageItem:
    row = {"number": number, "product": "A", "price": 89.9, "retail_price": 119.9, "tax_rate": 10, "currency": "TRY"}
    return PackageItem.model_validate(row | facts)


def made(*items: PackageItem, facts: OrderFacts = FACTS, **package_facts: Any) -> tuple[dict[str, Any], list[Any]]:
    """The order and its items."""
    payload = order_payload(package(**package_facts), items, facts)
    return payload["order"], payload["order_item"]


def test_the_order_carries_everything_that_later_flows_look_for() -> None:
    order, lines = made(item(), facts=replace(FACTS, shipping_amount=Decimal("39.9")))
    assert order == {
        "number": "FD-42-31", "status": "400", "channel": 137, "customer": 5, "shipping_address": 6,
        "billing_address": 7, "currency": "try", "amount": "129.80", "shipping_amount": "39.90",
        "discount_amount": "0.00", "cargo_company": 2, "client_type": "default",
        "extra_field": {"id": "31", "order_number": "42"}, "date_placed": "2026-03-02T08:15:00+00:00",
    }  # fmt: skip
    assert lines == [
        {
            "product": 101, "status": "400", "price_currency": "try", "price": "89.90", "retail_price": "119.90",
            "tax_rate": "10.00", "discount_amount": "0.00", "price_list": 11, "stock_list": 12, "attributes": {},
            "attributes_kwargs": {}, "extra_field": {"id": "31-1"},
        }
    ]  # fmt: skip


def test_each_unit_is_an_item_of_its_own_with_its_share_of_the_discount() -> None:
    order, lines = made(item(quantity=3, price=10, discount_amount=1))
    assert [line["price"] for line in lines] == ["10.00"] * 3
    assert [line["discount_amount"] for line in lines] == ["0.34", "0.33", "0.33"]
    assert [line["extra_field"] for line in lines] == [{"id": "31-1"}] * 3
    assert [line["attributes"] for line in lines] == [{}] * 3
    assert (order["amount"], order["discount_amount"]) == ("29.00", "1.00")


def test_units_are_merged_into_one_item_when_a_quantity_attribute_is_named() -> None:
    facts = replace(FACTS, quantity_key="quantity")
    order, lines = made(item(quantity=3, price=10, discount_amount=1), facts=facts)
    assert [(line["price"], line["discount_amount"], line["attributes"]) for line in lines] == [
        ("30.00", "1.00", {"quantity": 3})
    ]
    assert (order["amount"], order["discount_amount"]) == ("29.00", "1.00")


def test_several_lines_keep_their_products_and_their_market_ids() -> None:
    _, lines = made(item("31-1"), item("31-2", product="B", quantity=2))
    assert [(line["product"], line["extra_field"]["id"]) for line in lines] == [
        (101, "31-1"),
        (102, "31-2"),
        (102, "31-2"),
    ]


def test_amounts_of_binary_floats_are_exact_to_the_kurus() -> None:
    assert made(item(price=0.1, quantity=3))[0]["amount"] == "0.30"
    assert made(item(price=149.99, quantity=7, discount_amount=0.07))[0]["amount"] == "1049.86"


_prices = st.decimals(min_value=1, max_value=10**6, places=4)


@settings(deadline=None, derandomize=True)
@given(
    lines=st.lists(st.tuples(_prices, st.integers(1, 9), st.decimals(0, 1, places=4)), min_size=1, max_size=5),
    shipping=st.decimals(min_value=0, max_value=500, places=3),
    key=st.sampled_from(["", "quantity"]),
)
def test_an_order_is_the_sum_of_its_items_also_when_prices_have_more_than_two_places(
    lines: list[tuple[Decimal, int, Decimal]], shipping: Decimal, key: str
) -> None:
    bought = [
        item(f"31-{number}", price=price, quantity=pieces, discount_amount=round(price * pieces * share, 4) / 2)
        for number, (price, pieces, share) in enumerate(lines)
    ]
    order, items = made(*bought, facts=replace(FACTS, shipping_amount=shipping, quantity_key=key))
    goods = sum(Decimal(line["price"]) for line in items)
    discount = sum(Decimal(line["discount_amount"]) for line in items)
    assert Decimal(order["discount_amount"]) == discount
    assert Decimal(order["amount"]) == goods - discount + Decimal(order["shipping_amount"])


def test_the_amount_is_goods_less_discount_plus_shipping() -> None:
    facts = replace(FACTS, shipping_amount=Decimal("49.90"), interest_amount=Decimal("12.5"))
    order, _ = made(item(quantity=2, price=100, discount_amount=15.5), item("31-2", price=50), facts=facts)
    assert order["amount"] == "284.40"
    assert order["installment_interest_amount"] == "12.50"
    assert "installment_interest_amount" not in made(item())[0]


def test_a_currency_is_written_as_omnitron_spells_it_wherever_it_is_named() -> None:
    assert made(item(currency=None), currency="EUR")[0]["currency"] == "eur"
    assert made(item(currency="USD"), currency=None)[0]["currency"] == "usd"
    order, lines = made(item(currency=None), currency=None)
    assert (order["currency"], lines[0]["price_currency"]) == ("try", "try")


def test_a_tracking_number_is_taken_over_and_never_longer_than_omnitron_takes() -> None:
    assert made(item(), tracking_number="7700")[0]["tracking_number"] == "7700"
    assert len(made(item(), tracking_number="7" * 300)[0]["tracking_number"]) == 256
    assert "tracking_number" not in made(item())[0]


def test_the_label_is_named_with_its_format() -> None:
    order, _ = made(item(), facts=replace(FACTS, label_url="https://fashfed.example/label/31/"))
    assert order["extra_field"] == {
        "id": "31",
        "order_number": "42",
        "cargo_label_url": "https://fashfed.example/label/31/",
        "cargo_label_format": "pdf",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": None}, {"price": -1}, {"tax_rate": None}, {"discount_amount": -0.01}, {"discount_amount": 89.91},
        {"quantity": 2, "discount_amount": 179.81},
    ],
)  # fmt: skip
def test_impossible_amounts_make_the_order_wait_and_name_the_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecordParked) as caught:
        made(item("31-1"), item("31-2", **wrong))
    assert caught.value.code == "order_amounts"
    assert str(caught.value).startswith("Package 31 does not add up: line 31-2 has quantity ")


def test_a_gift_costs_nothing_and_a_discount_may_take_the_whole_price() -> None:
    assert made(item(price=0))[0]["amount"] == "0.00"
    order, lines = made(item(quantity=2, discount_amount=179.8))
    assert (order["amount"], [line["discount_amount"] for line in lines]) == ("0.00", ["89.90", "89.90"])


def test_cancelled_lines_do_not_count() -> None:
    lines = [item("31-1", status=2), item("31-2", status=1), item("31-3", status=None), item("31-4", status=77)]
    assert [line.number for line in live_items(lines)] == ["31-1", "31-3", "31-4"]


@settings(deadline=None, derandomize=True)
@given(amount=st.decimals(min_value=0, max_value=10**7, places=2), parts=st.integers(1, 60))
def test_shares_add_up_and_differ_by_a_kurus_at_most(amount: Decimal, parts: int) -> None:
    divided = shares(amount, parts)
    assert len(divided) == parts
    assert sum(divided) == amount
    assert max(divided) - min(divided) <= Decimal("0.01")
    assert divided == sorted(divided, reverse=True)


@pytest.mark.parametrize(
    ("amount", "text"), [("0.005", "0.01"), ("0.015", "0.02"), ("1.004999", "1.00"), ("12", "12.00"), ("-0.5", "-0.50")]
)
def test_money_has_two_places_and_half_a_kurus_counts_up(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


def hub_item(pk: int, product: int, line: str = "") -> OrderItem:
    row = {"pk": pk, "modified_date": "2026-03-01T00:00:00Z", "order": 1, "product": product, "status": "400"}
    return OrderItem.model_validate({**row, "extra_field": {"id": line} if line else {}})


def test_items_without_a_name_are_the_lines_of_their_product_that_lack_one() -> None:
    lines = [item("31-1", product="A", quantity=2), item("31-2", product="A", quantity=1), item("31-3", product="B")]
    items = [hub_item(1, 7, "31-1"), hub_item(2, 7), hub_item(3, 7), hub_item(4, 7), hub_item(5, 8), hub_item(6, 9)]
    product = {"A": 7, "B": 8}.get
    assert item_lines(items, lines, product, one_each=False) == {1: "31-1", 2: "31-1", 3: "31-2", 5: "31-3"}
    assert item_lines(items, lines, product, one_each=True) == {1: "31-1", 2: "31-2", 5: "31-3"}


def test_items_keep_the_names_they_were_made_with() -> None:
    items = [hub_item(1, 7, "other"), hub_item(2, 7, "31-1")]
    assert item_lines(items, [item("31-1", product="A")], {"A": 7}.get, one_each=False) == {1: "other", 2: "31-1"}
