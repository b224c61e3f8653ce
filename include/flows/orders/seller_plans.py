"""Which lines of Fashfed the cancellation plans of Omnitron are about (reference/flows.md section 4.15)."""

from collections.abc import Sequence
from dataclasses import dataclass

from include.clients.omnitron.schemas import IntegrationAction
from include.domain.order_life import is_cancelled
from include.errors import FashfedError, RecordWaits
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.if_there import if_there
from include.flows.inbox_work import Excluded
from include.flows.orders.cancel_plans import CANCEL, plan_keys
from include.flows.orders.market_lines import MarketLines
from include.flows.orders.order_lines import ITEM, OrderLines
from include.mapping.cancellations import CAME_FROM_FASHFED, items_to_send, plan_parts
from include.state.store import InboxRow
from include.together import limited


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plan that Fashfed is to be told of: ``lines`` with its cancelled items, each of the same order."""

    plan: int
    lines: Sequence[str]


class SellerPlans:
    """The plans of a page of the inbox, read anew, and the lines of their items by names in step with splits."""

    def __init__(self, ctx: FlowContext, market: MarketLines) -> None:
        self._ctx = ctx
        self._market = market
        self.lines = OrderLines(ctx)
        self._plans: dict[str, list[int] | Excluded | FashfedError] = {}
        self._names: dict[int, list[str]] = {}
        self._unclear: dict[str, FashfedError] = {}
        self._from_market: set[int] = set()

    async def learn(self, rows: Sequence[InboxRow]) -> None:
        """Read the plans and everything that their items are called."""
        ctx, keys = self._ctx, [row.market_id for row in rows]
        self._plans = dict(zip(keys, await limited(ctx.tuning.concurrency, self._read, keys), strict=True))
        self._unclear = {}
        await self._learn_names()
        lines = sorted({line for names in self._names.values() for line in names})
        if any(await limited(ctx.tuning.concurrency, self._follow, lines)):
            await self._learn_names()
        orders = {order for line in lines if (order := self.lines.order(line)) is not None}
        claims = await ctx.store.claims(ctx.channel, CANCEL, [key for order in orders for key in plan_keys(order)])
        self._from_market = {pk for claim in claims.values() for part in plan_parts(claim.detail) for pk in part.items}

    async def _read(self, key: str) -> list[int] | Excluded | FashfedError:
        try:
            plan = await if_there(self._ctx.hub.cancellation_plan(int(key)))
            items = items_to_send(plan, self._ctx.settings) if plan else "Omnitron does not have the plan any more"
        except FashfedError as error:
            return error
        return Excluded(items) if isinstance(items, str) else items

    async def _learn_names(self) -> None:
        ctx = self._ctx
        pks = sorted({pk for items in self._plans.values() if isinstance(items, list) for pk in items})
        known = await ctx.store.identities_of(ctx.channel, ITEM, pks)
        self._names = {pk: [name.remote_id for name in names] for pk, names in known.items() if names}
        actions, _ = await look_up(self._actions, [pk for pk in pks if pk not in self._names])
        self._names |= {action.object_id: [action.remote_id] for action in actions if action.remote_id}
        await self.lines.learn({line for names in self._names.values() for line in names})

    async def _actions(self, pks: Sequence[int]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions(ITEM, object_ids=pks, status="success")

    async def _follow(self, line: str) -> bool:
        try:
            return bool(await self._market.follow(line))
        except FashfedError as error:
            self._unclear[line] = error
            return False

    def group(self, row: InboxRow) -> str:
        """The order of a plan, so that no two plans cancel a line side by side."""
        items = self._plans[row.market_id]
        names = [line for pk in items for line in self._names.get(pk, ())] if isinstance(items, list) else []
        order = next((self.lines.order(line) for line in names), None)
        return row.market_id if order is None else f"order {order}"

    async def wanted(self, key: str) -> Wanted | Excluded:
        """What a plan wants of Fashfed. Raises why that cannot be told yet."""
        plan = self._plans[key]
        if isinstance(plan, FashfedError):
            raise plan
        if isinstance(plan, Excluded):
            return plan
        items = [pk for pk in plan if pk not in self._from_market]
        if not items:
            return Excluded(CAME_FROM_FASHFED)
        lines: dict[str, None] = {}
        for pk in items:
            if pk not in self._names:
                return await self._why_unlinked(int(key), pk)
            lines |= dict.fromkeys(self._names[pk])
        for line in lines:
            if line in self._unclear:
                raise self._unclear[line]
        await self._require_cancelled(int(key), items, list(lines))
        return Wanted(int(key), list(lines))

    async def _why_unlinked(self, plan: int, pk: int) -> Excluded:
        item = await self._ctx.hub.order_item(pk)
        if not item.extra_field.get("id"):
            return Excluded("its order did not come from Fashfed")
        raise RecordWaits("order_item_unlinked", plan=plan, pk=pk)

    async def _require_cancelled(self, plan: int, items: Sequence[int], lines: Sequence[str]) -> None:
        statuses = {item.pk: item.status for line in lines for item in await self.lines.items(line)}
        for pk in items:
            if not is_cancelled(statuses.get(pk)):
                raise RecordWaits("plan_not_carried_out", plan=plan, pk=pk)
