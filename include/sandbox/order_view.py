"""Lines of the market and units of the hub side by side, as whoever compares the two needs them."""

from collections.abc import Callable
from decimal import Decimal

from include.sandbox.fashfed import Fashfed
from include.sandbox.fashfed.parcels import CANCELLED
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row

Difference = tuple[str, str]
"""Package number, and what."""
_CENT = Decimal("0.01")


class OrderView:
    """One look at both remotes as they are now. ``line_of``: the line of the market that an item of the hub names."""

    def __init__(self, hub: Omnitron, market: Fashfed, line_of: Callable[[Row], str]) -> None:
        self.hub = hub
        self.market = market
        self.line_of = line_of
        self.conf: Row = hub.channel["conf"]
        self.units: dict[str, list[Row]] = {}
        """Line -> items of the hub."""
        for item in hub.order_items.rows.values():
            self.units.setdefault(line_of(item), []).append(item)
        self.lines: dict[str, list[str]] = {}
        """Package -> every line it ever had."""
        for number, line in market.lines.items():
            self.lines.setdefault(line["package"], []).append(number)
        self.orders: dict[str, list[Row]] = {}
        """Package -> orders of the hub that were made of it."""
        for order in hub.orders.rows.values():
            self.orders.setdefault(str(order["extra_field"].get("id")), []).append(order)

    def quantity(self, line: str) -> int:
        """Living units of a line at the market."""
        item = self.market.items.rows.get(line)
        if item is None or self.market.packages.rows[item["package"]]["status"] == CANCELLED:
            return 0
        return int(item["quantity"])

    def living(self, line: str) -> list[Row]:
        """The items of a line that are neither cancelled nor wait for it."""
        return [item for item in self.units.get(line, ()) if lives(item)]

    def merged(self, item: Row) -> bool:
        """Whether the channel makes one item of all units of a line, and this is one."""
        key = self.conf.get("order_item_quantity_key")
        return bool(key) and key in item["attributes"]

    def count(self, items: list[Row]) -> int:
        """How many units the items are."""
        key = self.conf.get("order_item_quantity_key")
        return sum(int(item["attributes"][key] if self.merged(item) else item["quantity"]) for item in items)


def lives(item: Row) -> bool:
    """Whether an item of the hub is neither cancelled (100) nor waits for it (50)."""
    return int(item["status"]) > 100


def money(number: float) -> Decimal:
    """An amount of the market as the hub writes it."""
    return Decimal(str(number)).quantize(_CENT)
