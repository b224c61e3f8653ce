"""Brakes: changes that are too large to be meant wait until a person lets them pass.

Settings Price Brake and Stock Brake. ``change_percent`` holds back one record, ``zero_percent`` and ``share_percent``
hold back a whole run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from include.domain.batch import BatchItem, Fate
from include.errors import ConfigurationError, RecordFailed
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.feeding import Push, all_prepared
from include.settings import Brake
from include.state.store import Hold, Sent
from include.together import limited


@dataclass(frozen=True, slots=True)
class Braked:
    """A kind of value with its brake. ``amount`` is the number in a value."""

    content_type: str
    what: str
    amount: Callable[[str], Decimal]
    brake: Brake

    @property
    def label(self) -> str:
        """The setting's name in Omnitron."""
        return f"{self.what} Brake"


async def hold_large_changes(
    ctx: FlowContext, braked: Braked, items: Sequence[BatchItem], before: Mapping[str, Sent]
) -> list[BatchItem]:
    """The items; one whose value would change by more than ``change_percent`` has failed, unless it may pass."""
    limit = braked.brake.change_percent
    if limit is None or ctx.let_pass:
        return list(items)
    large = {
        item.key: before[item.key].value
        for item in items
        if item.fate is Fate.RELEASED
        and item.key in before
        and _percent(braked.amount(before[item.key].value), braked.amount(item.value)) > limit
    }
    passed = (
        {
            (hold.key, hold.version)
            for hold in await ctx.store.holds(ctx.channel, braked.content_type, list(large))
            if hold.passed_at
        }
        if large
        else set()
    )
    held = [item for item in items if item.key in large and (item.key, item.version) not in passed]
    if held and not ctx.dry_run:
        now = ctx.clock.now()
        rows = [Hold(item.key, item.pk, item.version, large[item.key], item.value, now) for item in held]
        await ctx.store.hold(ctx.channel, braked.content_type, rows)
    stopped = {item.pk: _held(ctx, braked, item, large[item.key]) for item in held}
    return [stopped.get(item.pk, item) for item in items]


def _percent(before: Decimal, after: Decimal) -> Decimal:
    return abs(after - before) * 100 / before if before else Decimal(0)


def _held(ctx: FlowContext, braked: Braked, item: BatchItem, before: str) -> BatchItem:
    error = RecordFailed(
        "change_held",
        what=braked.what,
        sku=item.key,
        before=braked.amount(before),
        after=braked.amount(item.value),
        brake=braked.label,
        limit=braked.brake.change_percent,
    )
    return failed(item, error)


async def check_run(ctx: FlowContext, braked: Braked, feeds: Sequence[Push[Any]]) -> None:
    """Raises ``ConfigurationError`` (run_held) when the run would zero or change too large a share of what is on sale.

    Only values that Fashfed confirmed to us count as changes; the first value of a product is none.
    """
    brake = braked.brake
    limits = {"go to zero": brake.zero_percent, "change": brake.share_percent}
    if ctx.let_pass or not any(limits.values()):
        return
    total = await ctx.hub.count_actions("product", status="success")
    lowest = min(limit for limit in limits.values() if limit is not None)
    first = [await feed.read(1, 1) for feed in feeds]
    due = [page.total for page in first]
    if None not in due and sum(filter(None, due)) * 100 <= lowest * total:
        return  # however much of what is due is a change, it is not too much
    changed = await _changes(ctx, braked, feeds)
    counts = {"go to zero": sum(changed.values()), "change": len(changed)}
    for effect, limit in limits.items():
        if limit is not None and counts[effect] * 100 > limit * total:
            raise ConfigurationError(
                "run_held", count=counts[effect], total=total, effect=effect, brake=braked.label, limit=limit
            )


async def _changes(ctx: FlowContext, braked: Braked, feeds: Sequence[Push[Any]]) -> dict[str, bool]:
    """The keys whose known value would change, each with whether it goes to zero."""
    changed: dict[str, bool] = {}
    for feed in feeds:
        async for prepared in all_prepared(ctx, feed):
            items = [item for item in prepared if item.fate is Fate.RELEASED]
            known = await ctx.store.sent(ctx.channel, braked.content_type, [item.key for item in items])
            changed |= {
                item.key: not braked.amount(item.value) and bool(braked.amount(known[item.key].value))
                for item in items
                if item.key in known
            }
    return changed


async def let_held_pass(ctx: FlowContext, content_type: str) -> None:
    """Let all held changes of today pass: their penalties go, so that the feed shows them again."""
    await ctx.store.let_pass(ctx.channel, content_type, None, now=ctx.clock.now())
    # also those that passed before: whoever was killed here may have left their penalties behind
    holds = await ctx.store.holds(ctx.channel, content_type)
    penalties = await ctx.hub.failed_integrations(content_type, [hold.pk for hold in holds])
    await limited(ctx.tuning.concurrency, ctx.hub.delete_failed_integration, [penalty.pk for penalty in penalties])
    ctx.log.info("%d held changes may pass", len(holds))
