"""Reading the market into the inbox (design.md section 7)."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError

from include.clients.rows import FeedPage, WireModel, problems
from include.domain.run import Window
from include.errors import ConfigurationError, RecordParked, RemoteUnavailable
from include.flows.context import FlowContext
from include.state.store import InboxRow, Incoming, Received

Record = TypeVar("Record", bound=WireModel)
Identity = Callable[[Record], tuple[str, datetime | None]]
"""What a record is called in the inbox, and when the market changed it last."""
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""When a record without a readable date was changed: whatever is dated is newer, and seeing it again is no change."""
_READ_AGAIN = timedelta(hours=24)
"""For so long what a list hides from us is read again: then Order Sweep and the ledger have looked for it, too, and a
list that is always counted wrong does not make the windows longer and longer."""


@dataclass(slots=True)
class Span:
    """What is read: what the market changed since ``start`` and, where somebody asked for a window, up to ``end``.

    Else it has no end: the market's clock may be ahead of ours, and what it shows already is not to wait for that.
    """

    start: datetime
    end: datetime | None
    gap: RemoteUnavailable | None = None
    """What was said of a list of which Fashfed has not shown every row that it counts."""

    def reached(self, moment: datetime) -> datetime:
        """Up to when everything was certainly read by a run that reads up to a moment."""
        return moment - _READ_AGAIN if self.gap else moment


async def keep_what_is_shown(
    ctx: FlowContext,
    kind: str,
    read: Callable[[Span], Sequence[AsyncIterator[FeedPage[Record]]]],
    identity: Identity[Record],
) -> None:
    """Store every record of the run's window, of one or more lists; the watermark moves when all pages are in the
    inbox."""
    span = await open_span(ctx)
    for pages in read(span):
        await keep(ctx, kind, span, pages, identity)
    await pass_over(ctx, span)


async def open_span(ctx: FlowContext) -> Span:
    """What the run has to read: its window, stretched back to the watermark unless somebody asked for the window; where
    there is none yet, to the moment we first knew the channel."""
    if ctx.window is None:
        raise ConfigurationError("settings_invalid", flow=ctx.flow, problems="the run has no window")
    await ctx.store.born_at(ctx.channel, ctx.clock.now())  # what is made from now on nobody can have read before us
    window = ctx.window
    if not ctx.fixed_window:
        reached = await ctx.store.watermark(ctx.channel, ctx.flow)
        if reached is None:  # an outage may have kept the first runs from reading anything
            reached = await ctx.store.born_at(ctx.channel, ctx.clock.now())
        since = min(window.start, reached - timedelta(seconds=ctx.tuning.overlap))
        window = ctx.window = Window(since, window.end)
    ctx.report.window = window
    ctx.log.info("Reading what Fashfed changed from %s to %s", window.start.isoformat(), window.end.isoformat())
    return Span(window.start, window.end if ctx.fixed_window else None)


async def pass_over(ctx: FlowContext, span: Span) -> None:
    """Move the watermark to the end of the run's window; everything up to there is in the inbox. Raises what was said
    of a gap in a window that somebody asked for: no later run reads it again by itself."""
    if span.gap and ctx.fixed_window:
        raise span.gap
    watermark = await ctx.store.watermark(ctx.channel, ctx.flow)
    if ctx.window and (watermark is None or span.start <= watermark):
        # a window that does not touch the watermark would leave a hole behind it; nobody has read the future
        reached = span.reached(min(ctx.window.end, ctx.clock.now()))
        await ctx.store.move_watermark(ctx.channel, ctx.flow, reached)


async def shown(
    ctx: FlowContext, span: Span, pages: AsyncIterator[FeedPage[Record]]
) -> AsyncIterator[FeedPage[Record]]:
    """The pages of a list. Where rows are missing, that is noted in the span: what was shown is worth as much, and the
    next runs read the list again."""
    try:
        async for page in pages:
            yield page
    except RemoteUnavailable as trouble:
        if trouble.code != "list_unsteady":
            raise
        span.gap = trouble
        ctx.report.error(trouble.code)
        ctx.log.warning("%s [%s]; what it has shown is kept, and it is read again", trouble, trouble.code)


async def keep(
    ctx: FlowContext, kind: str, span: Span, pages: AsyncIterator[FeedPage[Record]], identity: Identity[Record]
) -> None:
    """Store every record that the pages of a list show."""
    new = changed = 0
    async for page in shown(ctx, span, pages):
        received = await keep_page(ctx, kind, page, identity)
        new, changed = new + received.new, changed + received.changed
        ctx.log.info("%s: %d new and %d changed so far", kind, new, changed)
    ctx.log.info("Done: %d new, %d changed (%s)", new, changed, kind)


async def keep_page(ctx: FlowContext, kind: str, page: FeedPage[Record], identity: Identity[Record]) -> Received:
    """Store every record of a page.

    A record that cannot be read is kept as it came, and parked when it is applied; one without even a key is named in
    the log.
    """
    rows = []
    for record in page.rows:
        number, changed_at = identity(record)
        rows.append(Incoming(number, changed_at or UNDATED, record.model_dump(mode="json")))
    for bad in page.bad:
        if bad.key and isinstance(bad.raw, dict):
            rows.append(Incoming(bad.key, UNDATED, bad.raw))
            continue
        ctx.report.count("failed")
        ctx.report.error("record_unreadable")
        ctx.log.warning("A %s without a readable key was shown: %s [record_unreadable]", kind, bad.detail)
    return await ctx.store.receive(ctx.channel, kind, rows, now=ctx.clock.now())


def read_row(model: type[Record], row: InboxRow, key: str | None = None) -> Record | RecordParked:
    """The record that a row of the inbox holds, or why it cannot be read; ``key`` is what people call it, if that is
    not the row's own."""
    try:
        return model.model_validate(dict(row.payload))
    except ValidationError as error:
        kind, key = model.__name__, key or row.market_id
        return RecordParked("record_unreadable", kind=kind, key=key, detail=problems(error))
