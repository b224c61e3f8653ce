"""What the store keeps of the comparison of products, as values. Times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SkuState:
    """One SKU as both sides had it. ``code`` and ``reason`` say why it is not on sale, or differs."""

    sku: str
    pk: int | None
    name: str
    in_catalog: bool
    saleable: bool
    on_sale: bool
    in_flight: bool
    price_differs: bool
    stock_differs: bool
    hub_price: Decimal | None
    market_price: Decimal | None
    hub_stock: int | None
    due_stock: int | None
    market_stock: int | None
    code: str | None = None
    reason: str | None = None
    since: datetime | None = None
    """Since when the code is what it is; given by the store."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One difference of a price or a stock: found, queued to be sent again, confirmed by reading back."""

    sku: str
    hub_value: str
    market_value: str
    found_at: datetime | None = None
    """When it was first found; given by the store."""
    queued_at: datetime | None = None
    times: int = 0
    """How often it was queued."""
    confirmed_at: datetime | None = None
