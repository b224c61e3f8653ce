"""Stock rows of the hub in the market's terms."""

from decimal import Decimal, InvalidOperation

from include.errors import RecordFailed


def sellable(stock: object, buffer: int, sku: str) -> int:
    """What the market may sell: ``max(0, stock - buffer)`` pieces (spec section 2, Buffer Stock).

    Raises ``RecordFailed`` (stock_invalid) for anything that is not a whole number.
    """
    try:
        pieces = Decimal(str(stock))
    except InvalidOperation:
        pieces = Decimal("NaN")
    if not pieces.is_finite() or pieces != pieces.to_integral_value():
        raise RecordFailed("stock_invalid", value=stock, sku=sku)
    return max(0, int(pieces) - buffer)
