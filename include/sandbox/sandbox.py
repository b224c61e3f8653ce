"""Both stand-ins together: seeded, driven by the clock that is passed in, reachable in-process or over HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from include.clock import Clock, SystemClock
from include.sandbox import fashfed, omnitron
from include.sandbox.brand import Brand
from include.sandbox.differences import Fitness, Prices, price_at, price_in
from include.sandbox.fashfed import Fashfed, Line
from include.sandbox.faults import Faults
from include.sandbox.omnitron import Omnitron
from include.sandbox.oms import Oms
from include.sandbox.order_differences import order_differences
from include.sandbox.order_hands import OrderHands
from include.sandbox.order_view import OrderView
from include.sandbox.routing import App, Row
from include.sandbox.seed import fill
from include.sandbox.seed.channel import ACCESS_TOKEN, CHANNEL_ID, PASSWORD, USERNAME
from include.sandbox.timeline import Timeline
from include.sandbox.transport import SandboxTransport

URLS = {"omnitron": "https://omnitron.sandbox", "fashfed": "https://fashfed.sandbox"}


class Sandbox:
    """The two remotes, their faults, and the hands of buyers and brand on them."""

    channel_id = CHANNEL_ID
    username = USERNAME
    password = PASSWORD
    access_token = ACCESS_TOKEN

    def __init__(self, hub: Omnitron, market: Fashfed, faults: Faults, oms: Oms | None = None) -> None:
        self.omnitron = hub
        self.fashfed = market
        self.faults = faults
        self.brand = Brand(hub)
        self.hands = OrderHands(hub, market)
        self.oms = oms or Oms(market, hub.channel["pk"])
        self.urls = dict(URLS)
        self.apps = {
            "omnitron": App(hub, omnitron.ROUTES, omnitron.guard),
            "fashfed": App(market, fashfed.ROUTES, fashfed.guard),
        }

    @classmethod
    def seeded(
        cls,
        *,
        seed: int = 1,
        size: int = 5000,
        packages: int = 200,
        clock: Clock | None = None,
        processing_seconds: float = 1.0,
        market_url: str = URLS["fashfed"],
        on_sale: float = 0.96,
        bare: bool = False,
        history: int = 0,
    ) -> "Sandbox":
        """Both remotes with the same data for the same seed and clock; the last three as in ``seed.fill``."""
        timeline = Timeline(clock or SystemClock())
        hub = Omnitron(timeline)
        market = Fashfed(timeline, processing_seconds=processing_seconds)
        sizes = {"size": size, "packages": packages, "history": history}
        fill(hub, market, seed=seed, **sizes, market_url=market_url, on_sale=on_sale, bare=bare)
        return cls(hub, market, Faults(seed))

    @property
    def clock(self) -> Clock:
        return self.omnitron.timeline.clock

    def transport(self) -> SandboxTransport:
        """An in-process transport to both remotes."""
        return SandboxTransport(self.apps, self.faults, self.clock, self.urls)

    def move_clock(self, span: timedelta) -> None:
        """The clock of both remotes goes ahead of the true time by so much more."""
        for timeline in {self.omnitron.timeline, self.fashfed.timeline}:
            timeline.ahead += span

    def settle(self) -> None:
        """Let market batches whose time has come take effect."""
        fashfed.settle(self.fashfed)

    def stock_row(self, sku: str) -> Row:
        """The hub's stock row of a SKU on the channel's list. Raises KeyError."""
        row = self.brand.row("productstock", sku)
        if row is None:
            raise KeyError(f"no stock of {sku}")
        return row

    def touch_stock(self, sku: str, value: int) -> Row:
        """The brand sets a stock; the row is due in the feed."""
        return self.omnitron.touch("productstock", self.stock_row(sku), stock=value)

    def touch_stocks(self, count: int) -> list[str]:
        """The brand changes the stock of so many SKUs on sale so that the market's value has to change."""
        buffer = int(self.omnitron.channel["conf"].get("buffer_stock") or 0)
        skus = self.skus_on_sale()[:count]
        if len(skus) < count:
            raise ValueError(f"only {len(skus)} SKUs are on sale")
        for sku in skus:
            self.touch_stock(sku, self.fashfed.offers.rows[sku]["stock"] + buffer + 1)
        return skus

    def touch_prices(self, count: int) -> list[str]:
        """The brand raises the prices of so many SKUs on sale by one hundredth, and at least by 1.00."""
        skus = self.skus_on_sale()[:count]
        if len(skus) < count:
            raise ValueError(f"only {len(skus)} SKUs are on sale")
        for sku in skus:
            price, retail = price_at(self.fashfed.offers.rows[sku])
            price = round(max(price * Decimal("1.01"), price + 1), 2)
            self.brand.set_price(sku, f"{price:.2f}", f"{max(price, retail):.2f}")
        return skus

    def stock_differences(self) -> list[tuple[str, int, int]]:
        """(SKU, what should be on sale, what is) where the market is not at hub minus buffer, never below 0.

        What left the catalog should be at 0.
        """
        hub = self.omnitron
        buffer = int(hub.channel["conf"].get("buffer_stock") or 0)
        wanted = {
            hub.products.rows[row["product"]]["sku"]: max(0, row["stock"] - buffer)
            if hub.in_catalog("productstock", row)
            else 0
            for row in hub.stocks.rows.values()
            if row["stock_list"] == hub.catalog["stock_list"]
        }
        return [
            (sku, wanted[sku], offer["stock"])
            for sku, offer in self.fashfed.offers.rows.items()
            if sku in wanted and wanted[sku] != offer["stock"]
        ]

    def price_differences(self) -> list[tuple[str, Prices, Prices]]:
        """(SKU, price and retail price in the hub, the same at the market) where they differ.

        What the market has to be spared (zero, above the retail price, not in the catalog) is left out.
        """
        hub = self.omnitron
        differences = []
        for row in hub.prices.rows.values():
            sku = hub.products.rows[row["product"]]["sku"]
            offer = self.fashfed.offers.rows.get(sku)
            if offer and row["price_list"] == hub.catalog["price_list"] and hub.in_catalog("productprice", row):
                wanted, there = price_in(row), price_at(offer)
                if wanted and wanted != there:
                    differences.append((sku, wanted, there))
        return differences

    def product_differences(self) -> list[str]:
        """SKUs of the catalog that are fit for sale and not on sale and active."""
        fitness, active = Fitness(self.omnitron, self.fashfed), set(self.skus_on_sale())
        rows = self.omnitron.products.rows.values()
        return [row["sku"] for row in rows if row["sku"] not in active and fitness.of(row)]

    def order_differences(self) -> list[tuple[str, str]]:
        """(Package number, what) where the two do not agree on the life of an order; for quiet moments."""
        return order_differences(OrderView(self.omnitron, self.fashfed, self.hands.line_of))

    def place_order(self, lines: Sequence[Line | str], address: Row | None = None, **facts: Any) -> list[Row]:
        """A buyer orders SKUs or lines; address fields given replace those of a plain address. Returns the packages."""
        basket = [line if isinstance(line, Line) else self._line(line) for line in lines]
        return self.fashfed.place_order(basket, {**plain_address(), **(address or {})}, **facts)

    def _line(self, sku: str) -> Line:
        offer = self.fashfed.offers.rows.get(sku)
        if offer and not offer["is_active"]:
            raise ValueError(f"{sku} cannot be bought: its offer is not active")
        return Line(sku, price=offer["price"], retail_price=offer["retail_price"]) if offer else Line(sku)

    def skus_on_sale(self) -> list[str]:
        """SKUs with an active offer, in stock or not."""
        return [sku for sku, offer in self.fashfed.offers.rows.items() if offer["is_active"]]


def plain_address() -> Row:
    """An address whose every level the hub knows by name."""
    return {
        "email": "ayse.yilmaz@example.com",
        "phone_number": "+905320000001",
        "first_name": "Ayşe",
        "last_name": "Yılmaz",
        "country": "Türkiye",
        "country_code": "TR",
        "city": "İstanbul",
        "township": "Kadıköy",
        "district": "Moda",
        "line": "Gül Sok. No: 5 D: 3",
        "postcode": "34710",
        "e_bill_taxpayer": False,
        "identity_number": "10000000146",
    }
