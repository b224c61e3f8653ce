"""Approve / Reject Refund Order: Fashfed is told once what was decided about a return (reference/flows.md 4.13)."""

from include.clients.omnitron.schemas import CancellationRequest
from include.clients.rows import FeedPage
from include.flows import push
from include.flows.context import FlowContext
from include.flows.feeding import Push
from include.flows.orders.refund_decisions import RefundDecisions
from include.flows.orders.refund_desk import CONTENT_TYPE


async def send(ctx: FlowContext) -> None:
    """Approve or reject at Fashfed every return that was decided in Omnitron since."""
    decisions = RefundDecisions(ctx)

    async def read(page: int, limit: int) -> FeedPage[CancellationRequest]:
        return await ctx.hub.cancellation_request_updates(limit, page=page)

    feed = Push(
        CONTENT_TYPE,
        "decided returns",
        read,
        decisions.prepare,
        decisions.call,
        "refund_decision_refused",
        at_once=1,
        turn=None,
    )
    await push.send(ctx, [feed], word="return claim")
