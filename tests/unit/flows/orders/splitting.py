"""What the tests of splits do and look at: requests from outside, splits by hand at Fashfed, who is called what."""

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

from include.domain.run import RunReport
from include.flows.context import FlowContext
from include.mapping.split_request import SplitRequest
from include.state.memory import MemoryStore
from include.state.store import InboxRow, Incoming
from tests.unit.flows.orders.shop import Row, Shop
from tests.worldkit import CHANNEL, Process


@dataclass(slots=True)
class SplitShop(Shop):
    """A shop whose packages are split."""

    async def ask(self, package: Row, *groups: list[Row], **facts: Any) -> str:
        """A request that the endpoint has accepted; its correlation id."""
        packages = [{"items": group} for group in groups]
        asked = SplitRequest.model_validate({"package_number": package["number"], "packages": packages, **facts})
        key, now = asked.correlation_id(CHANNEL), self.kit.clock.now()
        row = Incoming(key, now, asked.model_dump(mode="json"))
        await self.kit.store().receive(CHANNEL, "split", [row], now=now)
        return key

    async def split(self, **facts: Any) -> RunReport:
        return await self.kit.run("split_packages", **facts)

    async def request(self, key: str) -> InboxRow:
        row = await self.kit.store().inbox_row(CHANNEL, "split", key)
        assert row is not None
        return row

    def split_by_hand(self, package: Row, *groups: dict[str, int]) -> list[Row]:
        """Somebody splits a package in Fashfed's own panel; groups are SKU and quantity."""
        lines = {item["product"]: item for item in self.lines(package)}
        made: list[Row] = self.market.split(
            package, [[(lines[sku], quantity) for sku, quantity in group.items()] for group in groups]
        )
        return made

    def lines(self, package: Row) -> list[Row]:
        """The lines of a package as Fashfed has them."""
        found: list[Row] = self.market.items.find("package", package["number"])
        return found

    def line(self, package: Row, sku: str) -> Row:
        (found,) = (line for line in self.lines(package) if line["product"] == sku)
        return found

    def parts(self, package: Row) -> list[Row]:
        """The other packages of the market order."""
        found = self.market.packages.find("order_number", package["order_number"])
        return [one for one in found if one["number"] != package["number"]]

    async def context(self, flow: str = "split_packages") -> FlowContext:
        store = MemoryStore(self.kit.database, self.kit.clock)
        process = await Process.start(self.kit.sandbox, self.kit.wire, store, self.kit.tokens, random.Random(1))
        return await process.context(flow)

    async def check_names(self, package: Row) -> None:
        """Map, integration action and item agree, and each line has as many living items as it shows units."""
        order = self.order(package)
        assert len(self.orders(package)) == 1
        items = self.items(package)
        names = await self.kit.store().identities_of(CHANNEL, "orderitem", [item["pk"] for item in items])
        called = {}
        for item in items:
            (name,) = names[item["pk"]]
            called[item["pk"]] = name.remote_id
            assert name.detail == {"order": order["pk"]}
            assert item["extra_field"]["id"] == name.remote_id
            assert self.hub.actions.get("orderitem", item["pk"]).remote_id == name.remote_id
        shown = Counter[str]()
        of_order = await self.kit.store().identities_of(CHANNEL, "order", [order["pk"]])
        for name in of_order[order["pk"]]:
            for line in self.market.items.find("package", name.remote_id):
                shown[line["number"]] += line["quantity"]
                sku = self.hub.products.rows
                mine = [item for item in items if called[item["pk"]] == line["number"]]
                assert {sku[item["product"]]["sku"] for item in mine} == {line["product"]}
        living = Counter(called[item["pk"]] for item in items if int(item["status"]) > 100)
        assert living == shown
