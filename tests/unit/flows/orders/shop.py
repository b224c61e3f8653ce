"""A shop between a market and a hub: what the tests of ``get_orders`` do and look at."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from include.clients.transport import Request
from include.domain.run import RunReport
from include.errors import RetryNow
from include.sandbox.fashfed import Line
from include.state.store import InboxRow
from tests.worldkit import CHANNEL, Kit

Row = dict[str, Any]


@dataclass(slots=True)
class Shop:
    """One kit, seen through the eyes of somebody who sells."""

    kit: Kit

    @property
    def hub(self) -> Any:
        return self.kit.sandbox.omnitron

    @property
    def market(self) -> Any:
        return self.kit.sandbox.fashfed

    @property
    def skus(self) -> list[str]:
        return self.kit.sandbox.skus_on_sale()

    def set(self, **conf: Any) -> None:
        """Somebody changes the channel's settings in Omnitron."""
        self.hub.channel["conf"] |= conf

    def buy(self, *lines: Line | str, address: Row | None = None, **facts: Any) -> Row:
        """One order of one parcel; without lines it is one piece of the first SKU."""
        (package,) = self.buy_parcels(*lines, address=address, **facts)
        return package

    def buy_parcels(self, *lines: Line | str, address: Row | None = None, **facts: Any) -> list[Row]:
        return self.kit.sandbox.place_order(lines or (self.skus[0],), address, **facts)

    async def run(self, *steps: str, **facts: Any) -> RunReport:
        return await self.kit.run("get_orders", *steps, **facts)

    async def try_run(self) -> None:
        """A run that transport trouble may end."""
        with suppress(RetryNow):
            await self.run()

    def orders(self, package: Row) -> list[Row]:
        """The hub's orders of a package."""
        return [order for order in self.hub.orders.rows.values() if order["extra_field"].get("id") == package["number"]]

    def order(self, package: Row) -> Row:
        """The one order of a package."""
        (order,) = self.orders(package)
        return order

    def items(self, package: Row) -> list[Row]:
        """The hub's items of a package."""
        found: list[Row] = self.hub.order_items.find("order", self.order(package)["pk"])
        return found

    def address(self, package: Row, role: str = "shipping") -> Row:
        found: Row = self.hub.addresses.rows[self.order(package)[f"{role}_address"]]
        return found

    def township(self, package: Row) -> str:
        return str(self.hub.townships.rows[self.address(package)["township"]]["name"])

    async def inbox(self, package: Row) -> InboxRow:
        row = await self.kit.store().inbox_row(CHANNEL, "package", package["number"])
        assert row is not None
        return row

    async def parked(self, package: Row) -> tuple[str | None, str | None]:
        """Code and reason of a package that waits."""
        assert not self.orders(package)
        row = await self.inbox(package)
        assert row.state == "parked"
        return row.code, row.reason

    def record(self) -> "Record":
        """What passes the wire from now on."""
        self.kit.wire.requests.clear()
        return Record(self.kit.wire.requests)


@dataclass(frozen=True, slots=True)
class Record:
    """Requests that were sent."""

    requests: Sequence[Request]

    def calls(self, method: str, part: str) -> list[Request]:
        """Requests of the method whose address holds ``part``."""
        return [request for request in self.requests if request.method == method and part in request.url]

    def bodies(self, method: str, part: str) -> list[Any]:
        return [json.loads(request.body or b"null") for request in self.calls(method, part)]
