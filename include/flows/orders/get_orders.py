"""Order Create: packages in Preparing become orders in Omnitron (reference/flows.md section 4.9; design.md section 7).

``pull`` keeps what Fashfed shows in the inbox, ``apply`` makes exactly one order of each package.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from include.domain.batch import BatchItem, Fate
from include.domain.order_life import PackageStatus
from include.errors import FashfedError, RecordFailed
from include.flows.batches import held_batch, recover
from include.flows.context import FlowContext
from include.flows.inbox_work import InboxWork, work_off
from include.flows.intake import keep_what_is_shown
from include.flows.orders.causes import Causes
from include.flows.orders.order_desk import KIND, Made, OrderDesk
from include.flows.orders.order_lines import ITEM
from include.flows.reporting import Reporter, as_shown, step_name
from include.state.store import Identity, InboxRow

CONTENT_TYPE = "order"


async def pull(ctx: FlowContext) -> None:
    """Keep every package that Fashfed shows in Preparing, before anything of it is interpreted."""
    await keep_what_is_shown(
        ctx,
        KIND,
        lambda span: [
            ctx.market.packages(status=PackageStatus.PREPARING, updated_from=span.start, updated_to=span.end)
        ],
        identity=lambda package: (package.number, package.updated_at or package.created_at),
    )


async def apply(ctx: FlowContext) -> None:
    """Make an order of every package that is due; park what cannot be applied yet."""
    desk, causes = OrderDesk(ctx), Causes(ctx)
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        await recover(ctx, CONTENT_TYPE)
    await work_off(
        ctx,
        InboxWork(
            KIND,
            CONTENT_TYPE,
            "package",
            take=desk.take,
            finish=partial(_link, ctx),
            prepare=desk.prepare,
            shown=desk.shown,
            cause=causes.of,
            gone=causes.gone,
        ),
    )


async def _link(ctx: FlowContext, taken: Sequence[tuple[InboxRow, Made]]) -> dict[str, FashfedError]:
    """Write the market's names to the hub's orders and items, which every later flow searches by, in one batch.

    Gives the packages of which Omnitron did not take the name.
    """
    made = [each for _, each in taken]
    items = [item.pk for each in made for item in each.items]
    # what moved in a split meanwhile is called by its new line already
    known = {pk: names[0].remote_id for pk, names in (await ctx.store.identities_of(ctx.channel, ITEM, items)).items()}
    unlinked = [item for each in made if not each.linked for item in _objects(each, known)]
    refused: dict[int, str] = {}
    if unlinked:
        async with held_batch(ctx, CONTENT_TYPE) as batch:
            await batch.close(await batch.commit(unlinked))
        refused = {item.pk: item.text or "" for item in batch.refused if item.content_type == CONTENT_TYPE}
        prefix = f"{batch.local_id}-Channel-{step_name(ctx.flow)}"
        await Reporter(ctx, "package").batch(
            batch.pk,
            log_prefix=prefix,
            text=f"{len(unlinked)} orders and items linked",
            request=as_shown({"packages": [each.package.number for each in made if not each.linked]}),
        )
    done = [each for each in made if each.order.pk not in refused]
    now = ctx.clock.now()
    names = [
        Identity(item.content_type, item.key, item.pk, {"order": each.order.pk})
        for each in done
        for item in _objects(each, known)
    ]
    await ctx.store.bind(ctx.channel, names, now=now)
    await ctx.store.finish(ctx.channel, KIND, [each.package.number for each in done], now=now)
    ctx.report.count("created", sum(each.fresh for each in done))
    ctx.report.count("unchanged", sum(not each.fresh for each in done))
    return {
        each.package.number: RecordFailed("order_not_linked", number=each.order.number, detail=refused[each.order.pk])
        for each in made
        if each.order.pk in refused
    }


def _objects(made: Made, known: Mapping[int, str]) -> list[BatchItem]:
    own = BatchItem(made.order.pk, CONTENT_TYPE, made.version, made.package.number, fate=Fate.SENT)
    names = {pk: known.get(pk, line) for pk, line in made.lines.items()}
    lines = [
        BatchItem(item.pk, ITEM, item.modified_date, names[item.pk], fate=Fate.SENT)
        for item in made.items
        if item.pk in names
    ]
    return [own, *lines]
