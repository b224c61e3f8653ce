"""How many units cancellations have taken of the lines of one market order, as far as both sides tell."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from include.clients.fashfed.schemas import Claim, PackageItem
from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import PackageStatus
from include.flows.context import FlowContext
from include.flows.orders.cancel_plans import CANCEL, plan_keys
from include.mapping.cancellations import plan_parts
from include.mapping.orders import pieces
from include.state.store import InboxState

_SETTLED = (InboxState.DONE, InboxState.EXCLUDED)


@dataclass(frozen=True, slots=True)
class CancelledUnits:
    """Counts are of what was taken at least: not every cancellation tells how many units it is about."""

    claims: Sequence[Claim] = ()
    by_line: Mapping[str, int] = field(default_factory=dict)
    """Every line with a cancellation, and what these took besides ``items``."""
    owed: Mapping[str, int] = field(default_factory=dict)
    """Lines with a cancellation that the hub was not told yet."""
    items: Collection[int] = ()
    """What was cancelled in the hub for cancellations of the market."""

    @classmethod
    async def read(
        cls,
        ctx: FlowContext,
        claims: Sequence[Claim],
        shown: Sequence[PackageItem],
        items: Mapping[int, Sequence[OrderItem]],
    ) -> "CancelledUnits":
        """Count what ``claims`` and cancelled lines say; ``items`` are those of the hub's orders, all of them."""
        plans = await _plans(ctx, list(items))
        key = ctx.settings.order_item_quantity_key
        size = {item.pk: pieces(item, key) for each in items.values() for item in each}
        gone = {item.number for item in shown if item.status == PackageStatus.CANCELLED}
        unseen = Counter(gone - {claim.package_item for claim in claims})
        by_line = dict(unseen)
        for claim in claims:
            carried_over = sum(size.get(pk, 0) for pk in plans.get(claim.id, ()))
            more = max(0, (claim.quantity or 1) - carried_over)
            by_line[claim.package_item] = by_line.get(claim.package_item, 0) + more
        owed = unseen + await _owed(ctx, claims)
        return cls(claims, by_line, owed, {pk for pks in plans.values() for pk in pks})


async def _plans(ctx: FlowContext, orders: Sequence[int]) -> dict[str, Collection[int]]:
    """The items that the hub has cancelled for each claim."""
    keys = [key for order in orders for key in plan_keys(order)]
    plans = await ctx.store.claims(ctx.channel, CANCEL, keys)
    return {part.claim: part.items.keys() for plan in plans.values() for part in plan_parts(plan.detail)}


async def _owed(ctx: FlowContext, claims: Sequence[Claim]) -> Counter[str]:
    states = await ctx.store.inbox_states(ctx.channel, "cancel", [claim.id for claim in claims])
    owed: Counter[str] = Counter()
    for claim in claims:
        if states.get(claim.id) not in _SETTLED:
            owed[claim.package_item] += claim.quantity or 1
    return owed
