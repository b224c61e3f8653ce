"""Order Refund: open and waiting return claims become return requests in Omnitron (reference/flows.md section 4.12).

``pull`` keeps what Fashfed shows in the inbox, ``apply`` makes the requests of each claim exactly once.
"""

from collections.abc import Sequence
from functools import partial

from include.domain.batch import BatchItem, Fate
from include.errors import FashfedError, RecordFailed, RecordWaits
from include.flows.batches import held_batch, recover
from include.flows.context import FlowContext
from include.flows.inbox_work import InboxWork, work_off
from include.flows.intake import Span, keep
from include.flows.orders.refund_desk import CONTENT_TYPE, KIND, Asked, RefundDesk
from include.flows.reporting import Reporter, as_shown, step_name
from include.mapping.refunds import OPEN
from include.state.store import Identity, InboxRow


async def pull(ctx: FlowContext) -> None:
    """Keep every return claim made since Refund Start Date that nobody has decided about, however old it is."""
    began = ctx.clock.now()
    since = ctx.settings.refund_start_date
    span = Span(since or began, None)
    claims = ctx.market.claims(kind="refund", statuses=OPEN, created_from=since)
    await keep(ctx, KIND, span, claims, lambda claim: (claim.id, claim.updated_at or claim.created_at))
    await ctx.store.move_watermark(ctx.channel, ctx.flow, span.reached(began))  # for whoever asks what has been read


async def apply(ctx: FlowContext) -> None:
    """Make the return requests of every claim that is due; park what cannot be applied yet."""
    desk = RefundDesk(ctx)
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        await recover(ctx, CONTENT_TYPE)
    await work_off(
        ctx,
        InboxWork(
            KIND,
            CONTENT_TYPE,
            "return claim",
            take=desk.take,
            finish=partial(_link, ctx),
            group=lambda row: str(row.payload.get("package_item")),
            prepare=desk.prepare,
        ),
    )


async def _link(ctx: FlowContext, taken: Sequence[tuple[InboxRow, Asked]]) -> dict[str, FashfedError]:
    """Write the claims' ids to the hub's requests in one batch, so that their decisions come back.

    Gives the claims of which Omnitron did not take the id.
    """
    asked = [each for _, each in taken]
    unfinished: dict[str, FashfedError] = {}
    unlinked = [item for each in asked if not each.linked for item in _objects(each)]
    if unlinked:
        async with held_batch(ctx, CONTENT_TYPE) as batch:
            await batch.close(await batch.commit(unlinked))
        unfinished = {item.key: RecordWaits("record_busy", local_batch_id="-") for item in batch.busy}
        unfinished |= {item.key: RecordFailed("refund_not_linked", claim=item.key) for item in batch.refused}
        prefix = f"{batch.local_id}-Channel-{step_name(ctx.flow)}"
        text = f"{len(unlinked)} return requests linked"
        claims = as_shown({"claims": [each.claim_id for each in asked if not each.linked]})
        await Reporter(ctx, "return claim").batch(batch.pk, log_prefix=prefix, text=text, request=claims)
    done = [each for each in asked if each.claim_id not in unfinished]
    now = ctx.clock.now()
    names = [Identity(CONTENT_TYPE, each.claim_id, pk) for each in done for pk in each.requests]
    await ctx.store.bind(ctx.channel, names, now=now)
    await ctx.store.finish(ctx.channel, KIND, [each.claim_id for each in done], now=now)
    ctx.report.count("created", sum(each.fresh for each in done))
    ctx.report.count("unchanged", sum(not each.fresh for each in done))
    return unfinished


def _objects(asked: Asked) -> list[BatchItem]:
    return [
        BatchItem(pk, CONTENT_TYPE, version, asked.claim_id, fate=Fate.SENT) for pk, version in asked.requests.items()
    ]
