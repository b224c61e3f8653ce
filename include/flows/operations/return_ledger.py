"""Accounting for claims: every one of Fashfed is in the inbox, and both sides have decided a return alike."""

from collections.abc import Sequence

from include.clients.fashfed.schemas import Claim
from include.errors import FashfedError
from include.flows.context import FlowContext
from include.flows.if_there import if_there
from include.flows.operations.ledger_book import Book
from include.flows.orders.refund_desk import CONTENT_TYPE
from include.mapping.refunds import OPEN, REJECTED, Decision, decision_of
from include.state.store import Difference
from include.together import limited

DECIDED_BEFORE = "decided at Fashfed before Omnitron had a request"
_MISSING, _ONLY_AT_MARKET, _ONLY_IN_HUB = "claim_missing", "return_only_at_fashfed", "return_only_in_omnitron"
CLAIM_CODES = (_MISSING, _ONLY_AT_MARKET, _ONLY_IN_HUB)
"""Codes of differences that are called by a claim."""
_WRONG: dict[str, Decision] = {_ONLY_AT_MARKET: "reject", _ONLY_IN_HUB: "approve"}
"""What the hub has decided where the market has decided the opposite."""
_FLOWS = {"cancel": "get_cancel_orders", "refund": "get_refund_orders"}
_TELLER = "send_refund_order_status"
"""The flow that tells people when both sides have decided a return and not alike; then it waits for them."""


class ClaimLedger:
    """Works page by page."""

    def __init__(self, ctx: FlowContext, book: Book) -> None:
        self._ctx = ctx
        self._book = book

    async def claims(self, rows: Sequence[Claim]) -> None:
        """Account for claims of flows that are on: completed cancellations, and returns since Refund Start Date."""
        settings, start = self._ctx.settings, self._ctx.settings.refund_start_date
        self._book.figures["claims"] += len(rows)
        if settings.flag(_FLOWS["cancel"]):
            await self._kept("cancel", [one for one in rows if (one.type, one.status) == ("cancel", "completed")])
        if settings.flag(_FLOWS["refund"]):
            returns = [one for one in rows if one.type == "refund"]
            returns = [one for one in returns if not (start and one.created_at and one.created_at < start)]
            await self._kept("refund", returns)
            await self._decided([one for one in returns if one.status not in OPEN])
        await self._book.keep()

    async def _kept(self, kind: str, claims: Sequence[Claim]) -> None:
        ids = [claim.id for claim in claims]
        states = await self._ctx.store.inbox_states(self._ctx.channel, kind, ids)
        for claim in claims:
            if claim.id in states:
                continue
            if kind == "refund" and claim.status not in OPEN:
                self._book.exclude(DECIDED_BEFORE)
            else:
                facts = {"claim": claim.id, "kind": kind, "line": claim.package_item}
                self._book.differs(claim.id, [FashfedError(_MISSING, **facts)])

    async def _decided(self, claims: Sequence[Claim]) -> None:
        """The requests of returns that Fashfed has decided: the hub may be behind, but must not say the opposite."""
        names = await self._ctx.store.identities(self._ctx.channel, CONTENT_TYPE, [claim.id for claim in claims])
        for claim in claims:
            code = _ONLY_IN_HUB if claim.status == REJECTED else _ONLY_AT_MARKET
            for pk, status in (await self._statuses([name.hub_id for name in names.get(claim.id, ())])).items():
                if decision_of(status) == _WRONG[code]:
                    facts = {"claim": claim.id, "line": claim.package_item, "pk": pk}
                    enter = self._book.waits if self._ctx.settings.flag(_TELLER) else self._book.differs
                    enter(claim.id, [FashfedError(code, **facts, here=status, there=claim.status)])

    async def _statuses(self, pks: Sequence[int]) -> dict[int, str | None]:
        """The statuses of requests that are still there."""

        async def status(pk: int) -> tuple[int, str | None]:
            request = await if_there(self._ctx.hub.cancellation_request(pk))
            return pk, request.status if request else None

        return dict(await limited(self._ctx.tuning.concurrency, status, pks))

    async def again(self, standing: Sequence[Difference]) -> None:
        """Look once more at the claims that differed before; a decision of Fashfed is final."""
        ctx, claims = self._ctx, [row.key for row in standing if row.code in CLAIM_CODES]
        kept = {key for kind in _FLOWS for key in await ctx.store.inbox_states(ctx.channel, kind, claims)}
        names = await ctx.store.identities(ctx.channel, CONTENT_TYPE, claims)
        for row in standing:
            if row.code == _MISSING:
                self._book.checked({row.key} & kept)
            elif row.code in _WRONG:
                statuses = await self._statuses([name.hub_id for name in names.get(row.key, ())])
                if not any(decision_of(status) == _WRONG[row.code] for status in statuses.values()):
                    self._book.checked([row.key])
        await self._book.keep()
