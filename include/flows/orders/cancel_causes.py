"""What parked cancellations wait for, and whether it has happened: their order was imported, or reported to ERP. All of
an order then go on together, as one plan."""

from collections.abc import Sequence

from include.errors import FashfedError
from include.flows.context import FlowContext
from include.state.store import OWED, InboxRow

_IMPORT, _REPORT = "order_not_imported", "unreported_order"
_FACTS = {_IMPORT: "number", _REPORT: "order"}
"""Code -> the fact that names what is waited for."""


class CancelCauses:
    """Looks once a run at the orders that cancellations wait for."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx

    def of(self, error: FashfedError) -> str | None:
        """What a claim waits for; None where nothing but another try can tell."""
        fact = _FACTS.get(error.code)
        return f"{error.code}: {error.facts[fact]}" if fact else None

    async def gone(self, rows: Sequence[InboxRow]) -> list[str]:
        """The causes of these rows that are gone."""
        imported = await self._imported(_names(rows, _IMPORT))
        reported = await self._reported(_names(rows, _REPORT))
        return [f"{_IMPORT}: {name}" for name in imported] + [f"{_REPORT}: {name}" for name in reported]

    async def _imported(self, packages: Sequence[str]) -> list[str]:
        states = await self._ctx.store.inbox_states(self._ctx.channel, "package", packages)
        return [number for number, state in states.items() if state not in OWED]

    async def _reported(self, orders: Sequence[str]) -> list[str]:
        try:
            found = await self._ctx.hub.orders([int(pk) for pk in orders])
        except FashfedError as trouble:
            self._ctx.log.info("Whether orders were reported to ERP could not be seen now: %s", trouble)
            return []
        return [str(order.pk) for order in found if order.is_send]


def _names(rows: Sequence[InboxRow], code: str) -> list[str]:
    return [row.cause.partition(": ")[2] for row in rows if row.cause and row.code == code]
