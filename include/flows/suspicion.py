"""Telling a record that spoils every call it is in from one that was there when the network had a bad moment."""

from collections.abc import Collection
from datetime import timedelta

from include.flows.context import FlowContext

_RUNS = 3
_REMEMBER = timedelta(hours=1)


async def guilty(ctx: FlowContext, what: str, keys: Collection[str]) -> set[str]:
    """Of ``keys``, which transport trouble hit alone while others went through: those it has hit in three runs now.

    Only these may be held against the record; the others are just tried again by the next run.
    """
    if not keys:
        return set()
    scope, now = f"suspects:{ctx.channel}:{what}", ctx.clock.now()
    before = await ctx.store.cached(scope, sorted(keys), now=now)
    this_run = ctx.report.started_at.isoformat()
    hits = {key: sorted({*before.get(key, []), this_run}) for key in sorted(keys)}
    await ctx.store.cache(scope, hits, expires_at=now + _REMEMBER)
    return {key for key, runs in hits.items() if len(runs) >= _RUNS}
