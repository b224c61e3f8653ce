"""Where Omnitron and Fashfed do not agree on the life of an order, seen from outside both and without the connector.

For quiet moments: what is still on its way is a difference, too.
"""

from collections import Counter
from collections.abc import Iterator

from include.sandbox.fashfed.parcels import CANCELLED, DELIVERED, DELIVERY_FAILED, SHIPPED
from include.sandbox.money_differences import order_money, shipping_money
from include.sandbox.order_view import Difference, OrderView, lives, money
from include.sandbox.return_differences import return_differences
from include.sandbox.routing import Row


def order_differences(view: OrderView) -> list[Difference]:
    """(Package number, what) of everything on which the two do not agree."""
    packages = view.market.packages.rows
    found = [(number, what) for number in packages for what in _package(view, number)]
    found += [
        (number, "is not at Fashfed, but an order in Omnitron") for number in view.orders if number not in packages
    ]
    for line in sorted(view.units.keys() - view.market.lines.keys()):
        found.append((line.rpartition("-")[0], f"line {line} of items in Omnitron never was at Fashfed"))
    return [*found, *return_differences(view), *shipping_money(view)]


def _package(view: OrderView, number: str) -> Iterator[str]:
    orders, lines = view.orders.get(number, []), view.lines.get(number, [])
    if len(orders) > 1:
        yield f"has {len(orders)} orders in Omnitron"
    for order in orders:
        yield from _names(view, order)
        yield from order_money(view, order)
    holders = {item["order"] for line in lines for item in view.units.get(line, ())}
    if len(holders) > 1:
        yield f"its lines are in the orders {sorted(holders)} of Omnitron"
    # What was cancelled before anybody read it, and what was over before our time, needs no order.
    if holders or (number not in view.market.before_us and any(view.quantity(line) for line in lines)):
        for line in lines:
            yield from _line(view, line)
        yield from _progress(view, number, [item for line in lines for item in view.living(line)])


def _names(view: OrderView, order: Row) -> Iterator[str]:
    """The hub's actions name the market's package and lines: every later flow searches by them."""
    actions = view.hub.actions
    action = actions.get("order", order["pk"])
    if action is None or (action.remote_id, action.status) != (order["extra_field"]["id"], "success"):
        yield f"order {order['number']} has no action that names its package"
    for item in view.hub.order_items.find("order", order["pk"]):
        action = actions.get("orderitem", item["pk"])
        if action is None or action.remote_id is None or action.status != "success":
            yield f"item {item['pk']} of order {order['number']} has no action that names its line"


def _line(view: OrderView, line: str) -> Iterator[str]:
    units, quantity = view.units.get(line, []), view.quantity(line)
    living = view.count(view.living(line))
    if not living <= quantity <= living + _cancelled_in_part(view, line):
        states = dict(Counter(item["status"] for item in units))
        yield f"line {line}: {quantity} units at Fashfed, {living} living in Omnitron ({states or 'no items'})"
    price = money(view.market.lines[line]["price"])
    for item in units:
        if money(item["price"]) != price * (view.count([item]) if view.merged(item) else 1):
            yield f"line {line}: costs {price} at Fashfed, item {item['pk']} {item['price']} in Omnitron"


def _cancelled_in_part(view: OrderView, line: str) -> int:
    """Units that the brand cancelled of a line of which others live: no call of Fashfed can say that, and a buyer
    may since have cancelled the same."""
    cancelled = [item for item in view.units.get(line, ()) if not lives(item) and _by_brand(view, item)]
    return view.count(cancelled) if view.living(line) else 0


def _by_brand(view: OrderView, item: Row) -> bool:
    reason = str(view.conf.get("send_cancel_reason_id"))
    plans = view.hub.cancellation_plans.find("order", item["order"])
    entries = [entry for plan in plans if plan["status"] != "rejected" for entry in plan["items"]]
    return any((entry["order_item"], str(entry["reason"])) == (item["pk"], reason) for entry in entries)


def _progress(view: OrderView, number: str, living: list[Row]) -> Iterator[str]:
    """Who does not ship is where the shipper is; an invoice of the brand is at the market."""
    package = view.market.packages.rows[number]
    if not living or package["status"] in (CANCELLED, DELIVERY_FAILED):
        return
    there = package["status"] if package["status"] in (SHIPPED, DELIVERED) else 0
    stages = {_stage(int(item["status"])) for item in living}
    if there != min(stages) or (len(stages) > 1 and not view.conf.get("send_shipping_info")):
        states = ", ".join(sorted({item["status"] for item in living}))
        yield f"status {package['status']} at Fashfed, {states} in Omnitron"
    invoices = {item["invoice_number"] for item in living if item["invoice_number"]}
    if invoices and package["invoice_number"] not in invoices:
        yield f"invoice {package['invoice_number']} at Fashfed, {', '.join(sorted(invoices))} in Omnitron"


def _stage(status: int) -> int:
    """An item's status as the market counts: 0 for what is still with the brand."""
    if status >= 550:
        return DELIVERED
    return SHIPPED if status >= 500 else 0
