"""Cancelling in Omnitron what was cancelled at Fashfed: which units each claim takes (reference/flows.md section 4.11).

Only claims say that something was cancelled; what a package holds says how many units of a line are left, after our
names are in step with splits. So never more is cancelled than Fashfed did.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import SHIPPED, hub_status, is_cancelled, is_over
from include.errors import FashfedError, RecordParked, RecordWaits, RetryNow
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded
from include.flows.intake import UNDATED, read_row
from include.flows.orders.cancel_plans import CancelPlans
from include.flows.orders.claim_lines import ClaimLines
from include.flows.orders.order_lines import package_of
from include.mapping.cancellations import Part, choose, reason_of
from include.state.rules import version_moment
from include.state.store import InboxRow, InboxState

KIND = "cancel"
SELLER_CANCEL = "seller_cancel"
"""The effect that is claimed when we cancel a line at Fashfed; the key is the line."""
_PATIENCE = timedelta(hours=2)
"""How long Fashfed may show units that a completed claim has cancelled."""
_SELLER = 2
"""``cancelled_by`` of the market (api/fashfed.md section 2)."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A claim that was carried out now (``fresh``) or before."""

    fresh: bool


Answer = Cancelled | Excluded | FashfedError


class CancelDesk:
    """Takes the claims of an order together; what many claims need is looked up once a page."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._lines = ClaimLines(ctx)
        self._claims: dict[str, Claim | FashfedError] = {}
        self._own: Collection[str] = ()

    async def prepare(self, rows: Sequence[InboxRow]) -> None:
        """What is known of a page of claims: their lines and orders, and which lines we cancelled ourselves."""
        ctx = self._ctx
        self._claims = {row.market_id: read_row(Claim, row) for row in rows}
        new = {row.market_id for row in rows if row.state is InboxState.NEW}
        claims = {key: claim for key, claim in self._claims.items() if isinstance(claim, Claim)}
        self._claims |= await self._lines.learn(list(claims.values()))
        lines = sorted({claim.package_item for claim in claims.values()})
        self._own = set(await ctx.store.claims(ctx.channel, SELLER_CANCEL, lines))
        # what was cancelled is on offer again: what we sent last does not say what Fashfed has
        skus = {claim.product for key, claim in claims.items() if key in new and claim.product}
        await ctx.store.doubt_sent(ctx.channel, "productstock", sorted(skus))

    def group(self, row: InboxRow) -> str:
        """The order of a claim, else its package."""
        claim = self._claims[row.market_id]
        if isinstance(claim, FashfedError):
            return row.market_id
        order = self._lines.order(claim)
        return package_of(claim.package_item) if order is None else f"order {order}"

    async def take(self, rows: Sequence[InboxRow]) -> list[Answer]:
        """What became of the claims of one order.

        Raises ``RetryNow`` when it is unclear whether a plan was made, and when one of the claims cannot be judged
        now: the others wait for it, because an order has only so many plans.
        """
        claims = [self._claims[row.market_id] for row in rows]
        orders = {self._lines.order(claim) for claim in claims if isinstance(claim, Claim)}
        order = next(iter(orders), None)
        if order is None:
            return [await self._why_unknown(claim) for claim in claims]
        plans = CancelPlans(self._ctx, order)
        await plans.recall()
        todo = [claim for claim in claims if isinstance(claim, Claim) and claim.id not in plans.claims]
        await self._lines.follow(order, todo)
        parts: dict[str, Part] = {}
        said: dict[str, Answer] = {}
        last = {self._lines.line(claim): place for place, claim in enumerate(claims) if isinstance(claim, Claim)}
        for place, (row, claim) in enumerate(zip(rows, claims, strict=True)):
            taken = plans.items | {pk for part in parts.values() for pk in part.items}
            answer = await self._judge(claim, plans, taken, alone=place in last.values())
            if isinstance(answer, Part):
                parts[row.market_id] = answer
            elif isinstance(answer, RetryNow):
                raise answer
            else:
                said[row.market_id] = answer
        failed = await self._cancel(order, plans, list(parts.values()))
        return [said.get(row.market_id) or failed.get(row.market_id) or Cancelled(fresh=True) for row in rows]

    async def _why_unknown(self, claim: Claim | FashfedError) -> Answer:
        if isinstance(claim, FashfedError):
            return claim
        try:
            return self._echo(claim) or await self._lines.why_unknown(claim)
        except FashfedError as error:
            return error

    def _echo(self, claim: Claim) -> Excluded | None:
        ours = claim.cancelled_by == _SELLER and claim.package_item in self._own
        return Excluded("sent by this connector") if ours else None

    async def _judge(
        self, claim: Claim | FashfedError, plans: CancelPlans, taken: Collection[int], *, alone: bool
    ) -> Part | Answer:
        """What a claim still has to cancel; nothing if it needs nothing, and why. ``alone``: no other one of its line
        follows."""
        if isinstance(claim, FashfedError):
            return claim
        if claim.id in plans.claims:
            return Cancelled(fresh=False)
        try:
            return self._echo(claim) or await self._part(claim, taken, alone=alone)
        except FashfedError as error:
            return error

    # --- which units --------------------------------------------------------------------------------------
    async def _part(self, claim: Claim, taken: Collection[int], *, alone: bool) -> Part | Excluded:
        """As many units as Omnitron has more than Fashfed. The quantity of a claim, where it is shown, only tells which
        of several claims of a line takes which: units may have gone that no claim of this line is about."""
        key = self._ctx.settings.order_item_quantity_key
        items = await self._lines.items(claim)
        if not items:
            return Excluded("its units are those of other lines since a split")
        free = [item for item in items if not is_over(item.status) and item.pk not in taken]
        if not free:
            return Excluded(_why_nothing(items))
        units = sum(map(self._lines.pieces, free)) - await self._lines.left(claim, items)
        if units <= 0:  # such as a claim from before the order was imported without what it cancelled
            return self._why_none(claim, items, free)
        own = units if alone else min(units, claim.quantity or units)
        # an item that stands for several units goes with the last of them, whichever claim that is about
        pks = choose(free, own, key) or choose(free, units, key)
        if pks is None:
            raise RecordParked("cancel_part_of_item", line=claim.package_item)
        return Part(claim.id, self._lines.line(claim), dict.fromkeys(pks, reason_of(claim, self._ctx.settings)))

    def _why_none(self, claim: Claim, items: Sequence[OrderItem], free: Sequence[OrderItem]) -> Excluded:
        """Why Omnitron has no more units of a line than Fashfed. Raises ``RecordWaits`` for a claim without effect."""
        made = max((version_moment(item.created_date or "") or UNDATED for item in items), default=UNDATED)
        known = made + timedelta(seconds=self._ctx.tuning.overlap)  # the clocks of both sides differ
        at = claim.updated_at or UNDATED
        if len(free) == len(items) and known < at and self._ctx.clock.now() - at < _PATIENCE:
            raise RecordWaits("cancel_not_shown", line=claim.package_item)
        return Excluded("Omnitron has no more units of its line than Fashfed")

    async def _cancel(self, order: int, plans: CancelPlans, parts: Sequence[Part]) -> dict[str, FashfedError]:
        """One plan; what is on its way already is asked for apart, because Omnitron refuses the whole plan for it."""
        if not parts:
            return {}
        shipped = {item.pk for item in await self._lines.of_order(order) if (hub_status(item.status) or 0) >= SHIPPED}
        late = [part for part in parts if not shipped.isdisjoint(part.items)]
        failed = await plans.make([part for part in parts if part not in late])
        return failed | await plans.make(late)


def _why_nothing(items: Sequence[OrderItem]) -> str:
    """Why no unit of a line is left to be cancelled."""
    if not all(is_over(item.status) for item in items):
        return "its units were taken for another cancellation"
    if all(is_cancelled(item.status) for item in items):
        return "its units are cancelled in Omnitron already"
    return "its units were refunded in Omnitron"
