"""A package of the market as an order of the hub (api/omnitron.md section 8, reference/flows.md section 4.9)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import PackageStatus
from include.errors import RecordParked

NEW_ORDER = "400"
"""Status "approved" of a new order and its items (api/omnitron.md section 11)."""
_CENT = Decimal("0.01")
TRACKING_LIMIT = 256
"""Characters of a tracking number in the hub (api/omnitron.md section 8)."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the order needs beside the package: the hub's ids and what was decided about it."""

    number: str
    channel_id: int
    customer: int
    shipping_address: int
    billing_address: int
    cargo_company: int
    price_list: int | None
    stock_list: int | None
    products: Mapping[str, int]
    shipping_amount: Decimal
    interest_amount: Decimal
    quantity_key: str
    label_url: str | None


def pieces(item: OrderItem, quantity_key: str) -> int:
    """How many units of a line an item stands for: one, unless lines are merged into one item
    (Order Item Quantity Key, spec section 2)."""
    merged = item.attributes.get(quantity_key) if quantity_key else None
    return max(1, int(str(merged))) if str(merged).isdecimal() else 1


def live_items(items: Sequence[PackageItem]) -> list[PackageItem]:
    """The lines that were not cancelled before we saw them."""
    return [item for item in items if item.status != PackageStatus.CANCELLED]


def order_payload(package: Package, items: Sequence[PackageItem], facts: OrderFacts) -> dict[str, Any]:
    """The order as ``create_orders`` takes it. Raises ``RecordParked`` (order_amounts) for impossible amounts."""
    currency = (package.currency or next((item.currency for item in items if item.currency), None) or "TRY").lower()
    lines = [line for item in items for line in _item_lines(package, item, facts, currency)]
    goods = sum((_total(item) for item in items), Decimal(0))
    discount = sum((_discount(item) for item in items), Decimal(0))
    order: dict[str, Any] = {
        "number": facts.number,
        "status": NEW_ORDER,
        "channel": facts.channel_id,
        "customer": facts.customer,
        "shipping_address": facts.shipping_address,
        "billing_address": facts.billing_address,
        "currency": currency,
        "amount": money(goods - discount + facts.shipping_amount),
        "shipping_amount": money(facts.shipping_amount),
        "discount_amount": money(discount),
        "cargo_company": facts.cargo_company,
        "client_type": "default",
        "extra_field": {"id": package.number, "order_number": package.order_number},
    }
    if package.created_at:
        order["date_placed"] = package.created_at.isoformat()
    if package.tracking_number:
        order["tracking_number"] = package.tracking_number[:TRACKING_LIMIT]
    if facts.interest_amount:
        order["installment_interest_amount"] = money(facts.interest_amount)
    if facts.label_url:
        order["extra_field"] |= {"cargo_label_url": facts.label_url, "cargo_label_format": "pdf"}
    return {"order": order, "order_item": lines}


def item_lines(
    items: Sequence[OrderItem],
    lines: Sequence[PackageItem],
    product: Callable[[str], int | None],
    *,
    one_each: bool,
) -> dict[int, str]:
    """The line that each item of an order is, by the item's pk: the one it was made of; in an order that was entered by
    hand a line of the same product that has fewer items than units (``one_each``: than one). Items without a line are
    absent."""
    named = {item.pk: str(item.extra_field["id"]) for item in items if item.extra_field.get("id")}
    has = Counter(named.values())
    for line in lines:
        nameless = [item.pk for item in items if item.pk not in named and item.product == product(line.product)]
        lacking = (1 if one_each else line.quantity) - has[line.number]
        named |= dict.fromkeys(nameless[: max(lacking, 0)], line.number)
    return named


def _item_lines(package: Package, item: PackageItem, facts: OrderFacts, currency: str) -> list[dict[str, Any]]:
    price, tax_rate, discount = item.price, item.tax_rate, _discount(item)
    if price is None or price < 0 or tax_rate is None or item.quantity < 1 or discount > _total(item) or discount < 0:
        raise RecordParked(
            "order_amounts",
            number=package.number,
            detail=f"line {item.number} has quantity {item.quantity}, price {price}, discount {item.discount_amount},"
            f" tax rate {tax_rate}",
        )
    count = 1 if facts.quantity_key else item.quantity
    unit_price = _total(item) if facts.quantity_key else price
    return [
        {
            "product": facts.products[item.product],
            "status": NEW_ORDER,
            "price_currency": (item.currency or currency).lower(),
            "price": money(unit_price),
            "retail_price": money(item.retail_price) if item.retail_price is not None else None,
            "tax_rate": money(tax_rate),
            "discount_amount": money(part),
            "price_list": facts.price_list,
            "stock_list": facts.stock_list,
            "attributes": {facts.quantity_key: item.quantity} if facts.quantity_key else {},
            "attributes_kwargs": {},
            "extra_field": {"id": item.number},
        }
        for part in shares(discount, count)
    ]


def _total(item: PackageItem) -> Decimal:
    return _rounded(item.price or Decimal(0)) * item.quantity


def _discount(item: PackageItem) -> Decimal:
    return _rounded(item.discount_amount or Decimal(0))


def shares(amount: Decimal, parts: int) -> list[Decimal]:
    """``amount`` in ``parts`` that differ by a cent at most and add up to it again."""
    cents = int((amount / _CENT).to_integral_value(rounding=ROUND_HALF_UP))
    each, rest = divmod(cents, parts)
    return [(each + (1 if index < rest else 0)) * _CENT for index in range(parts)]


def money(amount: Decimal) -> str:
    """Two places, as the hub writes money."""
    return str(_rounded(amount))


def _rounded(amount: Decimal) -> Decimal:
    # before anything is added up, so that the order is the sum of its items
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
