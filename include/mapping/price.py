"""Price rows of the hub in the market's terms."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from include.clients.omnitron.schemas import ProductPrice
from include.errors import RecordFailed

_CENT = Decimal("0.01")
_MONEY = ("price", "retail_price", "tax_rate")


def price_value(row: ProductPrice, sku: str) -> str:
    """The price, retail price, currency and tax rate of a row as one text that is equal for equal prices.

    Raises ``RecordFailed``: price_invalid (not above zero), price_above_retail, currency_unknown
    (reference/flows.md section 4.8).
    """
    price = row.price.quantize(_CENT, ROUND_HALF_UP)
    if price <= 0:
        raise RecordFailed("price_invalid", sku=sku, value=row.price)
    retail = row.retail_price.quantize(_CENT, ROUND_HALF_UP) if row.retail_price else None
    if retail is not None and price > retail:
        raise RecordFailed("price_above_retail", sku=sku, price=price, retail_price=retail)
    currency = (row.currency_type or "").upper()
    if not (currency.isascii() and currency.isalpha() and len(currency) == 3):
        raise RecordFailed("currency_unknown", sku=sku, currency=row.currency_type or "-")
    found = {"price": price, "retail_price": retail, "currency": currency, "tax_rate": row.tax_rate}
    return json.dumps({name: str(value) for name, value in found.items() if value is not None}, sort_keys=True)


def price_fields(value: str) -> dict[str, Any]:
    """The fields of a price call out of a ``price_value``; amounts are ``Decimal``."""
    return {name: Decimal(found) if name in _MONEY else found for name, found in json.loads(value).items()}


def price_of(value: str) -> Decimal:
    """The sales price in a ``price_value``."""
    return Decimal(json.loads(value)["price"])
