"""Order Create: packages in Preparing become orders in Omnitron (reference/flows.md section 4.9; design.md section 7).

``pull`` keeps what Fashfed shows in the inbox, ``apply`` makes exactly one order of each package.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeGuard

from include.domain.batch import BatchItem, Fate
from include.domain.penalty import penalise
from include.errors import FashfedError, RecordFailed, Refused, RemoteUnavailable, RetryNow, StopRun
from include.flows.batches import held_batch, recover
from include.flows.context import FlowContext
from include.flows.intake import keep_what_is_shown
from include.flows.orders.order_desk import KIND, Excluded, Made, OrderDesk
from include.flows.reporting import Note, Reporter
from include.flows.suspicion import guilty
from include.state.store import Identity, InboxRow, InboxState

CONTENT_TYPE = "order"
PREPARING = 2
"""Package status of the market (api/fashfed.md section 2)."""


async def pull(ctx: FlowContext) -> None:
    """Keep every package that Fashfed shows in Preparing, before anything of it is interpreted."""
    await keep_what_is_shown(
        ctx,
        KIND,
        lambda window: ctx.market.packages(status=PREPARING, updated_from=window.start, updated_to=window.end),
        identity=lambda package: (package.number, package.updated_at or package.created_at),
    )


async def apply(ctx: FlowContext) -> None:
    """Make an order of every package that is due; park what cannot be applied yet."""
    reporter = Reporter(ctx, "package")
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        await recover(ctx, CONTENT_TYPE)
        inbox = await ctx.store.inbox_counts(ctx.channel, KIND)
        ctx.log.info("The inbox holds %d new and %d parked packages", inbox[InboxState.NEW], inbox[InboxState.PARKED])
        try:
            await _work_off(ctx, OrderDesk(ctx), reporter)
        finally:
            reporter.say()
    counts = ctx.report.counts
    ctx.log.info(
        "Done: %d taken up, %d orders created, %d linked again, %d parked, %d failed",
        counts["read"], counts["created"], counts["unchanged"], counts["parked"], counts["failed"],
    )  # fmt: skip


async def _work_off(ctx: FlowContext, desk: OrderDesk, reporter: Reporter) -> None:
    put_back: list[str] = []
    trouble: FashfedError | None = None
    while not isinstance(trouble, StopRun) and not ctx.out_of_time():
        rows = await ctx.store.due(ctx.channel, KIND, now=ctx.clock.now(), limit=ctx.tuning.inbox_page, skip=put_back)
        if not rows:
            break
        await desk.prepare(rows)
        slots = asyncio.Semaphore(ctx.tuning.orders_at_once)
        results = await asyncio.gather(*(_one(ctx, desk, row, slots) for row in rows))
        ctx.report.count("read", sum(result is not None for result in results))
        made = [result for result in results if isinstance(result, Made)]
        await _link(ctx, made, reporter)
        garbled = [row.market_id for row, result in zip(rows, results, strict=True) if _garbled(result)]
        blamed = await guilty(ctx, KIND, garbled)
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, RetryNow | StopRun) or (_garbled(result) and row.market_id not in blamed):
                trouble = _passing(result) if not isinstance(trouble, StopRun) else trouble
                put_back.append(row.market_id)
            elif isinstance(result, FashfedError):
                await _park(ctx, row, result, reporter)
            elif isinstance(result, Excluded):
                await ctx.store.exclude(ctx.channel, KIND, row.market_id, rule=result.rule, now=ctx.clock.now())
                ctx.log.info("Package %s needs no order: %s", row.market_id, result.rule)
        ctx.log.info(
            "%d packages taken up, %d orders created so far", ctx.report.counts["read"], ctx.report.counts["created"]
        )
    if ctx.out_of_time():
        ctx.log.info("The time of this run is used up; the next one goes on with what is left")
    if trouble:
        ctx.log.warning("%d packages are left to the next run: %s", len(put_back), trouble)
        raise trouble


async def _one(
    ctx: FlowContext, desk: OrderDesk, row: InboxRow, slots: asyncio.Semaphore
) -> Made | Excluded | FashfedError | None:
    """One package; whatever is wrong with it is its own affair. None when there is no time for it any more."""
    async with slots:
        if ctx.out_of_time():
            return None
        try:
            return await desk.take(row)
        except FashfedError as error:
            return error
        except Exception as error:
            ctx.log.exception("Package %s failed unexpectedly", row.market_id)
            return RecordFailed("unexpected", kind="Package", key=row.market_id, detail=type(error).__name__)


def _garbled(result: object) -> TypeGuard[Refused]:
    """A refusal that something on the way has made unreadable: it may well not be about the package."""
    return isinstance(result, Refused) and result.payload is None


def _passing(error: FashfedError) -> FashfedError:
    """The trouble of a run that leaves packages to the next one."""
    if not _garbled(error):
        return error
    return RemoteUnavailable("answer_unreadable", **{**error.facts, "expected": "a refusal in JSON"})


async def _park(ctx: FlowContext, row: InboxRow, error: FashfedError, reporter: Reporter) -> None:
    rule = ctx.settings.penalty_for(CONTENT_TYPE)
    now = ctx.clock.now()
    penalty = penalise(
        now,
        row.penalty,
        retry_interval=rule.retry_interval,
        expiration=rule.expiration_date,
        max_retries=rule.max_retry_count,
    )
    await ctx.store.park(
        ctx.channel, KIND, row.market_id, code=error.code, reason=error.message, penalty=penalty, now=now
    )
    verb = "failed" if isinstance(error, RecordFailed) else "parked"
    note = Note.of(error, CONTENT_TYPE, row.market_id)
    await reporter.records([note], log_prefix=f"{row.market_id}-Channel-GetOrders", verb=verb)


async def _link(ctx: FlowContext, made: Sequence[Made], reporter: Reporter) -> None:
    """Write the market's names to the hub's orders and items, which every later flow searches by, in one batch."""
    if not made:
        return
    unlinked = [item for each in made if not each.linked for item in _objects(each)]
    refused: set[int] = set()
    if unlinked:
        async with held_batch(ctx, CONTENT_TYPE) as batch:
            await batch.close(await batch.commit(unlinked))
        refused = {item.pk for item in batch.refused if item.content_type == CONTENT_TYPE}
        await reporter.batch(
            batch.pk, log_prefix=f"{batch.local_id}-Channel-GetOrders", text=f"{len(unlinked)} orders and items linked"
        )
    done = [each for each in made if each.order.pk not in refused]
    now = ctx.clock.now()
    names = [Identity(item.content_type, item.key, item.pk) for each in done for item in _objects(each)]
    await ctx.store.bind(ctx.channel, names, now=now)
    await ctx.store.finish(ctx.channel, KIND, [each.package.number for each in done], now=now)
    ctx.report.count("created", sum(each.fresh for each in done))
    ctx.report.count("unchanged", sum(not each.fresh for each in done))


def _objects(made: Made) -> list[BatchItem]:
    own = BatchItem(made.order.pk, CONTENT_TYPE, made.version, made.package.number, fate=Fate.SENT)
    lines = [
        BatchItem(item.pk, "orderitem", item.modified_date, str(item.extra_field.get("id", "")), fate=Fate.SENT)
        for item in made.items
    ]
    return [own, *lines]
