"""Reading a window of the market into the inbox (design.md section 7)."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from include.clients.rows import FeedPage, WireModel
from include.domain.run import Window
from include.errors import ConfigurationError
from include.flows.context import FlowContext
from include.state.store import Incoming

Record = TypeVar("Record", bound=WireModel)
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""When a record without a readable date was changed: whatever is dated is newer, and seeing it again is no change."""


async def keep_what_is_shown(
    ctx: FlowContext,
    kind: str,
    read: Callable[[Window], AsyncIterator[FeedPage[Record]]],
    identity: Callable[[Record], tuple[str, datetime | None]],
) -> None:
    """Store every record of the run's window; the watermark moves when all pages are in the inbox.

    A record that cannot be read is kept as it came, and parked when it is applied; one without even a key is named in
    the log.
    """
    window, watermark = await _window(ctx)
    ctx.report.window = window
    ctx.log.info("Reading what Fashfed changed from %s to %s", window.start.isoformat(), window.end.isoformat())
    new = changed = 0
    async for page in read(window):
        now = ctx.clock.now()
        rows = []
        for record in page.rows:
            number, changed_at = identity(record)
            rows.append(Incoming(number, changed_at or _UNDATED, record.model_dump(mode="json")))
        for bad in page.bad:
            if bad.key and isinstance(bad.raw, dict):
                rows.append(Incoming(bad.key, _UNDATED, bad.raw))
                continue
            ctx.report.count("failed")
            ctx.report.error("record_unreadable")
            ctx.log.warning("A %s without a readable key was shown: %s [record_unreadable]", kind, bad.detail)
        received = await ctx.store.receive(ctx.channel, kind, rows, now=now)
        new, changed = new + received.new, changed + received.changed
        ctx.log.info("%d new and %d changed so far", new, changed)
    if watermark is None or window.start <= watermark:
        # a window that does not touch the watermark would leave a hole behind it
        await ctx.store.move_watermark(ctx.channel, ctx.flow, window.end)
    ctx.log.info("Done: %d new, %d changed", new, changed)


async def _window(ctx: FlowContext) -> tuple[Window, datetime | None]:
    if ctx.window is None:
        raise ConfigurationError("settings_invalid", flow=ctx.flow, problems="the run has no window")
    watermark = await ctx.store.watermark(ctx.channel, ctx.flow)
    window = ctx.window
    if watermark and not ctx.fixed_window:
        since = min(window.start, watermark - timedelta(seconds=ctx.tuning.overlap))
        window = Window(since, window.end)
    return window, watermark
