"""Orders in the control endpoint: both sides next to each other, and new ones."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from include.sandbox.fashfed import Line
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.buyers import make_address

_ORDER = ("number", "status", "amount", "shipping_amount", "is_send", "e_archive_url", "extra_field")
_ITEM = ("pk", "product", "price", "quantity", "status", "tracking_number", "invoice_number", "extra_field")
_PACKAGE = ("number", "order_number", "status", "shipping_company", "tracking_number", "invoice_number")
_LINE = ("number", "product", "quantity", "price", "status")


class OrderControl:
    """Calls by method and name, as ``Control`` has them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._rng = random.Random("control")
        self._buyers: list[tuple[Row, Row | None]] = []
        self.calls: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("GET", "orders"): self.orders,
            ("POST", "orders"): self.make_orders,
            ("GET", "differences"): self.differences,
        }

    def orders(self, _: Row) -> Row:
        """Orders in the hub and packages at the market, with their lines and cancelled units, side by side."""
        hub, market = self._sandbox.omnitron, self._sandbox.fashfed
        cancelled: Counter[str] = Counter()
        for claim in market.claims.find("type", "cancel"):
            if claim["status"] == "completed":
                cancelled[market.lines[claim["package_item"]]["package"]] += claim["quantity"]
        return {
            "omnitron": [self._order(order) for order in hub.orders.rows.values()],
            "fashfed": [
                {
                    **{name: package[name] for name in _PACKAGE},
                    "cancelled": cancelled[package["number"]],
                    "items": [
                        {name: item[name] for name in _LINE} for item in market.items.find("package", package["number"])
                    ],
                }
                for package in market.packages.rows.values()
            ],
        }

    def _order(self, order: Row) -> Row:
        """With the line of each item, and the packages that these are in."""
        sandbox = self._sandbox
        items = [
            {**{name: item[name] for name in _ITEM}, "line": sandbox.hands.line_of(item)}
            for item in sandbox.omnitron.order_items.find("order", order["pk"])
        ]
        lines = (sandbox.fashfed.lines.get(item["line"], {}) for item in items)
        packages = sorted({line["package"] for line in lines if line})
        return {**{name: order[name] for name in _ORDER}, "packages": packages, "items": items}

    def differences(self, _: Row) -> list[Row]:
        """Where the two do not agree on the life of an order; for quiet moments."""
        return [{"package": package, "what": what} for package, what in self._sandbox.order_differences()]

    def make_orders(self, body: Row) -> Row:
        """``count`` new packages that nothing is wrong with. Shares: ``several_parcels`` (of the orders),
        ``billing_differs``, ``repeat_buyers``; ``lines``: smallest and largest number per parcel; ``quantity``: units
        of each line; ``address``: fields of the buyers' addresses that are as given."""
        left = int(body.get("count", 1))
        on_sale, offers = self._sandbox.skus_on_sale(), self._sandbox.fashfed.offers.rows
        skus = [sku for sku in on_sale if offers[sku]["stock"] > 0] or on_sale
        numbers: list[str] = []
        while left > 0:
            parcels = min(left, 2 if self._rng.random() < body.get("several_parcels", 0) else 1)
            shipping, billing = self._buyer(body)
            given = body.get("address", {})
            both = {**shipping, **given}, billing and {**billing, **given}
            packages = self._sandbox.fashfed.place_order(self._basket(body, skus, parcels), *both)
            numbers += [package["number"] for package in packages]
            left -= parcels
        return {"packages": numbers}

    def _buyer(self, body: Row) -> tuple[Row, Row | None]:
        if self._buyers and self._rng.random() < body.get("repeat_buyers", 0):
            return self._rng.choice(self._buyers)
        shipping = make_address(self._rng)
        billing = None
        if self._rng.random() < body.get("billing_differs", 0):
            billing = {**make_address(self._rng, company=True), "email": shipping["email"]}
        self._buyers.append((shipping, billing))
        return shipping, billing

    def _basket(self, body: Row, skus: list[str], parcels: int) -> list[Line]:
        fewest, most = body.get("lines", (1, 2))
        quantity, offers = int(body.get("quantity", 1)), self._sandbox.fashfed.offers.rows
        return [
            Line(sku, quantity, offers[sku]["price"], retail_price=offers[sku]["retail_price"], parcel=parcel)
            for parcel in range(parcels)
            for sku in self._rng.choices(skus, k=self._rng.randint(fewest, most))
        ]
