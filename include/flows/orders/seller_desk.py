"""Cancelling lines at Fashfed as the seller, each exactly once (design.md section 7).

What a package holds is read before it is asked to cancel anything: a line that is still there was not cancelled, and
one that is gone has a claim, ours or the buyer's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from include.domain.order_life import PackageStatus, is_cancelled
from include.errors import (
    AnswerLost,
    ConfigurationError,
    FashfedError,
    RecordFailed,
    RecordParked,
    Refused,
    RetryNow,
    StopRun,
)
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded
from include.flows.once import Once
from include.flows.orders.cancel_desk import SELLER_CANCEL
from include.flows.orders.market_lines import MarketLines
from include.flows.orders.order_lines import package_of
from include.flows.orders.seller_plans import SellerPlans, Wanted
from include.mapping.orders import pieces
from include.state.store import Claim, ClaimState, InboxRow

_BEFORE = timedelta(hours=1)
"""How far before a claim of ours its effect may be dated: the clocks of both sides differ."""
_REJECTED = "rejected"

Outcome = FashfedError | None
"""What became of a line; None: it is cancelled at Fashfed."""


@dataclass(frozen=True, slots=True)
class Told:
    """A plan whose lines are cancelled at Fashfed."""

    lines: Sequence[str]


class SellerDesk:
    """Takes the plans of an order together; one call cancels all their lines of a package."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._market = MarketLines(ctx)
        self._plans = SellerPlans(ctx, self._market)
        self._reason: Once[str] = Once(keep=(StopRun,))
        self.group = self._plans.group

    async def prepare(self, rows: Sequence[InboxRow]) -> None:
        """Read a page of plans and what is known of their lines."""
        self._market.forget()
        await self._plans.learn(rows)

    async def take(self, rows: Sequence[InboxRow]) -> list[Told | Excluded | FashfedError]:
        """What became of the plans of one order."""
        wanted: list[Wanted | Excluded | FashfedError] = []
        for row in rows:
            try:
                wanted.append(await self._plans.wanted(row.market_id))
            except FashfedError as error:
                wanted.append(error)
        plans = {line: each.plan for each in wanted if isinstance(each, Wanted) for line in each.lines}
        packages: dict[str, list[str]] = {}
        for line in sorted(plans):
            packages.setdefault(package_of(line), []).append(line)
        said: dict[str, Outcome] = {}
        for package, lines in packages.items():
            said |= await self._package(package, {line: plans[line] for line in lines})
        return [_answer(each, said) for each in wanted]

    async def _package(self, package: str, plans: Mapping[str, int]) -> dict[str, Outcome]:
        """Cancel those of the lines (with their plans) that Fashfed still has."""
        said: dict[str, Outcome] = {}
        try:
            claims = await self._ctx.store.claims(self._ctx.channel, SELLER_CANCEL, list(plans))
            ready: dict[str, int] = {}
            for line, plan in plans.items():
                said[line] = None
                try:
                    if await self._is_to_be_sent(line, claims.get(line)):
                        ready[line] = plan
                except FashfedError as error:
                    said[line] = error
            return said | await self._cancel(package, ready)
        except FashfedError as error:
            return {line: said.get(line) or error for line in plans}

    # --- looking first ------------------------------------------------------------------------------------
    async def _is_to_be_sent(self, line: str, claim: Claim | None) -> bool:
        """Whether Fashfed has to be asked; raises why it cannot be."""
        if claim and claim.state is ClaimState.DONE:
            return False
        key, items = self._ctx.settings.order_item_quantity_key, await self._plans.lines.items(line)
        units = sum(pieces(item, key) for item in items)
        living = sum(pieces(item, key) for item in items if not is_cancelled(item.status))
        left = await self._market.quantity({line})
        if living:
            if left > living:
                raise RecordParked("partial_line_cancel", line=line, cancelled=units - living, units=units)
            return False
        if not left:
            await self._agree(self._market, line, claim)
            return False
        package = await self._market.package(package_of(line))
        if package and package.status != PackageStatus.PREPARING:
            raise self._refused(line, package.status, "nothing of it can be cancelled any more")
        return True

    async def _agree(self, market: MarketLines, line: str, claim: Claim | None) -> None:
        """A line that is gone: somebody cancelled it, we or the buyer. Raises ``RecordParked`` when nobody has."""
        ctx, package = self._ctx, await market.package(package_of(line))
        since = package.created_at if package else claim.made_at - _BEFORE if claim else None
        pages = ctx.market.claims(kind="cancel", updated_from=since)
        found = [one async for page in pages for one in page.rows if one.package_item == line]
        seen = next((one for one in found if one.status != _REJECTED), None)
        if seen is None:
            raise RecordParked("seller_cancel_missing", line=line, package=package_of(line))
        if claim:
            await self._settle(line, seen.id)
        ctx.log.info("Line %s is cancelled at Fashfed already (claim %s)", line, seen.id)

    async def _settle(self, line: str, claim_id: str | None) -> None:
        ctx = self._ctx
        await ctx.store.settle_claim(ctx.channel, SELLER_CANCEL, line, {"claim": claim_id}, now=ctx.clock.now())

    # --- cancelling ---------------------------------------------------------------------------------------
    async def _cancel(self, package: str, plans: Mapping[str, int]) -> dict[str, Outcome]:
        """One call for all lines, each of which has its plan; what Fashfed refuses is found by halves."""
        if not plans:
            return {}
        ctx, now = self._ctx, self._ctx.clock.now()
        reason = await self._reason.get("reason", self._choose_reason)
        for line, plan in plans.items():
            await ctx.store.claim(ctx.channel, SELLER_CANCEL, line, {"package": package, "plan": plan}, now=now)
        try:
            claims = await ctx.market.cancel(package, [{"number": line, "reason": reason} for line in plans])
        except (AnswerLost, Refused) as trouble:
            return await self._after(trouble, package, plans)
        made = {claim.package_item: claim.id for claim in claims}
        for line in plans:
            await self._settle(line, made.get(line))
        ctx.report.count("sent", len(plans))
        ctx.log.info("Package %s: %s cancelled at Fashfed as the seller", package, ", ".join(plans))
        return dict.fromkeys(plans)

    async def _after(self, trouble: AnswerLost | Refused, package: str, plans: Mapping[str, int]) -> dict[str, Outcome]:
        """No answer, or a no: what is gone was cancelled all the same, by this call or an earlier one."""
        market, said = MarketLines(self._ctx), dict[str, Outcome]()
        claims = await self._ctx.store.claims(self._ctx.channel, SELLER_CANCEL, list(plans))
        for line in plans:
            try:
                if not await market.quantity({line}):
                    await self._agree(market, line, claims.get(line))
                    said[line] = None
            except FashfedError as error:
                said[line] = error
        rest = {line: plan for line, plan in plans.items() if line not in said}
        if isinstance(trouble, AnswerLost):
            # the claims stay open, so the next run looks again before it asks
            return said | dict.fromkeys(rest, trouble)
        if len(plans) > 1 and trouble.payload is not None:
            lines = list(rest)
            for half in (lines[: len(lines) // 2], lines[len(lines) // 2 :]):
                said |= await self._cancel(package, {line: rest[line] for line in half})
            return said
        return said | {line: await self._give_up(trouble, line) for line in rest}

    async def _give_up(self, refusal: Refused, line: str) -> FashfedError:
        ctx = self._ctx
        await ctx.store.drop_claim(ctx.channel, SELLER_CANCEL, line, now=ctx.clock.now())
        if refusal.payload is None:
            return refusal
        package = await self._market.package(package_of(line))
        return self._refused(line, package.status if package else None, str(refusal.facts.get("detail")))

    def _refused(self, line: str, status: int | None, detail: str) -> RecordFailed:
        names = {each.value: each.name.lower().replace("_", " ") for each in PackageStatus}
        word = names.get(status or 0, "not shown")
        return RecordFailed("seller_cancel_refused", line=line, package=package_of(line), status=word, detail=detail)

    async def _choose_reason(self) -> str:
        ctx = self._ctx
        if ctx.settings.send_cancel_market_reason_id:
            return ctx.settings.send_cancel_market_reason_id
        reasons = await ctx.market.claim_reasons("cancel")
        if not reasons:
            raise ConfigurationError("seller_cancel_no_reason")
        ctx.log.info("Send Cancel Market Reason ID is empty: %s (%s) is given", reasons[0].subject, reasons[0].id)
        return reasons[0].id


def _answer(wanted: Wanted | Excluded | FashfedError, said: Mapping[str, Outcome]) -> Told | Excluded | FashfedError:
    """What becomes of a plan, of what became of its lines: trouble that passes comes first, then what failed."""
    if not isinstance(wanted, Wanted):
        return wanted
    errors = [error for line in wanted.lines if (error := said[line])]
    for kind in (StopRun, RetryNow, RecordFailed, FashfedError):
        for error in errors:
            if isinstance(error, kind):
                return error
    return Told(wanted.lines)
