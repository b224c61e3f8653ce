"""Asking Fashfed what became of the batches it was given, this run's and older ones (reference/flows.md section 5)."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from include.clients.fashfed.schemas import Batch
from include.domain.batch import WAITING, BatchItem, BatchState, Fate
from include.errors import FashfedError, RecordFailed, Refused, RetryNow
from include.flows.batches import close, held_batch
from include.flows.context import FlowContext
from include.flows.delivery import confirm, failed
from include.flows.push import notes_of
from include.flows.reporting import Reporter
from include.state.store import OpenBatch
from include.together import limited, together

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0
"""Seconds between two rounds of asking."""
_FINISHED = frozenset({"completed", "failed"})
_PATIENCE = timedelta(minutes=2)
"""How long answered records wait for others of their batch before they are settled without them."""

Ask = Callable[[str], Awaitable[Batch]]
Hook = Callable[[Sequence[BatchItem]], Awaitable[None]]
Answer = Batch | FashfedError | str | None
"""Finished work, the trouble of asking, "lost" for a ticket Fashfed does not know, None while it works."""


@dataclass(frozen=True, slots=True)
class Settling:
    """How the batches of one content type are settled.

    ``bulk`` names the call that was made (``FashfedClient.bulk_call``), ``request`` says what was sent of an item.
    ``refused`` is the code of a record that Fashfed did not take. ``accepted`` gets the records it took, and when they
    were handed over, before the batch is closed; ``closed`` gets them afterwards. Both may be called again for the same
    records after a crash.
    """

    content_type: str
    ask: Ask
    bulk: str
    request: Callable[[BatchItem], str | None] = lambda item: item.body
    refused: str = "market_refused"
    accepted: Callable[[Sequence[BatchItem], datetime], Awaitable[None]] | None = None
    closed: Hook | None = None


async def settle(ctx: FlowContext, how: Settling) -> None:
    """Close every batch that Fashfed has finished; leave the others to the next run.

    One batch that cannot be settled does not hold up the others; the first trouble is raised after all were tried.
    """
    if ctx.dry_run:
        return  # what is known would be told to Omnitron
    reporter = Reporter(ctx, "SKU")
    until = min(ctx.deadline, ctx.clock.monotonic() + ctx.tuning.settle_wait)
    wait = _FIRST_WAIT
    trouble: FashfedError | None = None
    async with ctx.store.lock(ctx.channel, how.content_type, wait=ctx.tuning.lock_wait):
        open_batches = await ctx.store.open_batches(ctx.channel, how.content_type)
        waiting = [batch for batch in open_batches if batch.state in WAITING]
        ctx.log.info("%d batches wait for Fashfed's answer", len(waiting))
        try:
            while waiting:
                waiting, trouble = await _round(ctx, waiting, how, reporter)
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
    ctx: FlowContext, waiting: Sequence[OpenBatch], how: Settling, reporter: Reporter
) -> tuple[list[OpenBatch], FashfedError | None]:
    async def one(batch: OpenBatch) -> tuple[OpenBatch | None, list[BatchItem], FashfedError | None]:
        try:
            return await _settle_one(ctx, batch, how, reporter)
        except FashfedError as error:
            ctx.log.warning("Batch %s could not be settled now: %s", batch.pk, error)
            return batch, [], error

    results = await limited(ctx.tuning.concurrency, one, waiting)
    for batch, (_, late, _) in zip(waiting, results, strict=True):
        await _wait_apart(ctx, batch.content_type, late)
    return [batch for batch, _, _ in results if batch], next((error for _, _, error in results if error), None)


async def _settle_one(
    ctx: FlowContext, batch: OpenBatch, how: Settling, reporter: Reporter
) -> tuple[OpenBatch | None, list[BatchItem], FashfedError | None]:
    """Close the batch if every ticket has its answer, or its time is over.

    Returns the batch while it still waits, and the items that were left out because others had waited long enough.
    """
    held = await ctx.store.batch_items(batch.id)
    tickets = sorted({item.ticket for item in held if item.ticket})
    age = ctx.clock.now() - (batch.sent_at or batch.opened_at)
    overdue = age > ctx.settings.sent_to_remote_limit
    answers = await _answers(ctx, how, tickets, patient=age < _PATIENCE and not overdue)
    unanswered = {ticket for ticket in tickets if not isinstance(answers.get(ticket), Batch | str)}
    if unanswered and not overdue and (age < _PATIENCE or len(unanswered) == len(tickets)):
        for answer in answers.values():
            if isinstance(answer, FashfedError):
                raise answer
        return await _still_waiting(ctx, batch), [], None
    late = [] if overdue else [item for item in held if item.ticket in unanswered]
    items = _outcomes(ctx, held, how, answers, set() if overdue else unanswered)
    taken = [item for item in items if item.fate is Fate.SENT]
    if how.accepted and taken:
        await how.accepted(taken, batch.sent_at or batch.opened_at)
    await close(ctx, batch.id, batch.pk or 0, items + [replace(item, fate=Fate.RELEASED) for item in late])
    known = {(item.content_type, item.pk) for item in held if item.fate is Fate.FAILED}
    try:
        await _remember(ctx, batch, how, items, known, reporter)
        if how.closed and taken:
            await how.closed(taken)
    except FashfedError as error:
        ctx.log.warning("Batch %s is settled, but not all that follows: %s", batch.pk, error)
        return None, late, error
    return None, late, None


async def _answers(ctx: FlowContext, how: Settling, tickets: Sequence[str], *, patient: bool) -> dict[str, Answer]:
    """What Fashfed says of the tickets. They were handed over together: while it works on the first and there is
    patience left, the others need not be asked about."""
    answers: dict[str, Answer] = {}
    for part in (tickets[:1], tickets[1:]):
        found = await together(*(_ask(how.ask, ticket) for ticket in part))
        answers |= zip(part, found, strict=True)
        if patient and not all(isinstance(answer, Batch | str) for answer in found):
            break
    return answers


async def _wait_apart(ctx: FlowContext, content_type: str, late: Sequence[BatchItem]) -> None:
    """Hold what Fashfed has not answered yet in a batch of its own, so that it holds up nothing else."""
    if not late:
        return
    async with held_batch(ctx, content_type) as batch:
        held = await batch.commit([item for item in late if not item.unnamed])
        if held:
            await batch.hand_over([*held, *(item for item in late if item.unnamed)])
    ctx.log.warning("%d records still wait for Fashfed's answer; the others of their batch are settled", len(held))


async def _ask(ask: Ask, ticket: str) -> Answer:
    try:
        answer = await ask(ticket)
    except Refused as refusal:
        return "lost" if refusal.status == 404 else refusal
    except RetryNow as trouble:
        return trouble
    return answer if answer.status in _FINISHED else None


async def _still_waiting(ctx: FlowContext, batch: OpenBatch) -> OpenBatch:
    if batch.state is BatchState.ONGOING or batch.pk is None:
        return batch
    await ctx.hub.change_batch(batch.pk, BatchState.ONGOING.value)
    await ctx.store.change_batch(batch.id, BatchState.ONGOING, now=ctx.clock.now())
    return replace(batch, state=BatchState.ONGOING)


def _outcomes(
    ctx: FlowContext, held: Sequence[BatchItem], how: Settling, answers: Mapping[str, Answer], left_out: Set[str]
) -> list[BatchItem]:
    """The items with what became of them, without those of the tickets left out."""
    lines = {
        (ticket, line.sku): line
        for ticket, answer in answers.items()
        if isinstance(answer, Batch)
        for line in answer.items
    }
    limit = str(ctx.settings.sent_to_remote_limit)

    def outcome(item: BatchItem) -> BatchItem:
        answer = answers.get(item.ticket or "")
        line = lines.get((item.ticket or "", item.key))
        if answer == "lost":
            error = RecordFailed("market_lost_batch", sku=item.key, batch=item.ticket)
        elif not isinstance(answer, Batch):
            error = RecordFailed("market_timeout", sku=item.key, limit=limit)
        elif line is None or line.status not in ("success", "failed"):
            error = RecordFailed("market_silent", sku=item.key)
        elif line.status == "failed":
            error = RecordFailed(how.refused, sku=item.key, detail=_text(line.errors))
            item = replace(item, answer=json.dumps({"sku": line.sku, "status": line.status, "errors": line.errors}))
        else:
            return item
        return failed(item, error)

    return [
        outcome(item) if item.fate is Fate.SENT and item.ticket else item
        for item in held
        if item.ticket not in left_out
    ]


def _text(errors: object) -> str:
    """What Fashfed says about one SKU: messages by field, or anything else."""
    if isinstance(errors, dict):
        return "; ".join(f"{name}: {_text(found)}" for name, found in errors.items())
    if isinstance(errors, list):
        return ", ".join(_text(each) for each in errors)
    return str(errors or "no reason given")


async def _remember(
    ctx: FlowContext,
    batch: OpenBatch,
    how: Settling,
    items: Sequence[BatchItem],
    known: Set[tuple[str, int]],
    reporter: Reporter,
) -> None:
    """Keep what Fashfed confirmed and say what it refused; ``known`` failures were said when the batch was sent."""
    sent = [item for item in items if item.fate is Fate.SENT]
    fresh = [
        item
        for item in items
        if item.fate is Fate.FAILED
        and item.content_type == batch.content_type
        and (item.content_type, item.pk) not in known
    ]
    await confirm(ctx, sent)
    taken = sum(item.content_type == batch.content_type for item in sent)
    ctx.report.count("updated", taken)
    prefix = f"{batch.local_batch_id}-Channel-{ctx.flow}"
    await reporter.records(notes_of(fresh, how.request), log_prefix=prefix)
    tickets = sorted({item.ticket for item in items if item.ticket})
    await reporter.batch(
        batch.pk or 0,
        log_prefix=prefix,
        text=f"{taken} accepted, {len(fresh)} refused",
        request=f"{ctx.market.bulk_call(how.bulk)}\n{taken + len(fresh)} SKUs in {len(tickets)} calls",
        response="\n".join(["Fashfed's batches:", *tickets]),
    )
