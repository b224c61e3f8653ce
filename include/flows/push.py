"""What every push flow does: drain a feed into batches, hand them to Fashfed, settle what Fashfed answers.

The order of work inside one batch: read a few pages, claim their objects while they are being mapped, send, let the
content type go. Nothing here knows what is pushed; a flow describes that with a ``Push``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from include.clients.omnitron.schemas import FeedPage
from include.domain.batch import BatchItem, Fate
from include.errors import FashfedError, RecordFailed, Refused, RetryNow
from include.flows.batches import HeldBatch, held_batch, recover
from include.flows.context import FlowContext
from include.flows.reporting import Note, Reporter


class FeedRow(Protocol):
    """What every row of a feed has: the hub's key and the version that was read."""

    @property
    def pk(self) -> int: ...

    @property
    def modified_date(self) -> str: ...


Row = TypeVar("Row", bound=FeedRow)


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
    last: frozenset[tuple[int, str]] = frozenset()
    while True:
        if ctx.out_of_time():
            ctx.log.warning("The time of this run is used up; the next run goes on with %s", push.title)
            return
        rows, bad = await _read(ctx, push)
        if not rows and not bad:
            return
        these = frozenset((item.pk, item.version) for item in _unprepared(push, rows) + bad)
        if these <= last:
            ctx.log.warning(
                "Omnitron keeps showing the same %d records of %s; left for the next run", len(these), push.title
            )
            return
        last = these
        await _one_batch(ctx, push, rows, bad, reporter)
        ctx.log.info("%s: %d read, %d sent so far", push.title, ctx.report.counts["read"], ctx.report.counts["sent"])


async def _read(ctx: FlowContext, push: Push[Row]) -> tuple[list[Row], list[BatchItem]]:
    """The rows of the next batch, each object once, and the unreadable ones as failed items.

    The pages are read before anything of them is claimed, so that they do not move under our feet.
    """
    size = ctx.tuning.feed_page
    first = await push.read(1, size)
    wanted = min(ctx.tuning.batch_objects, first.count) if first.more else 0
    rest = await asyncio.gather(*(push.read(page, size) for page in range(2, -(-wanted // size) + 1)))
    rows: dict[int, Row] = {}
    bad: dict[int, BatchItem] = {}
    for page in (first, *rest):
        for row in page.rows:
            known = rows.get(row.pk)
            if known is None or known.modified_date < row.modified_date:
                rows[row.pk] = row
        for broken in page.bad:
            if broken.pk is None or broken.modified_date is None:
                ctx.log.warning("A record of %s has no readable key and is passed over: %s", push.title, broken.detail)
                continue
            error = RecordFailed("record_unreadable", kind=push.content_type, key=broken.pk, detail=broken.detail)
            bad[broken.pk] = BatchItem(
                broken.pk, push.content_type, broken.modified_date, str(broken.pk),
                fate=Fate.FAILED, code=error.code, text=error.message,
            )  # fmt: skip
    return list(rows.values()), [item for pk, item in bad.items() if pk not in rows]


def _unprepared(push: Push[Row], rows: Sequence[Row]) -> list[BatchItem]:
    return [BatchItem(row.pk, push.content_type, row.modified_date, str(row.pk)) for row in rows]


async def _one_batch(
    ctx: FlowContext, push: Push[Row], rows: Sequence[Row], bad: list[BatchItem], reporter: Reporter
) -> None:
    ctx.report.count("read", len(rows) + len(bad))
    async with held_batch(ctx, push.content_type) as batch:
        held, prepared = await asyncio.gather(batch.commit(_unprepared(push, rows) + bad), push.prepare(rows))
        mine = {item.pk for item in held}
        items = [item for item in prepared + bad if item.pk in mine]
        items, outage = await _deliver(ctx, push, items)
        ctx.report.count("sent", sum(item.fate is Fate.SENT for item in items))
        ctx.report.count("unchanged", sum(item.fate is Fate.UNCHANGED for item in items))
        if any(item.fate is Fate.SENT for item in items):
            await batch.hand_over(items)
        else:
            await batch.close(items)
    await _report(ctx, reporter, batch, items)
    if outage:
        raise outage


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


_NO_FAULT_OF_THE_RECORDS = frozenset({"remote_paused", "remote_busy"})


# --- handing over ---------------------------------------------------------------------------------------------


async def _deliver(
    ctx: FlowContext, push: Push[Row], items: Sequence[BatchItem]
) -> tuple[list[BatchItem], RetryNow | None]:
    """Hand the items to Fashfed; the second value is the outage that kept some of them back."""
    decided = [item for item in items if item.fate is not Fate.RELEASED]
    ready = [item for item in items if item.fate is Fate.RELEASED]
    size = ctx.tuning.market_items
    courier = _Courier(ctx, push)
    chunks = [ready[start : start + size] for start in range(0, len(ready), size)]
    delivered = [item for part in await asyncio.gather(*(courier.bring(chunk) for chunk in chunks)) for item in part]
    if courier.suspects and not any(item.fate is Fate.SENT for item in delivered):
        # nothing at all went through: that is an outage, not a poisoned record
        delivered = [replace(item, fate=Fate.RELEASED) if item.pk in courier.suspects else item for item in delivered]
        courier.outage = courier.outage or courier.suspicion
    return decided + delivered, courier.outage


class _Courier:
    """Brings chunks to Fashfed. A chunk that fails is halved until the record that spoils it is alone."""

    def __init__(self, ctx: FlowContext, push: Push[Any]) -> None:
        self._slots = asyncio.Semaphore(ctx.tuning.concurrency)
        self._push = push
        self.suspects: set[int] = set()
        """Records that failed alone without a word from Fashfed about them."""
        self.suspicion: RetryNow | None = None
        self.outage: RetryNow | None = None

    async def bring(self, items: Sequence[BatchItem]) -> list[BatchItem]:
        try:
            async with self._slots:
                ticket = await self._push.call(items)
        except Refused as refusal:
            return await self._isolate(items, "market_refused", str(refusal.facts.get("detail", "")))
        except RetryNow as trouble:
            if trouble.code in _NO_FAULT_OF_THE_RECORDS:
                self.outage = trouble
                return list(items)
            self.suspicion = trouble
            return await self._isolate(items, trouble.code, trouble.message)
        return [replace(item, fate=Fate.SENT, ticket=ticket) for item in items]

    async def _isolate(self, items: Sequence[BatchItem], code: str, detail: str) -> list[BatchItem]:
        if len(items) > 1:
            half = len(items) // 2
            # both halves at once: a good half then keeps the circuit breaker from taking a bad record for an outage
            first, second = await asyncio.gather(self.bring(items[:half]), self.bring(items[half:]))
            return first + second
        item = items[0]
        if code != "market_refused":
            self.suspects.add(item.pk)
        error = RecordFailed("market_refused", sku=item.key, detail=detail)
        return [replace(item, fate=Fate.FAILED, code=error.code, text=error.message)]


def failed(item: BatchItem, error: FashfedError) -> BatchItem:
    """The item with the error as its fate."""
    return replace(item, fate=Fate.FAILED, code=error.code, text=error.message)
