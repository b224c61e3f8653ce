"""Handing records to Fashfed: what it takes, what it refuses, and what could not be brought to it.

Several flows send values of one SKU: ``stock`` its stock, ``product`` stock and price with the content and
``delete_product`` a stock of 0. So that an older value never overwrites a newer one, every value is compared with what
was submitted before, and this and the calls themselves happen alone in the channel, for the moment they take.
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from include.domain.batch import BatchItem, Fate
from include.errors import FashfedError, RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES, apart
from include.flows.context import FlowContext
from include.flows.feeding import Push
from include.flows.suspicion import guilty
from include.state.store import Sent
from include.together import limited


async def deliver(
    ctx: FlowContext, push: Push[Any], items: Sequence[BatchItem], riders: Sequence[BatchItem]
) -> tuple[list[BatchItem], FashfedError | None]:
    """Hand the released items over, with the values that ride with them; the second value of the answer is the outage
    that kept some of them back.

    A record that transport trouble keeps back stays released, so that it is tried again without a penalty.
    """
    done = [item for item in items if item.fate is not Fate.RELEASED]
    ready = [item for item in items if item.fate is Fate.RELEASED]
    if not ready:
        return done, None
    turn = ctx.store.lock(ctx.channel, push.turn, wait=ctx.tuning.lock_wait) if push.turn else nullcontext()
    async with turn:
        ready, outdated = await _submit(ctx, push.content_type, ready, riders)
        handed, outage = await _hand_over(ctx, push, ready)
    return done + outdated + handed, outage


async def _submit(
    ctx: FlowContext, content_type: str, ready: Sequence[BatchItem], riders: Sequence[BatchItem]
) -> tuple[list[BatchItem], list[BatchItem]]:
    """Which items may leave, and those of which something newer has left before.

    From here to Fashfed's answer nobody knows what it has, also when this run is killed.
    """
    leaving = {item.key for item in ready}
    values: dict[str, list[Sent]] = {content_type: []}
    for item in (*ready, *(rider for rider in riders if rider.key in leaving and rider.value)):
        values.setdefault(item.content_type, []).append(Sent(item.key, item.value, item.version))
    now = ctx.clock.now()
    stale: set[str] = set()
    newer_left: set[str] = set()
    for kind, rows in values.items():
        kept_back = {row.key for row in rows} - await ctx.store.submit(ctx.channel, kind, rows, now=now)
        if kind == content_type:
            newer_left = kept_back
        else:
            stale |= kept_back
    current = [item for item in ready if item.key not in newer_left | stale]
    # a newer version of the record itself is on its way: nothing to do; one of its riders: it is read again
    outdated = [
        replace(item, fate=Fate.UNCHANGED) if item.key in newer_left else item
        for item in ready
        if item.key in newer_left | stale
    ]
    return current, outdated


async def _hand_over(
    ctx: FlowContext, push: Push[Any], ready: Sequence[BatchItem]
) -> tuple[list[BatchItem], FashfedError | None]:
    slots = asyncio.Semaphore(ctx.tuning.concurrency)  # for calls: a chunk that comes apart makes several at once

    async def hand_over(chunk: Sequence[BatchItem]) -> list[BatchItem]:
        async with slots:
            try:
                ticket = await push.call(chunk)
            except RecordFailed as error:
                return [failed(item, error) for item in chunk]
        return [replace(item, fate=Fate.SENT, ticket=ticket) for item in chunk]

    size = push.at_once or ctx.tuning.market_items
    chunks = [ready[at : at + size] for at in range(0, len(ready), size)]
    parts = await limited(ctx.tuning.concurrency, partial(apart, hand_over), chunks)
    sent = [item for delivered, _ in parts for item in delivered]
    outage: FashfedError | None = None
    refused: list[BatchItem] = []
    kept: list[BatchItem] = []
    suspects: list[tuple[BatchItem, RetryNow]] = []
    for item, error in ((item, error) for _, spoiled in parts for item, error in spoiled.items()):
        if isinstance(error, Refused):
            refused.append(_refused(push, item, error))
        elif error.code in OUTAGES or not sent:
            # when nothing at all went through, that is an outage and not a record that spoils its call
            outage = error
            kept.append(item)
        else:
            suspects.append((item, error))
    return sent + refused + kept + await _judge(ctx, push, suspects), outage


async def confirm(ctx: FlowContext, items: Sequence[BatchItem]) -> None:
    """Keep what Fashfed has taken, so that equal values are not sent again."""
    values: dict[str, list[Sent]] = {}
    for item in items:
        if item.fate is Fate.SENT and item.value:
            values.setdefault(item.content_type, []).append(Sent(item.key, item.value, item.version))
    for kind, rows in values.items():
        await ctx.store.record_sent(ctx.channel, kind, rows, now=ctx.clock.now())
        await ctx.store.drop_holds(ctx.channel, kind, [row.key for row in rows])


async def _judge(ctx: FlowContext, push: Push[Any], suspects: Sequence[tuple[BatchItem, RetryNow]]) -> list[BatchItem]:
    """Records that failed alone while others went through: bad luck at first, their own fault when it goes on."""
    blamed = await guilty(ctx, push.content_type, [item.key for item, _ in suspects])
    again = [(item, error) for item, error in suspects if item.key not in blamed]
    for item, error in again:
        ctx.log.warning("%s could not be brought to Fashfed and is tried again by the next run: %s", item.key, error)
    return [item for item, _ in again] + [_refused(push, item, error) for item, error in suspects if item.key in blamed]


def _refused(push: Push[Any], item: BatchItem, error: FashfedError) -> BatchItem:
    detail = error.facts.get("detail") or error.message
    return replace(failed(item, RecordFailed(push.refused, sku=item.key, detail=detail)), answer=str(detail))


def failed(item: BatchItem, error: FashfedError) -> BatchItem:
    """The item with the error as its fate."""
    return replace(item, fate=Fate.FAILED, code=error.code, text=error.message)
