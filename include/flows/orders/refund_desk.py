"""Making the return requests of a claim exactly once (design.md section 7).

Nothing is created before the requests of the line's items were looked at, and every request names its claim in its
description: so no crash and no lost answer makes a second one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.schemas import CancellationRequest, IntegrationAction
from include.clients.redaction import redact
from include.errors import AnswerLost, FashfedError, RecordFailed, Refused, RetryNow, StopRun
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded
from include.flows.intake import read_row
from include.flows.orders.order_lines import OrderLines
from include.flows.orders.refund_units import Unit, choose, read_units, requests_wanted
from include.mapping.refunds import OPEN, description_of, is_of, reason_of
from include.state.store import Claim as Right
from include.state.store import ClaimState, InboxRow

KIND, CONTENT_TYPE = "refund", "cancellationrequest"
REQUEST = "refund_request"
"""The effect that is claimed: the return requests of a claim."""
_SAID = 300
"""Characters of a refusal that are repeated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim whose requests exist. ``requests`` has their versions as they were made, so that a decision made since
    is still seen as a change; ``linked`` when Omnitron knows the claim's id of all of them."""

    claim_id: str
    requests: Mapping[int, str]
    fresh: bool
    linked: bool = False


Answer = Asked | Excluded | FashfedError


class RefundDesk:
    """Takes the claims of a line one after the other; what many claims need is looked up once a page."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._lines = OrderLines(ctx)
        self._read: dict[str, Claim | FashfedError] = {}
        self._rights: Mapping[str, Right] = {}
        self._linked: dict[str, set[int]] = {}

    async def prepare(self, rows: Sequence[InboxRow]) -> None:
        """What is known of a page of claims: their lines, what we have claimed, what Omnitron knows by their ids."""
        ctx, keys = self._ctx, [row.market_id for row in rows]
        self._read = {row.market_id: read_row(Claim, row) for row in rows}
        await self._lines.learn([claim.package_item for claim in self._read.values() if isinstance(claim, Claim)])
        self._rights = await ctx.store.claims(ctx.channel, REQUEST, keys)
        actions, _ = await look_up(self._actions, keys)
        self._linked = {}
        for action in actions:
            self._linked.setdefault(action.remote_id or "", set()).add(action.object_id)

    async def _actions(self, keys: Sequence[str]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions(CONTENT_TYPE, remote_ids=keys, status="success")

    async def take(self, rows: Sequence[InboxRow]) -> list[Answer]:
        """The requests of each claim, made or found. The rows are claims of one line: no two may take one unit."""
        answers: list[Answer] = []
        for row in rows:
            try:
                answer = await self._take(row)
                if isinstance(answer, Excluded):
                    await self._give_up(row.market_id)
                answers.append(answer)
            except (RetryNow, StopRun) as trouble:
                # which unit this one has is not known now, so the others of its line wait as well
                return [*answers, *[trouble] * (len(rows) - len(answers))]
            except FashfedError as error:
                answers.append(error)
        return answers

    async def _take(self, row: InboxRow) -> Answer:
        claim = self._read[row.market_id]
        if isinstance(claim, FashfedError):
            return claim
        known = self._known(claim.id)
        if known:
            return known
        units = await read_units(self._ctx.hub, await self._lines.items(claim.package_item))
        made = {
            request.pk: _version(request) for unit in units for request in unit.requests if is_of(request, claim.id)
        }
        if claim.status not in OPEN:
            rule = f"decided at Fashfed before Omnitron had a request: {claim.status}"
            return await self._settled(claim, made, fresh=False) if made else Excluded(rule)
        if not units:
            return await self._lines.why_unknown(claim.package_item)
        return await self._complete(claim, units, made)

    async def _complete(self, claim: Claim, units: Sequence[Unit], made: Mapping[int, str]) -> Asked | Excluded:
        """Make the requests that are missing."""
        missing = requests_wanted(claim, units, self._ctx.settings.order_item_quantity_key, made) - len(made)
        if missing <= 0:
            return await self._settled(claim, made, fresh=False)
        chosen = choose(claim, units, missing)
        if isinstance(chosen, Excluded):
            return chosen
        return await self._settled(claim, {**made, **await self._make(claim, chosen)}, fresh=not made)

    def _known(self, claim_id: str) -> Asked | None:
        """The claim's requests where we noted them, or where Omnitron knows them by the claim's id."""
        right, linked = self._rights.get(claim_id), self._linked.get(claim_id, set())
        if right and right.state is ClaimState.DONE:
            requests = {int(pk): version for pk, version in right.detail["requests"].items()}
            return Asked(claim_id, requests, fresh=False, linked=requests.keys() <= linked)
        return Asked(claim_id, dict.fromkeys(linked, ""), fresh=False, linked=True) if linked else None

    async def _settled(self, claim: Claim, requests: Mapping[int, str], *, fresh: bool) -> Asked:
        ctx, now = self._ctx, self._ctx.clock.now()
        await ctx.store.claim(ctx.channel, REQUEST, claim.id, {}, now=now)
        await ctx.store.settle_claim(ctx.channel, REQUEST, claim.id, {"requests": dict(requests)}, now=now)
        return Asked(claim.id, requests, fresh)

    async def _give_up(self, claim_id: str) -> None:
        """An earlier try left the right open and has made nothing, as we have seen; nothing is to be made any more."""
        right = self._rights.get(claim_id)
        if right and right.state is ClaimState.OPEN:
            await self._ctx.store.drop_claim(self._ctx.channel, REQUEST, claim_id, now=self._ctx.clock.now())

    # --- making -------------------------------------------------------------------------------------------
    async def _make(self, claim: Claim, units: Sequence[Unit]) -> dict[int, str]:
        ctx = self._ctx
        detail = {"items": [unit.item.pk for unit in units]}
        right = await ctx.store.claim(ctx.channel, REQUEST, claim.id, detail, now=ctx.clock.now())
        made: dict[int, str] = {}
        try:
            for unit in units:
                made |= await self._make_one(claim, unit)
        except (RecordFailed, Refused):
            # nothing was made now; if an earlier try left the right, it may still have made something
            if right.fresh and not made:
                await ctx.store.drop_claim(ctx.channel, REQUEST, claim.id, now=ctx.clock.now())
            raise
        return made

    async def _make_one(self, claim: Claim, unit: Unit) -> dict[int, str]:
        hub, reason = self._ctx.hub, reason_of(claim, self._ctx.settings)
        try:
            request = await hub.create_cancellation_request(
                unit.item.pk, reason, "refund", description=description_of(claim), remote_id=claim.id
            )
        except Refused as refusal:
            # an earlier try may have arrived meanwhile: then the refusal was right and the request is found
            found = await self._find(claim, unit)
            if found:
                return found
            if refusal.payload is None:
                raise
            raise RecordFailed(
                "refund_refused", claim=claim.id, line=claim.package_item, detail=_told(refusal)
            ) from None
        except AnswerLost as lost:
            return await self._find_after(lost, claim, unit)
        return {request.pk: request.modified_date}

    async def _find(self, claim: Claim, unit: Unit) -> dict[int, str]:
        (again,) = await read_units(self._ctx.hub, [unit.item])
        return {request.pk: _version(request) for request in again.requests if is_of(request, claim.id)}

    async def _find_after(self, lost: AnswerLost, claim: Claim, unit: Unit) -> dict[int, str]:
        try:
            found = await self._find(claim, unit)
        except Refused:
            found = {}
        if not found:
            # the right stays open, so the next run looks again before it creates anything
            raise lost
        return found


def _version(request: CancellationRequest) -> str:
    """The version of a request as it was made."""
    return request.created_date or request.modified_date


def _told(refusal: Refused) -> str:
    """What the hub says, without what it says about the buyer's words: they may hold personal data."""
    if not isinstance(refusal.payload, dict):
        return f"status {refusal.status}"
    said = {name: "not accepted" if name == "description" else text for name, text in refusal.payload.items()}
    return redact(said, _SAID)
