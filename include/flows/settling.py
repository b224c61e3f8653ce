"""Asking Fashfed what became of the batches it was given, this run's and older ones (reference/flows.md section 5)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from include.clients.fashfed.schemas import Batch
from include.domain.batch import WAITING, BatchItem, BatchState, Fate
from include.errors import FashfedError, RecordFailed, Refused, RetryNow
from include.flows.batches import close, held_batch
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.push import notes_of
from include.flows.reporting import Reporter
from include.state.store import OpenBatch, Sent

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0
"""Seconds between two rounds of asking."""
_FINISHED = frozenset({"completed", "failed"})
_PATIENCE = timedelta(minutes=2)
"""How long answered records wait for others of their batch before they are settled without them."""

Ask = Callable[[str], Awaitable[Batch]]


async def settle(ctx: FlowContext, content_type: str, ask: Ask) -> None:
    """Close every batch that Fashfed has finished; leave the others to the next run.

    One batch that cannot be settled does not hold up the others; the first trouble is raised after all were tried.
    """
    if ctx.dry_run:
        return  # what is known would be told to Omnitron
    reporter = Reporter(ctx, "SKU")
    until = min(ctx.deadline, ctx.clock.monotonic() + ctx.tuning.settle_wait)
    wait = _FIRST_WAIT
    async with ctx.store.lock(ctx.channel, content_type, wait=ctx.tuning.lock_wait):
        open_batches = await ctx.store.open_batches(ctx.channel, content_type)
        waiting = [batch for batch in open_batches if batch.state in WAITING]
        ctx.log.info("%d batches wait for Fashfed's answer", len(waiting))
        try:
            while waiting:
                waiting, trouble = await _round(ctx, waiting, ask, reporter)
                if not waiting or ctx.clock.monotonic() + wait > until:
                    break
                await ctx.clock.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
        finally:
            reporter.say()
    if waiting:
        ctx.log.info("%d batches are not answered yet; the next run asks again", len(waiting))
        if trouble:
            raise trouble
    ctx.log.info("Done: %d confirmed by Fashfed, %d failed", ctx.report.counts["updated"], ctx.report.counts["failed"])


async def _round(
    ctx: FlowContext, waiting: Sequence[OpenBatch], ask: Ask, reporter: Reporter
) -> tuple[list[OpenBatch], FashfedError | None]:
    slots = asyncio.Semaphore(ctx.tuning.concurrency)

    async def one(batch: OpenBatch) -> tuple[OpenBatch | None, list[BatchItem], FashfedError | None]:
        async with slots:
            try:
                return *await _settle_one(ctx, batch, ask, reporter), None
            except FashfedError as error:
                ctx.log.warning("Batch %s could not be settled now: %s", batch.pk, error)
                return batch, [], error

    results = await asyncio.gather(*(one(batch) for batch in waiting))
    for batch, (_, late, _) in zip(waiting, results, strict=True):
        await _wait_apart(ctx, batch.content_type, late)
    return [batch for batch, _, _ in results if batch], next((error for _, _, error in results if error), None)


async def _settle_one(
    ctx: FlowContext, batch: OpenBatch, ask: Ask, reporter: Reporter
) -> tuple[OpenBatch | None, list[BatchItem]]:
    """Close the batch if every ticket has its answer, or its time is over.

    Returns the batch while it still waits, and the items that were left out because others had waited long enough.
    """
    tickets = sorted({item.ticket for item in batch.items if item.ticket})
    age = ctx.clock.now() - (batch.sent_at or batch.opened_at)
    overdue = age > ctx.settings.sent_to_remote_limit
    answers: dict[str, Batch | str | None] = {}
    # handed over together: while Fashfed works on one of them, the others need not be asked about
    for part in (tickets[:1], tickets[1:]):
        found = await asyncio.gather(*(_ask(ask, ticket, overdue=overdue) for ticket in part))
        answers |= zip(part, found, strict=True)
        if None in answers.values() and age < _PATIENCE and not overdue:
            return await _still_waiting(ctx, batch), []
    unanswered = set() if overdue else {ticket for ticket, answer in answers.items() if answer is None}
    if unanswered and len(unanswered) == len(tickets):
        return await _still_waiting(ctx, batch), []
    late = [item for item in batch.items if item.ticket in unanswered]
    limit = str(ctx.settings.sent_to_remote_limit)
    items = [
        _outcome(item, answers[item.ticket], limit) if item.fate is Fate.SENT and item.ticket else item
        for item in batch.items
        if item.ticket not in unanswered
    ]
    await close(ctx, batch.id, batch.pk or 0, items + [replace(item, fate=Fate.RELEASED) for item in late])
    await _remember(ctx, batch, items, reporter)
    return None, late


async def _wait_apart(ctx: FlowContext, content_type: str, late: Sequence[BatchItem]) -> None:
    """Hold what Fashfed has not answered yet in a batch of its own, so that it holds up nothing else."""
    if not late:
        return
    async with held_batch(ctx, content_type) as batch:
        held = {item.pk for item in await batch.commit(late)}
        if held:
            await batch.hand_over([item for item in late if item.pk in held])
    ctx.log.warning("%d SKUs still wait for Fashfed's answer; the others of their batch are settled", len(held))


async def _ask(ask: Ask, ticket: str, *, overdue: bool) -> Batch | str | None:
    """The finished answer, None while there is none, or "lost" when Fashfed does not know the ticket."""
    try:
        answer = await ask(ticket)
    except Refused as refusal:
        if refusal.status == 404:
            return "lost"
        raise
    except RetryNow:
        if overdue:
            return None
        raise
    return answer if answer.status in _FINISHED else None


async def _still_waiting(ctx: FlowContext, batch: OpenBatch) -> OpenBatch:
    if batch.state is BatchState.ONGOING or batch.pk is None:
        return batch
    await ctx.hub.change_batch(batch.pk, BatchState.ONGOING.value)
    await ctx.store.change_batch(batch.id, BatchState.ONGOING, now=ctx.clock.now())
    return replace(batch, state=BatchState.ONGOING)


def _outcome(item: BatchItem, answer: Batch | str | None, limit: str) -> BatchItem:
    if answer is None:
        return failed(item, RecordFailed("market_timeout", sku=item.key, limit=limit))
    if isinstance(answer, str):
        return failed(item, RecordFailed("market_lost_batch", sku=item.key, batch=item.ticket))
    line = next((line for line in answer.items if line.sku == item.key), None)
    if line is not None and line.status == "success":
        return item
    if line is not None and line.status == "failed":
        return failed(item, RecordFailed("market_refused", sku=item.key, detail=_text(line.errors)))
    return failed(item, RecordFailed("market_silent", sku=item.key))


def _text(errors: object) -> str:
    """What Fashfed says about one SKU: messages by field, or anything else."""
    if isinstance(errors, dict):
        return "; ".join(f"{name}: {_text(found)}" for name, found in errors.items())
    if isinstance(errors, list):
        return ", ".join(_text(each) for each in errors)
    return str(errors or "no reason given")


async def _remember(ctx: FlowContext, batch: OpenBatch, items: Sequence[BatchItem], reporter: Reporter) -> None:
    sent = [item for item in items if item.fate is Fate.SENT]
    before = {item.pk for item in batch.items if item.fate is Fate.FAILED}
    fresh = [item for item in items if item.fate is Fate.FAILED and item.pk not in before]
    now = ctx.clock.now()
    await ctx.store.record_sent(
        ctx.channel, batch.content_type, [Sent(item.key, item.value, item.version) for item in sent], now=now
    )
    ctx.report.count("updated", len(sent))
    prefix = f"{batch.local_batch_id}-Channel-{ctx.flow}"
    await reporter.records(notes_of(fresh), log_prefix=prefix)
    await reporter.batch(batch.pk or 0, log_prefix=prefix, text=f"{len(sent)} accepted, {len(fresh)} refused")
