"""What Fashfed is told of a decided return, and that it is told once (design.md section 7, api/fashfed.md section 7).

The right to decide is claimed before anything is sent. Whoever finds it taken, is refused or gets no answer looks at
Fashfed: what is decided there as wished is agreement, what is decided otherwise is a conflict for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from include.clients.omnitron.schemas import CancellationRequest, IntegrationAction
from include.domain.batch import BatchItem, Fate
from include.errors import AnswerLost, RecordFailed, Refused, RetryNow
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.if_there import if_there
from include.flows.once import Once
from include.flows.orders.refund_desk import CONTENT_TYPE, KIND
from include.mapping.refunds import AGREES, Decision, decision_of
from include.state.store import Claim as Right
from include.state.store import ClaimState, Identity

DECIDE = "decide_refund"
"""The effect that is claimed: the decision about a return claim. Done, it says what the claim is at Fashfed."""
_DECISIONS: dict[str, Decision] = {decision: decision for decision in AGREES}
_CLOCKS = timedelta(hours=1)
"""How far behind the last version we know of a claim it is looked for."""


class RefundDecisions:
    """Decisions of one run."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._told: Mapping[str, Right] = {}
        self._requests: Mapping[str, Sequence[Identity]] = {}
        self._sent: Once[None] = Once()

    async def prepare(self, rows: Sequence[CancellationRequest]) -> list[BatchItem]:
        """The decision about each claim that is to be sent; a request that could not be judged now is left out."""
        ctx, names = self._ctx, await self._names([row.pk for row in rows])
        claims = sorted(set(names.values()))
        self._told = await ctx.store.claims(ctx.channel, DECIDE, claims)
        self._requests = await ctx.store.identities(ctx.channel, CONTENT_TYPE, claims)
        items = [await self._item(row, names.get(row.pk)) for row in rows]
        return [item for item in items if item]

    async def _names(self, pks: Sequence[int]) -> dict[int, str]:
        """The claims by request: from our map, else from Omnitron."""
        ctx = self._ctx
        known = await ctx.store.identities_of(ctx.channel, CONTENT_TYPE, pks)
        names = {pk: identities[0].remote_id for pk, identities in known.items()}
        actions, _ = await look_up(self._actions, [pk for pk in pks if pk not in names])
        return names | {action.object_id: action.remote_id for action in actions if action.remote_id}

    async def _actions(self, pks: Sequence[int]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions(CONTENT_TYPE, object_ids=pks)

    async def _item(self, row: CancellationRequest, claim: str | None) -> BatchItem | None:
        item = BatchItem(row.pk, CONTENT_TYPE, row.modified_date, claim or str(row.pk))
        if claim is None:
            return failed(item, RecordFailed("refund_claim_unknown", pk=row.pk))
        try:
            decision = await self._decision(row, claim)
        except RecordFailed as error:
            return failed(item, error)
        except (RetryNow, Refused) as trouble:
            self._ctx.log.warning("Whether claim %s is decided could not be seen now: %s", claim, trouble)
            return None
        return replace(item, value=decision) if decision else replace(item, fate=Fate.UNCHANGED)

    async def _decision(self, row: CancellationRequest, claim: str) -> Decision | None:
        """What Fashfed is still to be told; None where that is nothing (yet)."""
        decision = decision_of(row.status)
        if decision is None or row.cancellation_type == "cancel":
            return None
        told = self._told.get(claim)
        if told and told.state is ClaimState.DONE:
            _check(claim, decision, told.detail["status"])
            return None
        others = {decision_of(status) for status in await self._others(row, claim)}
        if None in others:
            return None
        if others - {decision}:
            raise RecordFailed("refund_decisions_mixed", claim=claim)
        if decision == "reject" and not self._ctx.settings.reject_item_reason:
            raise RecordFailed("reject_reason_missing", claim=claim)
        return decision

    async def _others(self, row: CancellationRequest, claim: str) -> list[str | None]:
        """The statuses of the other requests of a claim about several items; what was deleted has none."""
        statuses: list[str | None] = []
        for pk in (each.hub_id for each in self._requests.get(claim, ()) if each.hub_id != row.pk):
            request = await if_there(self._ctx.hub.cancellation_request(pk))
            if request:
                statuses.append(request.status)
        return statuses

    # --- telling ------------------------------------------------------------------------------------------
    async def call(self, items: Sequence[BatchItem]) -> None:
        """Tell Fashfed one decision. Raises ``RecordFailed`` (refund_conflict), ``Refused`` or ``RetryNow``."""
        (item,) = items
        decision = _DECISIONS[item.value]
        await self._sent.get((item.key, decision), lambda: self._send(item.key, decision))

    async def _send(self, claim: str, decision: Decision) -> None:
        ctx = self._ctx
        right = await ctx.store.claim(ctx.channel, DECIDE, claim, {}, now=ctx.clock.now())
        status = None if right.fresh else await self._decided(claim)
        if status is None:
            status = await self._tell(claim, decision)
        await ctx.store.settle_claim(ctx.channel, DECIDE, claim, {"status": status}, now=ctx.clock.now())
        _check(claim, decision, status)

    async def _tell(self, claim: str, decision: Decision) -> str:
        """Send a decision; gives what the claim is then, or was already."""
        market = self._ctx.market
        try:
            if decision == "approve":
                await market.approve(claim)
            else:
                await market.reject(claim, self._ctx.settings.reject_item_reason)
        except (AnswerLost, Refused):
            status = await self._decided(claim)
            if status is None:
                raise
            return status
        return AGREES[decision][0]

    async def _decided(self, claim: str) -> str | None:
        """What a claim is at Fashfed where it is decided; that is final."""
        status = await self._status(claim)
        if status is None or not any(status in statuses for statuses in AGREES.values()):
            return None
        self._ctx.log.info("Return claim %s is %s at Fashfed already", claim, status)
        return status

    async def _status(self, claim: str) -> str | None:
        """The claim as Fashfed has it now; it was changed last when we saw it last, or after that."""
        ctx = self._ctx
        row = await ctx.store.inbox_row(ctx.channel, KIND, claim)
        since = row.changed_at - _CLOCKS if row else None
        async for page in ctx.market.claims(kind="refund", updated_from=since):
            for shown in page.rows:
                if shown.id == claim:
                    return shown.status
        return None


def _check(claim: str, decision: Decision, status: str) -> None:
    """Raises ``RecordFailed`` (refund_conflict) when a claim is decided otherwise at Fashfed."""
    if status not in AGREES[decision]:
        raise RecordFailed("refund_conflict", claim=claim, ours=AGREES[decision][0], theirs=status)
