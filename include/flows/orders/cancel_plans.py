"""The cancellation plans that Omnitron makes for us: at most six an order, and each cancellation exactly once
(design.md section 7)."""

from collections.abc import Sequence
from contextlib import suppress

from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import is_cancelled
from include.errors import AnswerLost, FashfedError, RecordFailed, RecordParked, RecordWaits, Refused, RunInProgress
from include.flows.context import FlowContext
from include.flows.orders.order_lines import ITEM
from include.mapping.cancellations import Part, plan_detail, plan_parts
from include.state.store import ClaimState

CANCEL = "cancel_order"
"""The effect that is claimed: one plan of an order, key ``<order pk>/<n>``."""
MOST = 6
"""Plans of one order (spec section 9)."""
_UNREPORTED = "unreported order of erp"


def plan_keys(order: int) -> list[str]:
    """The keys of all plans that an order may have."""
    return [f"{order}/{number}" for number in range(1, MOST + 1)]


class CancelPlans:
    """The plans of one order. A plan is claimed with its items before Omnitron is asked for it, and one that was left
    open is looked for at the items first."""

    def __init__(self, ctx: FlowContext, order: int) -> None:
        self._ctx = ctx
        self._order = order
        self._plans: dict[str, Sequence[Part]] = {}

    @property
    def claims(self) -> set[str]:
        """Claims of the market that have their plan."""
        return {part.claim for parts in self._plans.values() for part in parts}

    @property
    def items(self) -> set[int]:
        """Items that were taken for a claim, whatever the hub made of its plan since."""
        return {pk for parts in self._plans.values() for part in parts for pk in part.items}

    async def recall(self) -> None:
        """Learn which plans there are. One that was left open happened, or is asked for again as it was; it is given up
        when its items have moved to other lines since, because then others are to be cancelled for its claims."""
        claims = await self._ctx.store.claims(self._ctx.channel, CANCEL, plan_keys(self._order))
        self._plans = {key: plan_parts(claim.detail) for key, claim in claims.items()}
        for key, claim in claims.items():
            if claim.state is ClaimState.DONE:
                continue
            if await self._is_cancelled(self._plans[key]):
                await self._settle(key, self._plans[key])
            elif await self._have_moved(self._plans[key]):
                await self._give_up(key)
            else:
                with suppress(Refused):  # its claims are judged anew
                    await self._ask(key, self._plans[key])

    async def make(self, parts: Sequence[Part]) -> dict[str, FashfedError]:
        """One plan of all parts; what Omnitron refuses is found by halves. Gives the claims that failed.

        Raises ``AnswerLost`` when it is unclear whether a plan was made.
        """
        if not parts:
            return {}
        key = next((key for key in plan_keys(self._order) if key not in self._plans), None)
        if key is None:
            return {
                part.claim: RecordParked("cancel_plans_used_up", order=self._order, line=part.line, most=MOST)
                for part in parts
            }
        ctx = self._ctx
        claim = await ctx.store.claim(ctx.channel, CANCEL, key, plan_detail(parts), now=ctx.clock.now())
        if not claim.fresh:
            raise RunInProgress("run_in_progress", content_type="order", channel=ctx.channel, seconds=0)
        self._plans[key] = parts
        try:
            await self._ask(key, parts)
        except Refused as refusal:
            return await self._after(refusal, parts)
        return {}

    async def _after(self, refusal: Refused, parts: Sequence[Part]) -> dict[str, FashfedError]:
        if refusal.payload is None or len(parts) == 1 or _is_unreported(refusal):
            return {part.claim: self._said(refusal, part) for part in parts}
        half = len(parts) // 2
        return {**await self.make(parts[:half]), **await self.make(parts[half:])}

    def _said(self, refusal: Refused, part: Part) -> FashfedError:
        if refusal.payload is None:
            return refusal
        if _is_unreported(refusal):
            return RecordWaits("unreported_order", order=self._order)
        detail = refusal.facts.get("detail")
        return RecordFailed("cancel_refused", order=self._order, line=part.line, detail=detail)

    async def _ask(self, key: str, parts: Sequence[Part]) -> None:
        """Ask for a claimed plan. ``Refused`` gives the claim up, so that its number is not used."""
        ctx = self._ctx
        reasons = {pk: reason for part in parts for pk, reason in part.items.items()}
        try:
            await ctx.hub.cancel_order(self._order, reasons)
        except AnswerLost:
            if not await self._can_be_seen(parts):
                raise
        except Refused:
            # an earlier try may have arrived meanwhile: then the refusal was right and the items are cancelled
            if not await self._is_cancelled(parts):
                await self._give_up(key)
                raise
        await self._settle(key, parts)
        ctx.log.info("Order %d: %d items cancelled (plan %s of %d)", self._order, len(reasons), key, MOST)

    async def _give_up(self, key: str) -> None:
        ctx = self._ctx
        await ctx.store.drop_claim(ctx.channel, CANCEL, key, now=ctx.clock.now())
        del self._plans[key]

    async def _settle(self, key: str, parts: Sequence[Part]) -> None:
        ctx = self._ctx
        await ctx.store.settle_claim(ctx.channel, CANCEL, key, plan_detail(parts), now=ctx.clock.now())

    async def _can_be_seen(self, parts: Sequence[Part]) -> bool:
        try:
            return await self._is_cancelled(parts)
        except FashfedError:
            return False

    async def _have_moved(self, parts: Sequence[Part]) -> bool:
        names = await self._ctx.store.identities_of(self._ctx.channel, ITEM, sorted(self.items))
        lines = {pk: {name.remote_id for name in each} for pk, each in names.items()}
        return any(part.line not in lines.get(pk, {part.line}) for part in parts for pk in part.items)

    async def _is_cancelled(self, parts: Sequence[Part]) -> bool:
        """Whether all items of the parts are cancelled, or wait for it."""
        wanted = {pk for part in parts for pk in part.items}
        items: list[OrderItem] = await self._ctx.hub.order_items(self._order)
        return wanted <= {item.pk for item in items if is_cancelled(item.status)}


def _is_unreported(refusal: Refused) -> bool:
    return _UNREPORTED in str(refusal.payload).lower()
