"""Handing records to Fashfed: what it takes, what it refuses, and what could not be brought to it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from include.domain.batch import BatchItem, Fate
from include.errors import FashfedError, RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES, apart
from include.flows.context import FlowContext
from include.flows.suspicion import guilty

Call = Callable[[Sequence[BatchItem]], Awaitable[str]]


async def deliver(
    ctx: FlowContext, content_type: str, items: Sequence[BatchItem], call: Call
) -> tuple[list[BatchItem], FashfedError | None]:
    """Hand the released items over; the second value is the outage that kept some of them back.

    A record that transport trouble keeps back stays released, so that it is tried again without a penalty.
    """
    ready = [item for item in items if item.fate is Fate.RELEASED]
    # from here to Fashfed's answer nobody knows what it has, also when this run is killed
    await ctx.store.forget_sent(ctx.channel, content_type, [item.key for item in ready])
    slots = asyncio.Semaphore(ctx.tuning.concurrency)

    async def hand_over(chunk: Sequence[BatchItem]) -> list[BatchItem]:
        async with slots:
            ticket = await call(chunk)
        return [replace(item, fate=Fate.SENT, ticket=ticket) for item in chunk]

    size = ctx.tuning.market_items
    parts = await asyncio.gather(*(apart(hand_over, ready[at : at + size]) for at in range(0, len(ready), size)))
    sent = [item for delivered, _ in parts for item in delivered]
    outage: FashfedError | None = None
    refused: list[BatchItem] = []
    kept: list[BatchItem] = []
    suspects: list[tuple[BatchItem, RetryNow]] = []
    for item, error in ((item, error) for _, spoiled in parts for item, error in spoiled.items()):
        if isinstance(error, Refused):
            refused.append(_refused(item, error))
        elif error.code in OUTAGES or not sent:
            # when nothing at all went through, that is an outage and not a record that spoils its call
            outage = error
            kept.append(item)
        else:
            suspects.append((item, error))
    done = [item for item in items if item.fate is not Fate.RELEASED]
    return done + sent + refused + kept + await _judge(ctx, content_type, suspects), outage


async def _judge(
    ctx: FlowContext, content_type: str, suspects: Sequence[tuple[BatchItem, RetryNow]]
) -> list[BatchItem]:
    """Records that failed alone while others went through: bad luck at first, their own fault when it goes on."""
    blamed = await guilty(ctx, content_type, [item.key for item, _ in suspects])
    again = [(item, error) for item, error in suspects if item.key not in blamed]
    for item, error in again:
        ctx.log.warning("%s could not be brought to Fashfed and is tried again by the next run: %s", item.key, error)
    return [item for item, _ in again] + [_refused(item, error) for item, error in suspects if item.key in blamed]


def _refused(item: BatchItem, error: FashfedError) -> BatchItem:
    detail = error.facts.get("detail") or error.message
    return failed(item, RecordFailed("market_refused", sku=item.key, detail=detail))


def failed(item: BatchItem, error: FashfedError) -> BatchItem:
    """The item with the error as its fate."""
    return replace(item, fate=Fate.FAILED, code=error.code, text=error.message)
