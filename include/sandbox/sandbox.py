"""Both stand-ins together: seeded, driven by the clock that is passed in, reachable in-process or over HTTP."""

from collections.abc import Sequence
from typing import Any

from include.clock import Clock, SystemClock
from include.sandbox import fashfed, omnitron
from include.sandbox.fashfed import Fashfed, Line
from include.sandbox.faults import Faults
from include.sandbox.omnitron import Omnitron
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

    def __init__(self, hub: Omnitron, market: Fashfed, faults: Faults) -> None:
        self.omnitron = hub
        self.fashfed = market
        self.faults = faults
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
    ) -> "Sandbox":
        """Both remotes with the same data for the same seed and clock."""
        timeline = Timeline(clock or SystemClock())
        hub = Omnitron(timeline)
        market = Fashfed(timeline, processing_seconds=processing_seconds)
        fill(hub, market, seed=seed, size=size, packages=packages, market_url=market_url)
        return cls(hub, market, Faults(seed))

    @property
    def clock(self) -> Clock:
        return self.omnitron.timeline.clock

    def transport(self) -> SandboxTransport:
        """An in-process transport to both remotes."""
        return SandboxTransport(self.apps, self.faults, self.clock, self.urls)

    def settle(self) -> None:
        """Let market batches whose time has come take effect."""
        fashfed.settle(self.fashfed)

    def stock_row(self, sku: str) -> Row:
        """The hub's stock row of a SKU on the channel's list."""
        product = self.omnitron.products.find("sku", sku)[0]
        rows = self.omnitron.stocks.find("product", product["pk"])
        return next(row for row in rows if row["stock_list"] == self.omnitron.catalog["stock_list"])

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

    def stock_differences(self) -> list[tuple[str, int, int]]:
        """(SKU, what should be on sale, what is) where the market is not at hub minus buffer, never below 0."""
        hub = self.omnitron
        buffer = int(hub.channel["conf"].get("buffer_stock") or 0)
        wanted = {
            hub.products.rows[row["product"]]["sku"]: max(0, row["stock"] - buffer)
            for row in hub.stocks.rows.values()
            if row["stock_list"] == hub.catalog["stock_list"]
        }
        return [
            (sku, wanted[sku], offer["stock"])
            for sku, offer in self.fashfed.offers.rows.items()
            if sku in wanted and wanted[sku] != offer["stock"]
        ]

    def place_order(self, lines: Sequence[Line | str], address: Row | None = None, **facts: Any) -> list[Row]:
        """A buyer orders SKUs or lines; address fields given replace those of a plain address. Returns the packages."""
        basket = [line if isinstance(line, Line) else self._line(line) for line in lines]
        return self.fashfed.place_order(basket, {**plain_address(), **(address or {})}, **facts)

    def _line(self, sku: str) -> Line:
        offer = self.fashfed.offers.rows.get(sku)
        return Line(sku, price=offer["price"], retail_price=offer["retail_price"]) if offer else Line(sku)

    def skus_on_sale(self) -> list[str]:
        return list(self.fashfed.offers.rows)


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
