"""Whether orders in Omnitron cost what their packages at Fashfed do."""

from collections.abc import Iterator
from decimal import Decimal

from include.sandbox.order_view import Difference, OrderView, money
from include.sandbox.routing import Row


def order_money(view: OrderView, order: Row) -> Iterator[str]:
    """An order is the sum of its items and its shipping; its discounts are those of its lines as it was made."""
    items = view.hub.order_items.find("order", order["pk"])
    goods = sum(Decimal(item["price"]) * (1 if view.merged(item) else view.count([item])) for item in items)
    amount = goods - _discount(items) + Decimal(order["shipping_amount"])
    if Decimal(order["amount"]) != amount:
        yield f"order {order['number']} costs {order['amount']}, its items and shipping {amount}"
    bought: dict[str, list[Row]] = {}
    for item in items:
        bought.setdefault(_bought_as(view, item, order), []).append(item)
    for line, units in bought.items():
        discounts = view.market.lines.get(line, {}).get("discounts", {})
        count, discount = view.count(units), _discount(units)
        # a cancelled unit may be called by a line of its SKU that it never was in; that is money only where they differ
        wanted = {money(one) for one in ([discounts[count]] if count in discounts else discounts.values())}
        if wanted != {discount}:
            yield f"line {line}: {count} units with a discount of {discount} in Omnitron, {discounts} at Fashfed"


def _discount(items: list[Row]) -> Decimal:
    return sum((Decimal(item["discount_amount"]) for item in items), Decimal(0))


def _bought_as(view: OrderView, item: Row, order: Row) -> str:
    """The line of the order's own package that an item came in as, before splits."""
    lines, package = view.market.lines, order["extra_field"].get("id")
    line: str = view.line_of(item)
    while line in lines and lines[line]["package"] != package:
        line = lines[line]["parent"] or ""
    return line


def shipping_money(view: OrderView) -> Iterator[Difference]:
    """The shipping amount of an order at the market is counted once over its orders in the hub."""
    packages, paid = view.market.packages, dict[str, Decimal]()
    for number in view.orders.keys() & packages.rows.keys():
        name = packages.rows[number]["order_number"]
        paid.setdefault(name, Decimal(0))
        for order in view.orders[number]:
            paid[name] += Decimal(order["shipping_amount"])
    for name, amount in sorted(paid.items()):
        wanted = money(view.market.orders.rows[name]["shipping_amount"])
        if amount != wanted:
            first = packages.find("order_number", name)[0]["number"]
            yield first, f"shipping of order {name} is {wanted} at Fashfed, {amount} in Omnitron"
