"""Comparing the orders of both sides (design.md section 7): what changed since the last time, and what differed then.

Only what the flows have certainly read is looked at: up to the oldest of their readings, less a time of grace in which
they had their turns.
"""

from datetime import datetime, timedelta

from include.domain.run import Window
from include.flows.context import FlowContext
from include.flows.intake import Span, shown
from include.flows.operations.ledger_book import DIFFERENCES, WAITING, Book
from include.flows.operations.order_ledger import OrderLedger
from include.flows.operations.order_proof import OrderProof, Owed
from include.flows.operations.return_ledger import CLAIM_CODES, ClaimLedger
from include.flows.registry import FLOWS
from include.state.records import ORDER_LEDGER
from include.state.rules import version_moment

_READERS = ("get_orders", "get_cancel_orders", "get_refund_orders", "send_cancel_order_items")
"""Flows that tell one side what happened to the units of the other."""
_GRACE = timedelta(minutes=20)
"""More than the clocks of the two sides differ, and then one turn of the flows."""
_FIRST = timedelta(hours=24)
_PATIENCE = 4
"""Comparisons that wait for a flow which reads nothing; then they go on without it."""


async def compare_orders(ctx: FlowContext) -> None:
    """Compare, and keep the differences and figures; a difference fails nothing. Raises the first trouble."""
    if not ctx.settings.flag("get_orders"):
        ctx.log.info("Order Create is off: there are no orders to compare")
        return
    born_at = await ctx.store.born_at(ctx.channel, ctx.clock.now())
    span = await _span(ctx, born_at)
    ctx.report.window = span
    ctx.log.info("Comparing what changed from %s to %s", span.start.isoformat(), span.end.isoformat())
    book, owed = Book(ctx), await Owed.read(ctx)
    orders, claims = OrderLedger(ctx, book, OrderProof(ctx, span.end, owed), born_at), ClaimLedger(ctx, book)
    standing = [*await book.standing(DIFFERENCES), *await book.standing(WAITING)]
    await claims.again(standing)
    last = await ctx.store.comparisons(ctx.channel, ORDER_LEDGER, 1)
    await orders.again([row for row in standing if row.code not in CLAIM_CODES], last[0].at if last else None)
    market = Span(span.start, span.end)
    async for page in shown(ctx, market, ctx.market.packages(updated_from=span.start, updated_to=span.end)):
        await orders.packages(page.rows)
        await orders.unreadable([row.key for row in page.bad if row.key])
        if orders.left_over:
            break
    await _changed_orders(ctx, span, orders)
    async for told in shown(ctx, market, ctx.market.claims(updated_from=span.start, updated_to=span.end)):
        await claims.claims(told.rows)
    await book.keep()
    await book.close(span)
    if orders.trouble:
        ctx.log.warning("%d orders could not be compared now", book.figures["uncompared"])
        raise orders.trouble
    if orders.left_over:
        ctx.log.info("The time of this run is used up; the next one goes on with what is left")
    else:
        await ctx.store.move_watermark(ctx.channel, ORDER_LEDGER, market.reached(span.end))


async def _changed_orders(ctx: FlowContext, span: Window, ledger: OrderLedger) -> None:
    """The hub's orders that were made or changed in the span, the last first."""
    async for page in ctx.hub.orders_by_change():
        changed = [(order, version_moment(order.modified_date) or span.end) for order in page]
        await ledger.orders([order for order, moment in changed if span.start <= moment <= span.end])
        if ledger.left_over or any(moment < span.start for _, moment in changed):
            return


async def _span(ctx: FlowContext, born_at: datetime) -> Window:
    """What is compared: from where the last comparison ended, and up to what the flows have read."""
    end = await _read_until(ctx, born_at) - _GRACE
    before = await ctx.store.watermark(ctx.channel, ORDER_LEDGER)
    start = before - timedelta(seconds=ctx.tuning.overlap) if before else end - _FIRST
    return Window(min(start, end), end)


async def _read_until(ctx: FlowContext, born_at: datetime) -> datetime:
    """Up to when the flows that are on have read both sides."""
    now = ctx.clock.now()
    until = now
    last = await ctx.store.comparisons(ctx.channel, ORDER_LEDGER, _PATIENCE)
    for name in _READERS:
        if not ctx.settings.flag(name):
            continue
        read = await ctx.store.watermark(ctx.channel, name) or born_at
        if len(last) == _PATIENCE and read < last[-1].at:
            ctx.log.warning("%s has read nothing since %s", FLOWS[name].display_name, read.isoformat())
        else:
            until = min(until, read)
    return until
