"""What the market may sell of a stock row (spec section 2, Buffer Stock)."""

import pytest

from include.errors import RecordFailed
from include.mapping.stock import sellable


@pytest.mark.parametrize(
    ("stock", "buffer", "pieces"),
    [(10, 3, 7), (3, 3, 0), (2, 3, 0), (0, 0, 0), (-4, 0, 0), ("12", 2, 10), ("5.00", 0, 5), (7.0, 1, 6)],
)
def test_the_buffer_stays_back_and_nothing_falls_below_zero(stock: object, buffer: int, pieces: int) -> None:
    assert sellable(stock, buffer, "SKU-1") == pieces


@pytest.mark.parametrize("stock", [None, "", "many", 1.5, "2.5", "NaN", "Infinity", float("nan"), [], {}])
def test_a_stock_that_is_no_whole_number_fails_with_its_value_and_sku(stock: object) -> None:
    with pytest.raises(RecordFailed) as caught:
        sellable(stock, 0, "SKU-1")
    assert caught.value.code == "stock_invalid"
    assert caught.value.facts == {"value": stock, "sku": "SKU-1"}
