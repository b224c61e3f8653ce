"""Cancel Order Items: what the brand cancelled in Omnitron is cancelled at Fashfed (reference/flows.md section 4.15,
spec sections 2 and 9).

``pull`` keeps Omnitron's cancellation plans in the inbox, ``apply`` cancels the lines of those that are the brand's.
"""

from collections.abc import Sequence
from functools import partial

from include.clients.omnitron.schemas import CancellationPlan
from include.flows.context import FlowContext
from include.flows.inbox_work import InboxWork, finish_all, work_off
from include.flows.intake import UNDATED
from include.flows.orders.seller_desk import SellerDesk, Told
from include.state.rules import version_moment
from include.state.store import InboxRow, Incoming

KIND, CONTENT_TYPE = "plan", "order"


async def pull(ctx: FlowContext) -> None:
    """Keep every plan that is new. The newest come first, up to a page of known ones; all are stored at once, so that
    a process that dies leaves no hole behind newer ones."""
    began = ctx.clock.now()
    found: list[CancellationPlan] = []
    async for plans in ctx.hub.cancellation_plans("cancel", sort="-id"):
        pks = [plan.pk for plan in plans]
        known = await ctx.store.inbox_states(ctx.channel, KIND, [str(pk) for pk in pks])
        found += plans
        if plans and len(known) == len(plans) and pks == sorted(pks, reverse=True):
            break
    rows = [
        Incoming(str(plan.pk), version_moment(plan.modified_date) or UNDATED, plan.model_dump(mode="json"))
        for plan in found
    ]
    received = await ctx.store.receive(ctx.channel, KIND, rows, now=ctx.clock.now())
    await ctx.store.move_watermark(ctx.channel, ctx.flow, began)  # for whoever asks what has been read
    ctx.log.info("Done: %d new, %d changed (%s)", received.new, received.changed, KIND)


async def apply(ctx: FlowContext) -> None:
    """Cancel at Fashfed what is due; park what cannot be cancelled there."""
    desk = SellerDesk(ctx)
    await work_off(
        ctx,
        InboxWork(
            KIND,
            CONTENT_TYPE,
            "cancellation plan",
            take=desk.take,
            finish=partial(_finish, ctx),
            group=desk.group,
            prepare=desk.prepare,
            said="Cancelled at Fashfed",
        ),
    )


async def _finish(ctx: FlowContext, taken: Sequence[tuple[InboxRow, Told]]) -> None:
    await finish_all(ctx, KIND, [row for row, _ in taken])
