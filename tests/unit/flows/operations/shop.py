"""What the tests of the comparison of products look at."""

from dataclasses import dataclass
from typing import Any

from include.domain.run import RunReport
from include.state.store import Correction, SkuState
from tests.unit.flows.catalog.shelf import drawn_kit, skus
from tests.worldkit import CHANNEL, Kit

FIGURES = (
    *("catalog_skus", "on_sale_skus", "sku_difference", "price_differences"),
    *("catalog_stock", "on_sale_stock", "stock_difference", "stock_differences"),
)


@dataclass
class Shop:
    """A deployment whose products are compared; ``skus`` are all it has, in the order in which they were made."""

    kit: Kit
    skus: list[str]
    reading: bool = True
    """Whether Order Create runs."""

    @classmethod
    async def opened(cls, *, size: int = 6, stock: int = 20, price: str = "100.00") -> "Shop":
        """All products are on sale with one stock and one price, and nothing is on its way. Buffer Stock is 3."""
        kit = await drawn_kit(size=size)
        shop = cls(kit, skus(kit))
        for sku in shop.skus:
            kit.sandbox.brand.set_stock(sku, stock)
            kit.sandbox.brand.set_price(sku, price, "150.00")
        await kit.run("product")
        assert kit.sandbox.product_differences() == []
        await kit.later(hours=2)
        kit.wire.requests.clear()
        return shop

    async def compare(self, *, minutes: float = 30, **facts: Any) -> RunReport:
        """A comparison, after what happened last has had its time and Order Create its turn."""
        await self.kit.later(minutes=minutes)
        if self.reading:
            await self.kit.run("get_orders")
        return await self.kit.run("reconcile", **facts)

    async def send(self, *flows: str) -> None:
        """The flows have their turns."""
        for flow in flows or ("price", "stock"):
            await self.kit.run(flow)
        self.kit.sandbox.settle()

    def at_market(self, sku: str, **facts: Any) -> None:
        """Somebody changes an offer behind our back."""
        market = self.kit.sandbox.fashfed
        market.offers.rows[sku].update(facts, updated_at=market.now())

    def offer(self, sku: str) -> dict[str, Any]:
        """What Fashfed has."""
        found: dict[str, Any] = self.kit.sandbox.fashfed.offers.rows[sku]
        return found

    async def figures(self) -> dict[str, Any]:
        (newest,) = await self.kit.store().comparisons(CHANNEL, "products", 1)
        return dict(newest.figures)

    async def eight(self) -> list[int]:
        """The eight figures in the order of the dashboard."""
        found = await self.figures()
        return [found[name] for name in FIGURES]

    async def tally(self, kind: str) -> tuple[int, int, int, int]:
        """Found, new, queued and confirmed."""
        told = (await self.figures())[kind]
        return told["found"], told["new"], told["queued"], told["confirmed"]

    async def states(self) -> dict[str, SkuState]:
        return {row.sku: row for row in await self.kit.store().sku_states(CHANNEL)}

    async def codes(self) -> dict[str, str]:
        """Why SKUs are not as they should be."""
        return {sku: row.code for sku, row in (await self.states()).items() if row.code}

    async def corrections(self, kind: str = "stock") -> list[Correction]:
        return await self.kit.store().corrections(CHANNEL, kind, 100)
