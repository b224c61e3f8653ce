"""Split Packages: packages are split at Fashfed as somebody outside asked (reference/flows.md section 4.16).

Requests come in through the endpoint (``include/inbound``), which keeps them before it answers. ``apply`` carries each
out exactly once: a claim is written before Fashfed is asked, and whoever finds it open looks at the packages first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from include.errors import AnswerLost, FashfedError, RecordFailed, RecordWaits, Refused
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded, InboxWork, finish_all, work_off
from include.flows.orders.moved_lines import SPLIT, OwnSplit, follow_splits, made_by_split
from include.flows.orders.order_lines import ORDER
from include.flows.orders.order_names import OrderNames
from include.flows.orders.package_contents import look_up_split, whole_lines
from include.flows.reporting import Reporter, as_shown, step_name
from include.mapping.split_request import SplitRequest
from include.mapping.splits import SplitPlan
from include.state.store import Claim, ClaimState, InboxRow, Incoming

CONTENT_TYPE = "order"
PACKAGE = "package"
_ARRIVES_WITHIN = timedelta(minutes=2)
"""How long a request whose answer got lost may be on its way to Fashfed."""
_SHOWN_WITHIN = timedelta(hours=1)
"""How long the new packages may take to show when the old one has given its lines away already."""


async def apply(ctx: FlowContext) -> None:
    """Split the packages of every request that is due, and name the items that moved."""
    desk = SplitDesk(ctx)
    await work_off(
        ctx,
        InboxWork(
            SPLIT,
            CONTENT_TYPE,
            "split request",
            take=desk.take,
            finish=partial(_finish, ctx),
            lock=SPLIT,
            group=lambda _: SPLIT,  # one after the other: two may be about the same package
            cause=_cause,
            gone=desk.gone,
            said="",
        ),
    )


async def _finish(ctx: FlowContext, done: Sequence[tuple[InboxRow, Claim]]) -> None:
    await finish_all(ctx, SPLIT, [row for row, _ in done])
    ctx.report.count("sent", len(done))


def _cause(error: FashfedError) -> str | None:
    return str(error.facts["package"]) if error.code == "split_order_unknown" else None


class SplitDesk:
    """Takes split requests one by one."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx

    async def gone(self, rows: Sequence[InboxRow]) -> list[str]:
        """The packages that requests wait for and that have an order now."""
        packages = [row.cause or "" for row in rows]
        return list((await OrderNames.known(self._ctx, packages)).of)

    async def take(self, rows: Sequence[InboxRow]) -> list[Claim | Excluded | FashfedError]:
        """What became of each request; its trouble is its own."""
        return [await self._take(row) for row in rows]

    async def _take(self, row: InboxRow) -> Claim | Excluded | FashfedError:
        try:
            return await self._carry_out(row)
        except RecordFailed as error:
            if row.code == error.code:  # a package only ever loses lines: a third try would end as these two did
                return Excluded(error.message)
            return error
        except FashfedError as error:
            return error

    async def _carry_out(self, row: InboxRow) -> Claim:
        ctx = self._ctx
        claim = (await ctx.store.claims(ctx.channel, SPLIT, [row.market_id])).get(row.market_id)
        if claim is None or (claim.state is ClaimState.OPEN and not await self._was_split(claim)):
            claim = await self._split(row)
        if claim.state is ClaimState.OPEN:
            await ctx.store.settle_claim(ctx.channel, SPLIT, claim.key, {}, now=ctx.clock.now())
        await self._follow(claim)
        return claim

    # --- asking Fashfed, once -----------------------------------------------------------------------------
    async def _split(self, row: InboxRow) -> Claim:
        ctx = self._ctx
        request = SplitRequest.model_validate(row.payload)
        plan = await look_up_split(ctx.hub, ctx.market, ctx.settings, request)
        number = plan.package.number
        order = (await OrderNames.known(ctx, [number])).of.get(number)
        if order is None:
            raise RecordWaits("split_order_unknown", package=number)
        detail = await self._detail(plan, order)
        claim = await ctx.store.claim(ctx.channel, SPLIT, row.market_id, detail, now=ctx.clock.now())
        try:
            await ctx.market.split(number, [_wire(group) for group in plan.groups])
        except AnswerLost:
            if not await self._was_split(claim):
                raise
        except FashfedError as error:
            if not (isinstance(error, Refused) and await self._shows(claim)):  # an earlier request may have arrived
                await ctx.store.drop_claim(ctx.channel, SPLIT, row.market_id, now=ctx.clock.now())
                raise _refusal(error, number) from None
        return claim

    async def _detail(self, plan: SplitPlan, order: int) -> dict[str, Any]:
        """All that is needed to see later whether the split has happened."""
        sisters = await self._ctx.market.find_packages(order_number=plan.package.order_number)
        return {
            "order": order,
            "order_number": plan.package.order_number,
            "package": plan.package.number,
            "packages": sorted(package.number for package in sisters),
            "lines": dict(plan.lines),
            "groups": [dict(group) for group in plan.groups],
        }

    # --- looking first ------------------------------------------------------------------------------------
    async def _was_split(self, claim: Claim) -> bool:
        """Whether Fashfed has split the package. When it has not, the claim is given up; raises ``RecordWaits`` while
        nobody can tell."""
        ctx = self._ctx
        if await self._shows(claim):
            return True
        left = await self._lines_have_left(claim)
        if ctx.clock.now() < claim.made_at + (_SHOWN_WITHIN if left else _ARRIVES_WITHIN):
            raise RecordWaits("split_unclear", package=claim.detail["package"])
        await ctx.store.drop_claim(ctx.channel, SPLIT, claim.key, now=ctx.clock.now())
        return False

    async def _shows(self, claim: Claim) -> bool:
        """Whether there are new packages and the old one lacks what they were to get."""
        sisters = await self._ctx.market.find_packages(order_number=claim.detail["order_number"])
        new = {package.number for package in sisters} - set(claim.detail["packages"])
        return len(new) >= len(claim.detail["groups"]) and await self._lines_have_left(claim)

    async def _lines_have_left(self, claim: Claim) -> bool:
        items = await whole_lines(self._ctx.market, claim.detail["package"])
        held, now = claim.detail["lines"], {item.number: item.quantity for item in items}
        moved: Counter[str] = Counter()
        for group in claim.detail["groups"]:
            moved.update(group)
        return all(now.get(line, 0) <= held[line] - quantity for line, quantity in moved.items())

    # --- afterwards ---------------------------------------------------------------------------------------
    async def _follow(self, claim: Claim) -> None:
        """Name what moved, and keep Order Create from the new packages. Raises ``RecordWaits`` until all are there."""
        ctx, detail = self._ctx, claim.detail
        number, order = str(detail["package"]), int(detail["order"])
        orders = await follow_splits(ctx, detail["order_number"], OwnSplit(number, detail["packages"]))
        # of equal goods in several orders nobody can tell whose unit has moved, so any order may be their home
        parts = sorted(orders.keys() - set(detail["packages"]))
        if len(parts) < len(detail["groups"]):
            raise RecordWaits("split_not_shown", package=number)
        for part in parts:
            await self._set_aside(part, made_by_split(number))
        text = f"Split request {claim.key}: package {number} gave lines to {', '.join(parts)}"
        await Reporter(ctx, "split request").success(
            ORDER,
            order,
            key=number,
            log_id=f"{claim.key}-Channel-{step_name(ctx.flow)}",
            text=text,
            request=as_shown({"request_id": claim.key, "package": number, "groups": detail["groups"]}),
        )
        ctx.log.info("%s", text)
        await ctx.store.settle_claim(ctx.channel, SPLIT, claim.key, {"parts": parts}, now=ctx.clock.now())

    async def _set_aside(self, part: str, rule: str) -> None:
        ctx, now = self._ctx, self._ctx.clock.now()
        if part not in await ctx.store.inbox_states(ctx.channel, PACKAGE, [part]):
            shown = await ctx.market.package(part)
            if shown is None:
                raise RecordWaits("split_not_shown", package=part)
            row = Incoming(part, shown.updated_at or now, shown.model_dump(mode="json"))
            await ctx.store.receive(ctx.channel, PACKAGE, [row], now=now)
        await ctx.store.exclude(ctx.channel, PACKAGE, part, rule=rule, now=now)


def _wire(group: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"number": line, "quantity": quantity} for line, quantity in group.items()]


def _refusal(error: FashfedError, number: str) -> FashfedError:
    """A refusal in words about the package; one that cannot be read may not be about it."""
    if not isinstance(error, Refused) or error.payload is None:
        return error
    return RecordFailed("split_refused", package=number, detail=error.facts.get("detail"))
