"""Reading a window of the market into the inbox (design.md section 7)."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from include.clients.rows import Rows
from include.domain.run import Window
from include.errors import ConfigurationError
from include.flows.context import FlowContext
from include.state.store import Incoming


class Shown(Protocol):
    """A record as the market shows it."""

    def raw(self) -> dict[str, object]:
        """The whole record, as it came."""


Record = TypeVar("Record", bound=Shown)


async def keep_what_is_shown(
    ctx: FlowContext,
    kind: str,
    read: Callable[[Window], AsyncIterator[Rows[Record]]],
    identity: Callable[[Record], tuple[str, datetime | None]],
) -> None:
    """Store every record of the run's window; the watermark moves when all pages are in the inbox.

    A record that cannot be read costs only itself: it is named in the log, and the window still shows it next time.
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
            rows.append(Incoming(number, changed_at or now, record.raw()))
        received = await ctx.store.receive(ctx.channel, kind, rows, now=now)
        new, changed = new + received.new, changed + received.changed
        for bad in page.bad:
            ctx.report.count("failed")
            ctx.report.error("record_unreadable")
            ctx.log.warning(
                "%s %s cannot be read: %s [record_unreadable]", kind, bad.pk or "without a number", bad.detail
            )
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
