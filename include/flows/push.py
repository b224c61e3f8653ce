"""What every push flow does: drain a feed into batches, hand them to Fashfed, settle what Fashfed answers.

The order of work inside one batch: read a few pages, claim their objects while they are being mapped, send, let the
content type go. Nothing here knows what is pushed; a flow describes that with a ``Push``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed
from include.flows.batches import HeldBatch, held_batch, recover
from include.flows.context import FlowContext
from include.flows.delivery import confirm, deliver
from include.flows.feeding import Push, Row, read_batch
from include.flows.planning import plan
from include.flows.reporting import Done, Note, Reporter

T = TypeVar("T")


async def send(
    ctx: FlowContext,
    pushes: Sequence[Push[Any]],
    brake: Callable[[], Awaitable[None]] | None = None,
    word: str = "SKU",
) -> None:
    """Drain the feeds of one content type until they are empty or the time is used up.

    ``brake`` is asked before anything is sent and raises when the run must be held back. ``word`` names a record to
    people.
    """
    if ctx.dry_run:
        await plan(ctx, pushes)
        if brake:
            await brake()  # the plan is there for whoever is to let the run pass
        return
    content_type = pushes[0].content_type
    reporter = Reporter(ctx, word)
    async with ctx.store.lock(ctx.channel, content_type, wait=ctx.tuning.lock_wait):
        await recover(ctx, content_type)
        if brake:
            await brake()
        try:
            for push in pushes:
                await _drain(ctx, push, reporter)
        finally:
            reporter.say()
    counts = ctx.report.counts
    ctx.log.info(
        "Done: %d read, %d sent, %d unchanged, %d failed",
        counts["read"], counts["sent"], counts["unchanged"], counts["failed"],
    )  # fmt: skip


async def _drain(ctx: FlowContext, push: Push[Row], reporter: Reporter) -> None:
    ctx.log.info("Reading %s from Omnitron", push.title)
    last: frozenset[tuple[int, str]] = frozenset()
    rows, bad = await read_batch(ctx, push)
    while rows or bad:
        if ctx.out_of_time():
            ctx.log.warning("The time of this run is used up; the next run goes on with %s", push.title)
            return
        these = frozenset((item.pk, item.version) for item in _unprepared(push, rows) + bad)
        if these <= last:
            ctx.log.warning(
                "Omnitron keeps showing the same %d records of %s; left for the next run", len(these), push.title
            )
            return
        last = these
        rows, bad = await _one_batch(ctx, push, rows, bad, reporter)
        ctx.log.info("%s: %d read, %d sent so far", push.title, ctx.report.counts["read"], ctx.report.counts["sent"])


def _unprepared(push: Push[Row], rows: Sequence[Row]) -> list[BatchItem]:
    return [BatchItem(row.pk, push.content_type, row.modified_date, str(row.pk)) for row in rows]


async def _one_batch(
    ctx: FlowContext, push: Push[Row], rows: Sequence[Row], bad: list[BatchItem], reporter: Reporter
) -> tuple[list[Row], list[BatchItem]]:
    """Take one batch from its opening to the hand-over; gives what the feed shows next."""
    async with _beside(push.prepare(rows)) as prepared, held_batch(ctx, push.content_type) as batch:
        held = {item.pk: item for item in await batch.commit(_unprepared(push, rows) + bad)}
        # what is claimed has left the feed, so its next rows can be read while these are on their way
        async with _beside(read_batch(ctx, push)) as upcoming:
            made = await prepared + bad
            ready = {item.pk: item for item in made if item.content_type == push.content_type and item.pk in held}
            ours = {item.key for item in ready.values()}
            riders = [item for item in made if item.content_type != push.content_type and item.key in ours]
            named = [item for item in riders if not item.unnamed]
            claimed = {_identity(item) for item in await batch.commit(named)} if named else set()
            items, outage = await deliver(ctx, push, list(ready.values()), riders)
            left_out = [item for pk, item in held.items() if pk not in ready]  # could not be prepared: released
            ctx.report.count("read", len(items) + len(batch.refused))
            ctx.report.count("sent", sum(item.fate is Fate.SENT for item in items))
            ctx.report.count("unchanged", sum(item.fate is Fate.UNCHANGED for item in items))
            riding = [item for item in follow(items, riders) if item.unnamed or _identity(item) in claimed]
            if any(item.ticket for item in items):
                await batch.hand_over([*items, *left_out, *riding])
            else:
                await batch.close([*items, *left_out, *riding])
                await confirm(ctx, items)  # what bears no ticket was answered at once
                await _say_done(ctx, push, reporter, batch, items)
            await _report(ctx, push, reporter, batch, items)
            if outage:
                raise outage
    return await upcoming


def _identity(item: BatchItem) -> tuple[str, int]:
    return item.content_type, item.pk


def follow(items: Sequence[BatchItem], riders: Sequence[BatchItem]) -> list[BatchItem]:
    """The riders with the fate of the records they ride with."""
    drivers = {item.key: item for item in items}
    return [_share(drivers[rider.key], rider) if rider.key in drivers else rider for rider in riders]


def _share(driver: BatchItem, rider: BatchItem) -> BatchItem:
    if driver.fate is Fate.FAILED:
        return replace(rider, fate=Fate.FAILED, code=driver.code, text=driver.text)
    if driver.fate is Fate.SENT:
        return replace(rider, fate=Fate.SENT, ticket=driver.ticket)
    if driver.fate is Fate.UNCHANGED and rider.fate is Fate.UNCHANGED:
        return rider
    return replace(rider, fate=Fate.RELEASED)


@asynccontextmanager
async def _beside(work: Awaitable[T]) -> AsyncIterator["asyncio.Future[T]"]:
    """Do ``work`` beside the block; a block that fails takes it along."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    except BaseException:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def _report(
    ctx: FlowContext, push: Push[Any], reporter: Reporter, batch: HeldBatch, items: Sequence[BatchItem]
) -> None:
    failed = [item for item in items if item.fate is Fate.FAILED]
    refused = [item for item in batch.refused if item.content_type == push.content_type]
    busy = sum(item.content_type == push.content_type for item in batch.busy)
    if busy:
        ctx.log.info("%d records of %s are processing in another batch; they come again", busy, push.title)
    notes = notes_of([*failed, *refused], push.request)
    await reporter.records(notes, log_prefix=f"{batch.local_id}-Channel-{ctx.flow}")


async def _say_done(
    ctx: FlowContext, push: Push[Any], reporter: Reporter, batch: HeldBatch, items: Sequence[BatchItem]
) -> None:
    done = [
        Done(push.content_type, item.key, f"Told Fashfed: {item.text or item.value}", push.request(item))
        for item in items
        if item.fate is Fate.SENT
    ]
    await reporter.done(done, log_prefix=f"{batch.local_id}-Channel-{ctx.flow}")


def notes_of(items: Sequence[BatchItem], request: Callable[[BatchItem], str | None] = lambda _: None) -> list[Note]:
    """The notes of failed items; ``request`` says what was sent of one that got as far as Fashfed."""
    return [
        Note(
            item.content_type, item.key, item.code or "unexpected", item.text or "",
            RecordFailed(item.code or "unexpected").next_step, item.pk, item.version,
            request(item) if item.ticket or item.answer else None, item.answer,
        )
        for item in items
    ]  # fmt: skip
