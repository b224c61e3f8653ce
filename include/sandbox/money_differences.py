"""Whether orders in Omnitron cost what their packages at Fashfed do."""

from collections.abc import Iterator
from decimal import Decimal

from include.sandbox.order_view import Difference, OrderView, money
from include.sandbox.routing import Row

Kind = tuple[str, Decimal]
"""Product and price of a unit. Nobody can tell units of a kind apart once they have moved to other packages."""


def order_money(view: OrderView, order: Row) -> Iterator[str]:
    """An order is the sum of its items and its shipping; its discounts are those of its lines as it was made."""
    items = view.hub.order_items.find("order", order["pk"])
    goods = sum(Decimal(item["price"]) * (1 if view.merged(item) else view.count([item])) for item in items)
    amount = goods - _discount(items) + Decimal(order["shipping_amount"])
    if Decimal(order["amount"]) != amount:
        yield f"order {order['number']} costs {order['amount']}, its items and shipping {amount}"
    bought = _bought(view, order)
    units: dict[Kind, list[Row]] = {}
    for item in items:
        sku = view.hub.products.rows[item["product"]]["sku"]
        price = Decimal(item["price"]) / (view.count([item]) if view.merged(item) else 1)
        units.setdefault((sku, price), []).append(item)
    for kind, mine in units.items():
        count, discount = view.count(mine), _discount(mine)
        if (count, discount) not in bought.get(kind, ()):
            told = sorted(discount for units, discount in bought.get(kind, ()) if units == count)
            yield (
                f"{count} units of {kind[0]} at {kind[1]} have a discount of {discount} in Omnitron, "
                f"{' or '.join(map(str, told)) or 'none such were bought'} at Fashfed"
            )


def _bought(view: OrderView, order: Row) -> dict[Kind, set[tuple[int, Decimal]]]:
    """How many units of each kind the order's package may have held when the order was made, and their discount."""
    found: dict[Kind, set[tuple[int, Decimal]]] = {}
    for number in view.lines.get(str(order["extra_field"].get("id")), ()):
        line = view.market.lines[number]
        kind = (line["product"], money(line["price"]))
        had = [(0, Decimal(0)), *((quantity, money(discount)) for quantity, discount in line["discounts"].items())]
        before = found.get(kind, {had[0]})
        found[kind] = {(units + more, given + also) for units, given in before for more, also in had}
    return found


def _discount(items: list[Row]) -> Decimal:
    return sum((Decimal(item["discount_amount"]) for item in items), Decimal(0))


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
