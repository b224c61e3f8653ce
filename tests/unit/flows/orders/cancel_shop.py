"""A shop in which buyers and the brand cancel: what the tests of both cancellation flows do and look at."""

import json
from dataclasses import dataclass
from typing import Any

from include.domain.run import RunReport
from include.sandbox.fashfed import Line
from include.state.store import InboxRow
from tests.unit.flows.orders.shop import Row, Shop
from tests.worldkit import CHANNEL

IN, OUT = "get_cancel_orders", "send_cancel_order_items"


@dataclass(slots=True)
class CancelShop(Shop):
    """A shop whose orders are in Omnitron before anybody cancels."""

    @property
    def hands(self) -> Any:
        return self.kit.sandbox.hands

    @property
    def plans(self) -> list[Row]:
        """The hub's cancellation plans."""
        return list(self.hub.cancellation_plans.rows.values())

    # --- doing ----------------------------------------------------------------------------------------------------
    async def sold(self, *lines: Line | str, reported: bool = True, **facts: Any) -> Row:
        """A package that is an order in Omnitron, which ERP knows."""
        (package,) = await self.sold_parcels(*lines, reported=reported, **facts)
        return package

    async def sold_parcels(self, *lines: Line | str, reported: bool = True, **facts: Any) -> list[Row]:
        packages = self.buy_parcels(*lines, **facts)
        await self.run()
        for package in packages if reported else []:
            self.report(package)
        return packages

    def report(self, package: Row) -> None:
        """The order goes to ERP."""
        self.hands.report(self.order(package))

    def reason(self, name: str = "changed-mind") -> str:
        """A cancel reason of the market; changed-mind is mapped to 1, wrong-address to 3, late to nothing."""
        return str(self.market.identity("reason", name))

    def lines(self, package: Row) -> list[Row]:
        """What the package holds."""
        found: list[Row] = self.market.items.find("package", package["number"])
        return found

    def cancel(self, package: Row, line: int = 0, *, by: int = 1, reason: str = "changed-mind", **facts: Any) -> Row:
        """Somebody cancels a line at the market (1 the buyer, 2 the seller by hand); the claim."""
        item = self.lines(package)[line]
        claim: Row = self.market.cancel_item(item, by=by, reason=self.reason(reason), **facts)
        return claim

    def cancel_all(self, package: Row, **facts: Any) -> list[Row]:
        return [self.cancel(package, **facts) for _ in range(len(self.lines(package)))]

    async def bring(self, *steps: str, **facts: Any) -> RunReport:
        """Order Cancel runs."""
        return await self.kit.run(IN, *steps, **facts)

    async def send(self, *steps: str, **facts: Any) -> RunReport:
        """Cancel Order Items runs."""
        return await self.kit.run(OUT, *steps, **facts)

    # --- looking --------------------------------------------------------------------------------------------------
    def statuses(self, package: Row) -> list[str]:
        """The statuses of the order's items, by pk."""
        return [str(item["status"]) for item in self.items(package)]

    async def row(self, claim: Row) -> InboxRow:
        """The claim in the inbox."""
        return await self._row("cancel", str(claim["id"]))

    async def plan_row(self, plan: Row) -> InboxRow:
        """The plan in the inbox."""
        return await self._row("plan", str(plan["id"]))

    async def _row(self, kind: str, key: str) -> InboxRow:
        row = await self.kit.store().inbox_row(CHANNEL, kind, key)
        assert row is not None
        return row

    def seller_claims(self) -> list[Row]:
        """What the seller cancelled at the market."""
        return [claim for claim in self.market.claims.rows.values() if claim["cancelled_by"] == 2]

    def sent(self) -> list[tuple[str, list[str]]]:
        """The calls that cancelled something at the market: package and lines."""
        calls = [call for call in self.kit.wire.requests if call.method == "POST" and "/packages/" in call.url]
        bodies = [json.loads(call.body or b"") for call in calls]
        return [
            (call.url.split("/")[-3], [item["number"] for item in body["items"]])
            for call, body in zip(calls, bodies, strict=True)
        ]

    def differences(self) -> list[Any]:
        """Where the two sides do not agree, seen from outside."""
        found: list[Any] = self.kit.sandbox.order_differences()
        return found
