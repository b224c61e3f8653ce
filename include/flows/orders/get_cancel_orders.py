"""Order Cancel: what was cancelled at Fashfed is cancelled in Omnitron (reference/flows.md section 4.11, spec section
9).

``pull`` keeps the completed cancellations in the inbox, ``apply`` makes one plan of those of an order.
"""

from collections.abc import Sequence
from functools import partial

from include.flows.context import FlowContext
from include.flows.inbox_work import InboxWork, finish_all, work_off
from include.flows.intake import keep_what_is_shown
from include.flows.orders.cancel_causes import CancelCauses
from include.flows.orders.cancel_desk import KIND, CancelDesk, Cancelled
from include.state.store import InboxRow

CONTENT_TYPE = "order"
_COMPLETED = "completed"
"""Claim status of the market (api/fashfed.md section 2)."""


async def pull(ctx: FlowContext) -> None:
    """Keep every cancellation that was completed at Fashfed, before anything of it is interpreted."""
    await keep_what_is_shown(
        ctx,
        KIND,
        lambda span: [
            ctx.market.claims(kind="cancel", statuses=(_COMPLETED,), updated_from=span.start, updated_to=span.end)
        ],
        identity=lambda claim: (claim.id, claim.updated_at or claim.created_at),
    )


async def apply(ctx: FlowContext) -> None:
    """Cancel in Omnitron what is due, all of an order in one plan; park what cannot be cancelled yet."""
    desk, causes = CancelDesk(ctx), CancelCauses(ctx)
    await work_off(
        ctx,
        InboxWork(
            KIND,
            CONTENT_TYPE,
            "cancellation",
            take=desk.take,
            finish=partial(_finish, ctx),
            group=desk.group,
            prepare=desk.prepare,
            cause=causes.of,
            gone=causes.gone,
        ),
    )


async def _finish(ctx: FlowContext, taken: Sequence[tuple[InboxRow, Cancelled]]) -> None:
    await finish_all(ctx, KIND, [row for row, _ in taken])
    ctx.report.count("updated", sum(each.fresh for _, each in taken))
    ctx.report.count("unchanged", sum(not each.fresh for _, each in taken))
