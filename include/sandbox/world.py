"""A living world: buyers, brand and warehouse act on both stand-ins, the same way for the same seed and calls."""

import random
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from include.clock import Clock
from include.sandbox.catalogue_life import CatalogueLife
from include.sandbox.fashfed.market import DELIVERED, PREPARING, READY, SHIPPED
from include.sandbox.merchant import Merchant
from include.sandbox.omnitron.cancellation_life import complete_plan
from include.sandbox.omnitron.orders import change_item
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.assortment import articles
from include.sandbox.seed.buyers import buy
from include.sandbox.seed.catalogue import add_article

# So that no step takes long.
_MOST_PER_STEP = 5_000
_ODD = (("township", 0.02), ("carrier", 0.01), ("sku", 0.005))
_NEXT = {PREPARING: READY, READY: SHIPPED, SHIPPED: DELIVERED}
_HUB_STATUS = {READY: "450", SHIPPED: "500", DELIVERED: "550"}


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of each happen per step, on average."""

    orders: float = 0.4
    cancels: float = 0.03
    refunds: float = 0.03
    restocks: float = 0.25
    sales_elsewhere: float = 2.0
    reprices: float = 0.3
    parcels_moved: float = 2.5
    new_products: float = 0.02
    departures: float = 0.0
    returns: float = 0.0
    name_changes: float = 0.0
    image_changes: float = 0.0
    attribute_drift: float = 0.0
    category_changes: float = 0.0

    @classmethod
    def lively(cls) -> "Rates":
        """Everything happens: also the catalogue is edited, and the market's categories drift."""
        edits = cls(departures=0.02, returns=0.015, name_changes=0.05, image_changes=0.03)
        return replace(edits, attribute_drift=0.002, category_changes=0.0005)


class World:
    """Moves both remotes on, step by step."""

    def __init__(self, sandbox: Sandbox, *, seed: int = 1, rates: Rates | None = None) -> None:
        self.sandbox = sandbox
        self.rates = rates or Rates()
        self.running = True
        self.merchant = Merchant(sandbox)
        self.events: dict[str, int] = dict.fromkeys((*asdict(self.rates), "merchandised"), 0)
        self._catalogue = CatalogueLife(sandbox, seed)
        self._rng = random.Random(f"world {seed}")
        self._seed = seed

    def step(self, count: int = 1) -> None:
        """Let one span of time happen, or several."""
        for _ in range(count):
            for name, rate in asdict(self.rates).items():
                happening = getattr(self._catalogue, name, None)
                rng = self._catalogue.rng if happening else self._rng
                for _ in range(int(rate) + (rng.random() < rate % 1)):
                    self.events[name] += bool((happening or getattr(self, f"_{name}"))())
            self.events["merchandised"] += self.merchant.work(_MOST_PER_STEP)

    async def run(self, interval: float, clock: Clock) -> None:
        """Step every ``interval`` seconds while ``running``."""
        while True:
            await clock.sleep(interval)
            if self.running:
                self.step()

    def _pick(self, rows: list[Row]) -> Row | None:
        return self._rng.choice(rows) if rows else None

    def _orders(self) -> bool:
        offers = self.sandbox.fashfed.offers.rows
        skus = [sku for sku, offer in offers.items() if offer["is_active"] and offer["stock"] > 0]
        dice = self._rng.random()
        odd = ""
        for kind, share in _ODD:
            odd, dice = (kind, 1.0) if dice < share else (odd, dice - share)
        return bool(skus) and bool(buy(self.sandbox.fashfed, self._rng, skus, odd=odd))

    def _cancels(self) -> bool:
        """A buyer cancels a line; mostly of a package that the brand already knows."""
        market = self.sandbox.fashfed
        packages = market.packages.find("status", PREPARING)
        known = [package for package in packages if self._hub_order(package)]
        package = self._pick(known if self._rng.random() < 0.9 else packages)
        reason = self._pick([reason for reason in market.reasons.rows.values() if reason["type"] == "cancel"])
        item = self._pick(market.items.find("package", package["number"])) if package else None
        if not item or not reason:
            return False
        return bool(market.cancel_item(item, by=1, reason=reason["id"], detail="Artık ihtiyacım kalmadı"))

    def _refunds(self) -> bool:
        """A buyer sends a delivered line back, once."""
        market = self.sandbox.fashfed
        package = self._pick(market.packages.find("status", DELIVERED))
        reason = self._pick([reason for reason in market.reasons.rows.values() if reason["type"] == "refund"])
        item = self._pick(market.items.find("package", package["number"])) if package else None
        if not item or not reason or item["number"] in {claim["package_item"] for claim in market.claims.rows.values()}:
            return False
        status = self._rng.choice(("open", "waiting"))
        return bool(market.claim(item, "refund", status, reason=reason["id"], detail="Beden uymadı", cancelled_by=None))

    def _stock(self, *amounts: int) -> bool:
        hub = self.sandbox.omnitron
        if not len(hub.stocks):
            return False
        # Of one: so that the worlds of known seeds stay what they were.
        stock = self._rng.choice([hub.stocks.rows.get(self._rng.randrange(len(hub.stocks)) + 1)])
        amount = self._rng.choice(amounts)
        if stock is None:
            return False
        hub.touch("productstock", stock, stock=max(0, stock["stock"] + amount))
        return True

    def _restocks(self) -> bool:
        return self._stock(5, 10, 20, 50)

    def _sales_elsewhere(self) -> bool:
        return self._stock(-1, -1, -1, -2, -3)

    def _reprices(self) -> bool:
        hub = self.sandbox.omnitron
        if not len(hub.prices):
            return False
        price = hub.prices.rows.get(self._rng.randrange(len(hub.prices)) + 1)
        factor = Decimal(self._rng.choice(("0.80", "0.90", "0.95", "1.05", "1.10")))
        if price is None:
            return False
        value = min(Decimal(price["price"]) * factor, Decimal(price["retail_price"]))
        hub.touch("productprice", price, price=f"{value:.2f}")
        return True

    def _parcels_moved(self) -> bool:
        """The warehouse reports an order to ERP, or a parcel that the hub knows goes one state on."""
        market, hub = self.sandbox.fashfed, self.sandbox.omnitron
        for plan in [plan for plan in hub.cancellation_plans.rows.values() if plan["status"] == "waiting"][:1]:
            complete_plan(hub, plan)
        moving = [package for status in _NEXT for package in market.packages.find("status", status)]
        chosen = self._rng.sample(moving, min(20, len(moving)))
        package = next((package for package in chosen if self._hub_order(package)), None)
        order = self._hub_order(package) if package else None
        if not package or not order:
            return False
        if not order["is_send"]:
            hub.touch("order", order, is_send=True)
        else:
            self._move(package, order, _NEXT[package["status"]])
        return True

    def _move(self, package: Row, order: Row, status: int) -> None:
        """Who ships decides where the news starts: at the market, or in the hub (setting Send Shipping Info)."""
        hub, facts = self.sandbox.omnitron, self._shipping_facts(package) if status == SHIPPED else {}
        if not hub.channel["conf"].get("send_shipping_info"):
            self.sandbox.fashfed.move(package, status, **facts)
            return
        for item in hub.order_items.find("order", order["pk"]):
            if int(item["status"]) > 100:
                change_item(hub, item, status=_HUB_STATUS[status], tracking_number=facts.get("tracking_number"))

    def _shipping_facts(self, package: Row) -> dict[str, Any]:
        number = str(self._rng.randrange(7_700_000_000, 7_799_999_999))
        url = f"https://cargo.example.com/t/{number}"
        return {"tracking_number": number, "tracking_url": url, "shipped_date": self.sandbox.fashfed.now()}

    def _hub_order(self, package: Row) -> Row | None:
        action = next(iter(self.sandbox.omnitron.actions.with_remote([package["number"]])), None)
        return self.sandbox.omnitron.orders.rows.get(action.object_id) if action and action.model == "order" else None

    def _new_products(self) -> bool:
        hub = self.sandbox.omnitron
        number = 500_000 + self._seed * 1000 + self.events["new_products"]
        article = next(articles(self._rng, first=number))
        if not hub.products.find("sku", article.sku):
            add_article(hub, article, self._rng.choice((10, 20, 40)))
            return True
        return False
