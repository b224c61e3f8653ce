"""Stocks that buyers may have taken pieces of while Omnitron does not know it yet: sending its stock again would offer
the same pieces twice."""

from collections.abc import Sequence
from datetime import datetime

from include.flows.context import FlowContext
from include.flows.operations.on_the_way import GRACE
from include.flows.operations.second_look import Seen
from include.state.store import OWED, InboxState

_READER, _INBOX = "get_orders", "package"


async def unread_sales(ctx: FlowContext, rows: Sequence[Seen]) -> set[str]:
    """The SKUs of stocks whose difference a sale may explain that is no order in Omnitron yet."""
    sold: set[str] = set()
    waiting = await ctx.store.inbox_counts(ctx.channel, _INBOX)
    if any(waiting[state] for state in OWED):
        doubted = await ctx.store.doubted(ctx.channel, "productstock", [row.key for row in rows])
        sold = {row.sku for row in rows if row.key in doubted}
    if not ctx.settings.flag(_READER):
        return sold
    less = [row for row in rows if int(row.there) < int(row.here)]
    known_until = await _known_until(ctx) if less else None
    now = ctx.clock.now()
    for row in less:
        changed = row.changed_at or now - 2 * GRACE
        if known_until is None or changed > known_until - GRACE:
            sold.add(row.sku)
    return sold


async def _known_until(ctx: FlowContext) -> datetime | None:
    """Up to when Order Create has read what was sold, and tried to bring it into Omnitron; None: it never has."""
    read = await ctx.store.watermark(ctx.channel, _READER)
    oldest = await ctx.store.due(ctx.channel, _INBOX, now=ctx.clock.now(), limit=1)
    untried = [row.first_seen_at for row in oldest if row.state is InboxState.NEW]
    return min([read, *untried]) if read else None
