"""What every push flow does: drain a feed into batches, hand them to Fashfed, settle what Fashfed answers.

The order of work inside one batch: read a few pages, claim their objects while they are being mapped, send, let the
content type go. Nothing here knows what is pushed; a flow describes that with a ``Push``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from include.clients.omnitron.schemas import Versioned
from include.clients.rows import BadRow, FeedPage
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, RetryNow
from include.flows.apart import OUTAGES
from include.flows.batches import HeldBatch, held_batch, recover
from include.flows.context import FlowContext
from include.flows.delivery import deliver
from include.flows.reporting import Note, Reporter

Row = TypeVar("Row", bound=Versioned)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Push(Generic[Row]):
    """What one feed holds and where it goes.

    ``read`` gives one page (page number from 1, page size). ``prepare`` maps rows, one item a row: ``RELEASED`` ones
    are to be sent, the others have their fate already. ``call`` hands at most ``market_items`` items to Fashfed and
    returns its ticket; it may be repeated, because values are absolute.
    """

    content_type: str
    title: str
    read: Callable[[int, int], Awaitable[FeedPage[Row]]]
    prepare: Callable[[Sequence[Row]], Awaitable[list[BatchItem]]]
    call: Callable[[Sequence[BatchItem]], Awaitable[str]]


async def send(ctx: FlowContext, pushes: Sequence[Push[Any]]) -> None:
    """Drain the feeds of one content type until they are empty or the time is used up."""
    if ctx.dry_run:
        for push in pushes:
            await _plan(ctx, push)
        return
    content_type = pushes[0].content_type
    reporter = Reporter(ctx, "SKU")
    async with ctx.store.lock(ctx.channel, content_type, wait=ctx.tuning.lock_wait):
        await recover(ctx, content_type)
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


async def _plan(ctx: FlowContext, push: Push[Row]) -> None:
    """Say what would be sent, and write nothing anywhere. Nothing is claimed, so the feed's pages stay in place."""
    number, page = 1, await push.read(1, ctx.tuning.feed_page)
    while page.rows:
        for item in await push.prepare(page.rows):
            ctx.report.count("read")
            match item.fate:
                case Fate.RELEASED:
                    ctx.report.count("sent")
                    ctx.log.info("Would send %s = %s", item.key, item.value)
                case Fate.UNCHANGED:
                    ctx.report.count("unchanged")
                case _:
                    ctx.report.count("failed")
                    ctx.report.error(item.code or "unexpected")
                    ctx.log.info("Would refuse %s: %s", item.key, item.text)
        if not page.more:
            return
        number += 1
        page = await push.read(number, ctx.tuning.feed_page)


async def _drain(ctx: FlowContext, push: Push[Row], reporter: Reporter) -> None:
    ctx.log.info("Reading %s from Omnitron", push.title)
    last: frozenset[tuple[int, str]] = frozenset()
    rows, bad = await _read(ctx, push)
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


async def _read(ctx: FlowContext, push: Push[Row]) -> tuple[list[Row], list[BatchItem]]:
    """The rows of the next batch, each object once, and the unreadable ones as failed items.

    The pages are read before anything of them is claimed, so that they do not move under our feet.
    """
    size = ctx.tuning.feed_page
    first = await _page(ctx, push, 1, size)
    last = max(1, ctx.tuning.batch_objects // size) if first.more else 1
    rest = await asyncio.gather(*(_page(ctx, push, page, size) for page in range(2, last + 1)))
    rows: dict[int, Row] = {}
    bad: dict[int, BatchItem] = {}
    for page in (first, *rest):
        for row in page.rows:
            known = rows.get(row.pk)
            if known is None or known.modified_date < row.modified_date:
                rows[row.pk] = row
        for broken in page.bad:
            pk, version = _key_of(broken)
            if pk is None or version is None:
                ctx.log.warning("A record of %s has no readable key and is passed over: %s", push.title, broken.detail)
                continue
            error = RecordFailed("record_unreadable", kind=push.content_type, key=pk, detail=broken.detail)
            bad[pk] = BatchItem(
                pk, push.content_type, version, str(pk),
                fate=Fate.FAILED, code=error.code, text=error.message,
            )  # fmt: skip
    return list(rows.values()), [item for pk, item in bad.items() if pk not in rows]


async def _page(ctx: FlowContext, push: Push[Row], number: int, size: int) -> FeedPage[Row]:
    """One page; one that cannot be had is read in tenths, so that the row that spoils it is passed over alone."""
    try:
        return await push.read(number, size)
    except RetryNow as trouble:
        if trouble.code in OUTAGES:
            raise
        if size == 1:
            return FeedPage([], [], more=True)
        tenth = max(1, size // 10)
        first = (number - 1) * (size // tenth) + 1
        parts = await asyncio.gather(*(_page(ctx, push, first + part, tenth) for part in range(size // tenth)))
        rows = [row for part in parts for row in part.rows]
        bad = [broken for part in parts for broken in part.bad]
        if not rows and not bad and all(part.more for part in parts):
            raise  # not even an end of the feed could be read: that is no matter of single rows
        ctx.log.warning("Page %d of %s could only be read in parts: %s", number, push.title, trouble)
        return FeedPage(rows, bad, more=parts[-1].more)


def _key_of(broken: BadRow) -> tuple[int | None, str | None]:
    """The key and version of a row that cannot be read, as far as they can be."""
    raw = broken.raw if isinstance(broken.raw, dict) else {}
    pk, version = raw.get("pk"), raw.get("modified_date")
    return (pk if isinstance(pk, int) else None), (version if isinstance(version, str) else None)


def _unprepared(push: Push[Row], rows: Sequence[Row]) -> list[BatchItem]:
    return [BatchItem(row.pk, push.content_type, row.modified_date, str(row.pk)) for row in rows]


async def _one_batch(
    ctx: FlowContext, push: Push[Row], rows: Sequence[Row], bad: list[BatchItem], reporter: Reporter
) -> tuple[list[Row], list[BatchItem]]:
    """Take one batch from its opening to the hand-over; gives what the feed shows next."""
    ctx.report.count("read", len(rows) + len(bad))
    async with _beside(push.prepare(rows)) as prepared, held_batch(ctx, push.content_type) as batch:
        held = {item.pk: item for item in await batch.commit(_unprepared(push, rows) + bad)}
        # what is claimed has left the feed, so its next rows can be read while these are on their way
        async with _beside(_read(ctx, push)) as upcoming:
            ready = {item.pk: item for item in await prepared + bad if item.pk in held}
            items, outage = await deliver(ctx, push.content_type, list(ready.values()), push.call)
            items += [item for pk, item in held.items() if pk not in ready]  # could not be prepared: released
            ctx.report.count("sent", sum(item.fate is Fate.SENT for item in items))
            ctx.report.count("unchanged", sum(item.fate is Fate.UNCHANGED for item in items))
            if any(item.fate is Fate.SENT for item in items):
                await batch.hand_over(items)
            else:
                await batch.close(items)
            await _report(ctx, reporter, batch, items)
            if outage:
                raise outage
    return await upcoming


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


async def _report(ctx: FlowContext, reporter: Reporter, batch: HeldBatch, items: Sequence[BatchItem]) -> None:
    failed = [item for item in items if item.fate is Fate.FAILED]
    await reporter.records(notes_of([*failed, *batch.refused]), log_prefix=f"{batch.local_id}-Channel-{ctx.flow}")


def notes_of(items: Sequence[BatchItem]) -> list[Note]:
    """The notes of failed items."""
    return [
        Note(
            item.content_type, item.key, item.code or "unexpected", item.text or "",
            RecordFailed(item.code or "unexpected").next_step, item.pk, item.version,
        )
        for item in items
    ]  # fmt: skip
