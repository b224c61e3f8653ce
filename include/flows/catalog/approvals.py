"""What became of suggestions after Fashfed took them over: its owner approves or rejects them (api/fashfed.md 4)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from include.clients.fashfed.adapter import moment
from include.domain.batch import BatchItem
from include.errors import RecordFailed
from include.flows.batches import held_batch
from include.flows.catalog.parts import CONTENT_TYPE
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.push import notes_of
from include.flows.reporting import Reporter
from include.state.store import Suggestion, SuggestionState

_WATERMARK = "product approvals"
_ALL = 1_000_000
"""More suggestions than ever wait."""
_OVERLAP = timedelta(minutes=15)
"""How far the next look reaches behind the last: the clocks of both sides differ."""
_NOTED_WITHIN = timedelta(hours=24)
"""How long it may take until a suggestion that was handed over is noted: Fashfed may be slow, and we may be down."""


async def wait_for_approval(ctx: FlowContext, items: Sequence[BatchItem], handed_over: datetime) -> None:
    """Note products that Fashfed took over; its owner may have decided about them ever since they were handed over."""
    rows = [
        Suggestion(item.key, item.pk, item.version, SuggestionState.WAITING, handed_over)
        for item in items
        if item.content_type == CONTENT_TYPE
    ]
    await ctx.store.await_approval(ctx.channel, rows, now=handed_over)


async def follow(ctx: FlowContext) -> None:
    """Learn which of the waiting suggestions were decided meanwhile; a rejected one fails in Omnitron.

    Before sending, so that content which was rejected is not taken for content that Fashfed has; after settling, so
    that a quick decision is known at once.

    Reads what changed at Fashfed since the last look, so it costs little however long the owner takes.
    """
    waiting = {row.key: row for row in await ctx.store.suggestions(ctx.channel, SuggestionState.WAITING, _ALL)}
    if not waiting:
        return
    now = ctx.clock.now()
    looked = await ctx.store.watermark(ctx.channel, _WATERMARK)
    suggested = [row.suggested_at for row in waiting.values()]
    # what was noted only after the last look may have been decided before it
    recent = [at for at in suggested if not looked or at > looked - _NOTED_WITHIN]
    since = min([*recent, *([looked, now] if looked else [])]) - _OVERLAP
    decided: list[tuple[Suggestion, str | None]] = []
    async for page in ctx.market.products({"updated_at__gte": moment(since)}):
        for product in page.rows:
            if product.sku in waiting and product.decision != "waiting":
                reason = product.rejection_reason if product.decision == "rejected" else None
                decided.append((waiting.pop(product.sku), reason))
    words = [replace(row, state=_state(reason), reason=reason) for row, reason in decided]
    rejected = [row for row in words if row.state is SuggestionState.REJECTED]
    busy = await _tell_hub(ctx, rejected)
    await ctx.store.decide(ctx.channel, [row for row in words if row.key not in busy], now=now)
    if not busy:
        await ctx.store.move_watermark(ctx.channel, _WATERMARK, now)
    ctx.log.info(
        "Fashfed approved %d products and rejected %d; %d wait for its decision",
        len(words) - len(rejected), len(rejected) - len(busy), len(waiting) + len(busy),
    )  # fmt: skip


def _state(reason: str | None) -> SuggestionState:
    return SuggestionState.REJECTED if reason else SuggestionState.APPROVED


async def _tell_hub(ctx: FlowContext, rejected: Sequence[Suggestion]) -> set[str]:
    """Fail rejected products in Omnitron, and let equal content be suggested again when somebody asks for it.

    Gives the products that another batch holds now: they are told, or decided anew, when it has ended.
    """
    if not rejected:
        return set()
    reporter = Reporter(ctx, "SKU")
    actions = await ctx.hub.integration_actions(CONTENT_TYPE, object_ids=[row.pk for row in rejected])
    # a version that came later with equal content was agreed without being suggested: it is the one that failed
    agreed = {action.object_id: action.version_date or "" for action in actions}
    items = [
        failed(
            BatchItem(row.pk, CONTENT_TYPE, max(row.version, agreed.get(row.pk, "")), row.key),
            RecordFailed("suggestion_failed", sku=row.key, detail=f"rejected by Fashfed: {row.reason}"),
        )
        for row in rejected
    ]
    await ctx.store.forget_sent(ctx.channel, CONTENT_TYPE, [item.key for item in items])
    async with (
        ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait),
        held_batch(ctx, CONTENT_TYPE) as batch,
    ):
        held = await batch.commit(items)
        await batch.close(held)
    await reporter.records(notes_of(held), log_prefix=f"{batch.local_id}-Channel-{ctx.flow}")
    reporter.say()
    return {item.key for item in batch.busy}
