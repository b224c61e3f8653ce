"""Returns between a market and a hub: what the tests of the refund flows do and look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from include.domain.batch import OPEN
from include.domain.run import RunReport
from include.flows.orders.refund_desk import CONTENT_TYPE, KIND
from include.sandbox.fashfed import Line
from include.state.store import InboxRow
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL, Kit

Row = dict[str, Any]


@dataclass(slots=True)
class Returns(Shop):
    """A shop whose buyers send things back."""

    async def delivered(self, *lines: Line | str) -> Row:
        """A package that is an order and has reached its buyer, on both sides."""
        package = self.buy(*lines)
        await Shop.run(self)
        self.arrive(package)
        self.kit.sandbox.hands.deliver(self.items(package))
        await self.kit.later(minutes=1)
        return package

    def arrive(self, package: Row) -> None:
        """The market's carrier delivers a package; nobody tells the hub."""
        self.market.move(package, 4)
        self.market.move(package, 5)

    def line(self, package: Row, index: int = 1) -> Row:
        found: Row = self.market.items.rows[f"{package['number']}-{index}"]
        return found

    def reason(self, name: str) -> str:
        """A refund reason of the market: too-small and damaged are mapped, not-as-shown is not."""
        return str(self.market.identity("reason", name))

    def ask(self, package: Row, index: int = 1, *, reason: str = "too-small", **facts: Any) -> Row:
        """The buyer of a delivered line wants to send it back."""
        found: Row = self.market.return_item(self.line(package, index), reason=self.reason(reason), **facts)
        return found

    def ask_anyway(self, package: Row, index: int = 1) -> Row:
        """A claim that the market should not have taken: for more units than the line has."""
        facts = {"detail": "", "cancelled_by": None, "reason": self.reason("too-small"), "quantity": 1}
        found: Row = self.market.claim(self.line(package, index), "refund", "open", **facts)
        return found

    async def pull(self, *steps: str, **facts: Any) -> RunReport:
        """One run of get_refund_orders."""
        return await self.kit.run("get_refund_orders", *steps, **facts)

    async def tell(self, **facts: Any) -> RunReport:
        """One run of send_refund_order_status."""
        return await self.kit.run("send_refund_order_status", **facts)

    def requests(self, claim: Row) -> list[Row]:
        """The hub's requests of a claim."""
        rows = self.hub.cancellation_requests.rows.values()
        return [row for row in rows if f"(Fashfed claim {claim['id']})" in (row["description"] or "")]

    def request(self, claim: Row) -> Row:
        (request,) = self.requests(claim)
        return request

    def decide(self, claim: Row, status: str) -> None:
        """The brand decides about every request of a claim."""
        for request in self.requests(claim):
            self.kit.sandbox.hands.decide(request, status)

    def decisions(self) -> list[str]:
        """What left for the market since the wire was last cleared: claim id and verb."""
        paths = [one.url.partition("/claims/")[2] for one in self.kit.wire.requests if one.method == "POST"]
        return [path.strip("/") for path in paths if path]

    def by_hand(self, item: Row, description: str = "Müşteri aradı") -> Row:
        """A person in Omnitron's panel makes a return request."""
        facts = {"order_item": item["pk"], "reason": 8, "cancellation_type": "refund", "description": description}
        request: Row = self.hub.create(CONTENT_TYPE, {**facts, "status": "waiting", "quantity": 1})
        return request

    def due(self) -> list[int]:
        """Requests that Omnitron shows as changed."""
        self.hub.feeds.release_due()
        return sorted(self.hub.feeds.due(CONTENT_TYPE, None, "updates").members)

    async def row(self, claim: Row) -> InboxRow:
        found = await self.kit.store().inbox_row(CHANNEL, KIND, claim["id"])
        assert found is not None
        return found

    async def state(self, claim: Row) -> tuple[str, str | None]:
        """State of a claim in the inbox with its code, or the rule by which it was excluded."""
        row = await self.row(claim)
        return row.state.value, row.code or row.reason

    async def told(self, flow: str) -> dict[str, str]:
        """What operators read about single claims."""
        rows = await self.kit.store().log_entries(CHANNEL, flow, 500)
        return {row.key: row.message for row in rows if not row.ok}

    async def asked(self, *lines: Line | str, **facts: Any) -> Row:
        """A claim of a delivered package whose request is in Omnitron, undecided."""
        claim = self.ask(await self.delivered(*lines), **facts)
        await self.pull()
        assert self.requests(claim)
        return claim


def returns(**facts: Any) -> Returns:
    """A small world of its own."""
    return Returns(Kit.made(**{"size": 12, **facts}))


def left_open(shop: Returns) -> Iterator[str]:
    """What a run must not leave behind, in Omnitron and with us."""
    for batch in shop.hub.batches.rows.values():
        if batch["status"] not in ("done", "fail"):
            yield f"batch {batch['pk']} is {batch['status']}"
    yield from (f"held {action}" for action in shop.hub.actions.by_pk.values() if action.status == "processing")
    yield from (f"penalised {row}" for row in shop.hub.penalties.table.rows.values())
    yield from (f"our batch is {one.state}" for one in shop.kit.database.batches.values() if one.state in OPEN)
    yield from (f"lock {name}" for name in shop.kit.database.locks)
