"""What buyers and the warehouse do in a living world: orders, cancellations, returns, parcels on their way."""

import random
from typing import Any

from include.sandbox.fashfed.market import DELIVERED, PREPARING, READY, SHIPPED
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.buyers import buy

_ODD = (("township", 0.02), ("carrier", 0.01), ("sku", 0.005))
_NEXT = {PREPARING: READY, READY: SHIPPED, SHIPPED: DELIVERED}


class OrderLife:
    """One method per happening, named as in ``Rates``; each says whether it happened."""

    def __init__(self, sandbox: Sandbox, rng: random.Random) -> None:
        self.rng = rng
        self._sandbox = sandbox

    def _pick(self, rows: list[Row]) -> Row | None:
        return self.rng.choice(rows) if rows else None

    def orders(self) -> bool:
        offers = self._sandbox.fashfed.offers.rows
        skus = [sku for sku, offer in offers.items() if offer["is_active"] and offer["stock"] > 0]
        dice = self.rng.random()
        odd = ""
        for kind, share in _ODD:
            odd, dice = (kind, 1.0) if dice < share else (odd, dice - share)
        return bool(skus) and bool(buy(self._sandbox.fashfed, self.rng, skus, odd=odd))

    def cancels(self) -> bool:
        """A buyer cancels a line; mostly of a package that the brand already knows, and none that has left it."""
        market, hands = self._sandbox.fashfed, self._sandbox.hands
        packages = market.packages.find("status", PREPARING)
        known = [package for package in packages if hands.order_of(package["number"])]
        package = self._pick(known if self.rng.random() < 0.9 else packages)
        reason = self._pick([reason for reason in market.reasons.rows.values() if reason["type"] == "cancel"])
        item = self._pick(market.items.find("package", package["number"])) if package else None
        if not item or not reason or hands.has_left(item["number"]):
            return False
        return bool(market.cancel_item(item, by=1, reason=reason["id"], detail="Artık ihtiyacım kalmadı"))

    def refunds(self) -> bool:
        """A buyer sends a delivered line back, once."""
        market = self._sandbox.fashfed
        package = self._pick(market.packages.find("status", DELIVERED))
        reason = self._pick([reason for reason in market.reasons.rows.values() if reason["type"] == "refund"])
        item = self._pick(market.items.find("package", package["number"])) if package else None
        if not item or not reason or market.claims.find("package_item", item["number"]):
            return False
        status = self.rng.choice(("open", "waiting"))
        return bool(market.return_item(item, status, reason=reason["id"], detail="Beden uymadı"))

    def parcels_moved(self) -> bool:
        """The warehouse reports an order to ERP, or a parcel that the hub knows goes one state on."""
        market, hub, hands = self._sandbox.fashfed, self._sandbox.omnitron, self._sandbox.hands
        for plan in hands.open_plans()[:1]:
            hands.complete_plan(plan)
        moving = [package for status in _NEXT for package in market.packages.find("status", status)]
        chosen = self.rng.sample(moving, min(20, len(moving)))
        package = next((package for package in chosen if self._may_move(package["number"])), None)
        order = hands.order_of(package["number"]) if package else None
        if not package or not order:
            return False
        if not order["is_send"]:
            hands.report(order)
        elif hub.channel["conf"].get("send_shipping_info"):
            self._move_in_hub(package)
        else:
            status = _NEXT[package["status"]]
            market.move(package, status, **(self._shipping_facts() if status == SHIPPED else {}))
        return True

    def _may_move(self, package: str) -> bool:
        """Known to the hub; and once ERP has it, nothing in it is cancelled on one side only, nor is it being split."""
        hands = self._sandbox.hands
        order = hands.order_of(package)
        ready = hands.agrees(package) and not self._sandbox.oms.is_splitting(package)
        return order is not None and (ready or not order["is_send"])

    def _move_in_hub(self, package: Row) -> None:
        """The brand ships (setting Send Shipping Info): its items go one state on, and the market hears of it."""
        hands = self._sandbox.hands
        items = hands.items_of(package["number"])
        stage = min((int(item["status"]) for item in items if int(item["status"]) > 100), default=0)
        if stage < 450:
            hands.prepare(items)
        elif stage < 500:
            hands.ship(items, str(self._shipping_facts()["tracking_number"]))
        else:
            hands.deliver(items)

    def _shipping_facts(self) -> dict[str, Any]:
        number = str(self.rng.randrange(7_700_000_000, 7_799_999_999))
        url = f"https://cargo.example.com/t/{number}"
        return {"tracking_number": number, "tracking_url": url, "shipped_date": self._sandbox.fashfed.now()}
