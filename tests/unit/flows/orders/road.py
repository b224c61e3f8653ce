"""A shop whose packages are on their way: what the tests of the order updates do and look at."""

from contextlib import suppress
from typing import Any

from include.domain.run import RunReport
from include.errors import FashfedError
from include.sandbox.fashfed import Line
from include.state.store import Claim, Identity, InboxRow
from tests.unit.flows.orders.shop import Row, Shop
from tests.worldkit import CHANNEL

SHIPPED, DELIVERED, NOT_DELIVERED, CANCELLED = 4, 5, 6, 1


class Road(Shop):
    """A shop seen by whoever ships."""

    @property
    def hands(self) -> Any:
        """The brand's people in Omnitron."""
        return self.kit.sandbox.hands

    async def sold(self, *lines: Line | str, **facts: Any) -> Row:
        """A package whose order is in Omnitron."""
        package = self.buy(*lines, **facts)
        await self.run()
        await self.kit.later(minutes=1)
        return package

    def move(self, package: Row, status: int = SHIPPED, tracking: str | None = "7700000001", **facts: Any) -> Row:
        """Fashfed's own warehouse moves a package on."""
        known = {"tracking_number": tracking} if tracking else {}
        moved: Row = self.market.move(package, status, **known, **facts)
        return moved

    async def take_over(self, *steps: str, **facts: Any) -> RunReport:
        return await self.kit.run("get_updated_orders", *steps, **facts)

    async def tell(self, **facts: Any) -> RunReport:
        return await self.kit.run("send_update_orders", **facts)

    async def try_to(self, flow: str) -> None:
        """A run that trouble may end."""
        with suppress(FashfedError):
            await self.kit.run(flow)

    def states(self, package: Row) -> list[tuple[str, str | None]]:
        """Status and tracking number of the order's items in Omnitron."""
        return [(item["status"], item["tracking_number"]) for item in self.items(package)]

    async def movement(self, package: Row, status: int = SHIPPED) -> InboxRow:
        row = await self.kit.store().inbox_row(CHANNEL, "movement", f"{package['number']}:{status}")
        assert row is not None
        return row

    def notes(self) -> list[tuple[int, str]]:
        """Carriers noted in Omnitron: order and cargo company."""
        return [(row["order"], row["shipping_company"]) for row in self.hub.order_shipping_infos.rows.values()]

    async def note_claim(self, package: Row, cargo: int) -> Claim | None:
        key = f"{self.order(package)['pk']}/{cargo}"
        return (await self.kit.store().claims(CHANNEL, "shipping_info", [key])).get(key)

    async def split(self, package: Row, *lines: str) -> Row:
        """A split that was followed to its end: lines of a package are a package of their own."""
        items = self.market.items.rows
        groups = [[(items[line], items[line]["quantity"]) for line in lines]]
        units = [self.hands.units_of(line) for line in lines]
        (part,) = self.market.split(package, groups)
        store = self.kit.store()
        for moved, named in zip(units, self.market.items.find("package", part["number"]), strict=True):
            for item in moved:
                name = Identity("orderitem", named["number"], item["pk"], {"order": item["order"]})
                await store.rename(CHANNEL, [name], now=self.kit.clock.now())
                action = self.hub.actions.get("orderitem", item["pk"])
                self.hub.actions.set_remote(action, named["number"])
        row: Row = part
        return row
