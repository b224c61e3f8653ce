"""Price rows of the hub in the market's terms."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.clients.omnitron.schemas import ProductPrice
from include.errors import RecordFailed
from include.mapping.price import price_fields, price_of, price_value

MONEY = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999"), places=2)


def row(**facts: object) -> ProductPrice:
    fields = {"pk": 1, "product": 2, "price": "89.90", "currency_type": "try", "modified_date": "2026-01-01T00:00:00Z"}
    return ProductPrice.model_validate({**fields, **facts})


@given(price=MONEY, more=MONEY)
def test_what_is_sent_is_what_was_read(price: Decimal, more: Decimal) -> None:
    value = price_value(row(price=str(price), retail_price=str(price + more), tax_rate="20.00"), "A")
    assert price_of(value) == price
    assert price_fields(value) == {
        "price": price,
        "retail_price": price + more,
        "currency": "TRY",
        "tax_rate": Decimal("20.00"),
    }


@pytest.mark.parametrize(("one", "other"), [("89.9", "89.90"), ("89.900", "89.9"), (89.9, "89.90")])
def test_prices_that_are_equal_make_equal_values(one: object, other: object) -> None:
    assert price_value(row(price=one), "A") == price_value(row(price=other), "A")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"price": "0"}, "price_invalid"),
        ({"price": "0.0049"}, "price_invalid"),
        ({"price": "-1"}, "price_invalid"),
        ({"price": "10", "retail_price": "9.99"}, "price_above_retail"),
        ({"currency_type": ""}, "currency_unknown"),
        ({"currency_type": "lira"}, "currency_unknown"),
        ({"currency_type": None}, "currency_unknown"),
    ],
)
def test_a_price_nobody_can_have_meant_is_refused_with_its_sku(facts: dict[str, object], code: str) -> None:
    with pytest.raises(RecordFailed) as caught:
        price_value(row(**facts), "SKU-7")
    assert caught.value.code == code
    assert "SKU-7" in str(caught.value)


def test_a_price_equal_to_the_retail_price_is_fine() -> None:
    assert price_fields(price_value(row(price="10", retail_price="10.00"), "A"))["retail_price"] == Decimal(10)
