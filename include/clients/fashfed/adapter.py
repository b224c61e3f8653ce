"""Everything about the market's calls that is inferred (api/fashfed.md, mark [I]): paths and field names in one place.

A live check that finds another path or name changes this file only.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypedDict

PATHS = {
    # documented
    "categories": "/i2/categories/",
    "category_attributes": "/i2/categories/{id}/attributes/",
    "products": "/i2/products/",
    "search_products": "/i2/products/search/",
    "packages": "/i2/packages/",
    "order": "/i2/orders/{id}/",
    "claims": "/i2/claims/",
    # inferred
    "package": "/i2/packages/{id}/",
    "package_items": "/i2/packages/{id}/items/",
    "split": "/i2/packages/{id}/split/",
    "cancel": "/i2/packages/{id}/cancel/",
    "label": "/i2/packages/{id}/label/",
    "suggest_products": "/i2/products/batch/",
    "send_prices": "/i2/offers/prices/",
    "send_stocks": "/i2/offers/stocks/",
    "offers": "/i2/offers/",
    "batch": "/i2/batches/{id}/",
    "claim_reasons": "/i2/claims/reasons/",
    "approve": "/i2/claims/{id}/approve/",
    "reject": "/i2/claims/{id}/reject/",
}

MAX_ITEMS = 50
"""Items of one bulk call (design.md section 13)."""


class StockItem(TypedDict):
    """The pieces of one SKU that may be sold: an absolute number, not below 0."""

    sku: str
    stock: int


class PriceItem(TypedDict, total=False):
    """The price of one SKU; ``sku`` and ``price`` are needed."""

    sku: str
    price: Decimal
    retail_price: Decimal | None
    currency: str
    tax_rate: Decimal | None


def on_the_wire(value: Any) -> Any:
    """Money as a number with two places, times as UTC to the second, nothing for None in an object."""
    if isinstance(value, Decimal):
        return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Mapping):
        return {name: on_the_wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [on_the_wire(item) for item in value]
    return value


def moment(value: datetime) -> str:
    """A time as the market takes it: UTC, to the second, with ``Z`` (api/fashfed.md section 1)."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be sent")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
