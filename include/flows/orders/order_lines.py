"""Which items of Omnitron a line of Fashfed is: the connector's own map, repaired from Omnitron where it lacks one.

A line of several units is as many items. After a split the items bear the names of their new lines.
"""

from collections.abc import Collection, Mapping, Sequence

from include.clients.omnitron.schemas import IntegrationAction, OrderItem
from include.domain.order_life import needs_no_order
from include.errors import FashfedError, RecordWaits
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.if_there import if_there
from include.flows.inbox_work import Excluded
from include.flows.once import Once
from include.state.store import Identity, InboxState
from include.together import limited

ITEM, ORDER = "orderitem", "order"
"""Kinds of the identity map."""


def package_of(line: str) -> str:
    """The package a line belongs to: its number is the package's with an index (api/fashfed.md section 3)."""
    return line.rpartition("-")[0] or line


class OrderLines:
    """Lines of one run, learnt in bulk; the items of an order are read once a page."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._names: dict[str, list[Identity]] = {}
        self._spoiled: Mapping[str, FashfedError] = {}
        self._items: Once[list[OrderItem]] = Once()

    async def learn(self, lines: Collection[str]) -> None:
        """Look lines up: in our map, else by the items' integration actions. What was read before is read anew."""
        ctx = self._ctx
        asked = sorted(set(lines))
        self._items = Once()
        self._spoiled = {}
        self._names = dict(await ctx.store.identities(ctx.channel, ITEM, asked))
        unclear = [line for line, names in self._names.items() if not all("order" in each.detail for each in names)]
        unknown = [line for line in asked if line not in self._names]
        if unknown or unclear:
            await self._repair(unknown, unclear)

    async def _repair(self, unknown: Sequence[str], unclear: Sequence[str]) -> None:
        ctx = self._ctx
        actions, self._spoiled = await look_up(self._actions, unknown)
        pairs = [(action.remote_id or "", action.object_id) for action in actions]
        pairs += [(line, each.hub_id) for line in unclear for each in self._names.get(line, [])]
        items = await limited(ctx.tuning.concurrency, self._item, [pk for _, pk in pairs])
        found = [
            Identity(ITEM, line, pk, {"order": item.order})
            for (line, pk), item in zip(pairs, items, strict=True)
            if line and item
        ]
        await ctx.store.bind(ctx.channel, found, now=ctx.clock.now())
        for line in {*unclear, *(each.remote_id for each in found)}:
            self._names[line] = [each for each in found if each.remote_id == line]

    async def _item(self, pk: int) -> OrderItem | None:
        """An item; None for one that Omnitron has deleted."""
        return await if_there(self._ctx.hub.order_item(pk))

    async def _actions(self, lines: Sequence[str]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions(ITEM, remote_ids=lines, status="success")

    def order(self, line: str) -> int | None:
        """The hub's order that holds a line; None for a line that is not known."""
        names = self._names.get(line)
        return int(names[0].detail["order"]) if names else None

    async def items(self, line: str) -> list[OrderItem]:
        """The items a line is, as Omnitron has them now; nothing for a line that is not known."""
        order = self.order(line)
        if order is None:
            return []
        pks = {each.hub_id for each in self._names[line]}
        return [item for item in await self.of_order(order) if item.pk in pks]

    async def of_order(self, order: int) -> list[OrderItem]:
        """All items of an order."""
        return await self._items.get(order, lambda: self._ctx.hub.order_items(order))

    async def why_unknown(self, line: str) -> Excluded:
        """Why no item bears the name of a line, when nothing more is to come.

        Raises ``RecordWaits`` when more may come, and the trouble of looking the line up.
        """
        ctx, package = self._ctx, package_of(line)
        if line in self._spoiled:
            raise self._spoiled[line]
        state = (await ctx.store.inbox_states(ctx.channel, "package", [package])).get(package)
        if state is InboxState.DONE:
            return Excluded("the line was cancelled before its order was imported")
        if state is InboxState.EXCLUDED:
            return Excluded("its package needs no order in Omnitron")
        if state is None:
            shown = await ctx.market.package(package)
            born = await ctx.store.born_at(ctx.channel, ctx.clock.now())
            if shown and (rule := needs_no_order(shown.status, shown.created_at, born)):
                return Excluded(f"its package was {rule}")
        raise RecordWaits("order_not_imported", number=package, line=line)
