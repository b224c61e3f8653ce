"""Product Delete: products that left the catalogue go to stock 0 on Fashfed (reference/flows.md section 4.6).

Nothing is deleted at Fashfed. When it has taken the 0, the product's integration actions go in Omnitron, so that a
product that is put back is an insert again; when it has not, they stay and the product is tried again.
"""

from collections.abc import Sequence
from functools import partial

from include.clients.omnitron.schemas import DeletedAction
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem
from include.flows import push, settling
from include.flows.context import FlowContext
from include.flows.feeding import Push
from include.flows.reporting import request_of
from include.together import limited

CONTENT_TYPE = "integrationaction"
_PARTS = ("product", "productprice", "productstock", "productimage", CONTENT_TYPE)
"""Models of the actions that go with a product."""


async def send(ctx: FlowContext) -> None:
    """Set the stock of every product that left the catalogue to 0."""
    feed = Push(
        CONTENT_TYPE,
        "products that left the catalogue",
        read=partial(_read, ctx),
        prepare=partial(_prepare, ctx),
        call=partial(_call, ctx),
        request=partial(_request, ctx),
    )
    await push.send(ctx, [feed])


async def settle(ctx: FlowContext) -> None:
    """Learn what became of them, and forget those that Fashfed took off sale."""
    how = settling.Settling(
        CONTENT_TYPE, ctx.market.batch, "send_stocks", partial(_request, ctx), closed=partial(_forget, ctx)
    )
    await settling.settle(ctx, how)


async def _read(ctx: FlowContext, page: int, limit: int) -> FeedPage[DeletedAction]:
    """One page of what is to be taken off sale; what never got to Fashfed is only forgotten."""
    found = await ctx.hub.deleted_actions("product", limit, page=page)
    if not ctx.dry_run:
        never_sent = [row.pk for row in found.rows if not row.remote_id]
        await limited(ctx.tuning.concurrency, ctx.hub.delete_action, never_sent)
    return found._replace(rows=[row for row in found.rows if row.remote_id])


async def _prepare(ctx: FlowContext, rows: Sequence[DeletedAction]) -> list[BatchItem]:
    return [BatchItem(row.pk, CONTENT_TYPE, row.modified_date, row.remote_id or "", "0") for row in rows]


async def _call(ctx: FlowContext, items: Sequence[BatchItem]) -> str:
    # the stock of a product that is put back has an older version than this 0 and must go through nevertheless
    await ctx.store.forget_sent(ctx.channel, "productstock", [item.key for item in items])
    return (await ctx.market.send_stocks([{"sku": item.key, "stock": 0} for item in items])).id


def _request(ctx: FlowContext, item: BatchItem) -> str:
    return request_of(ctx.market.bulk_call("send_stocks"), {"sku": item.key, "stock": 0})


async def _forget(ctx: FlowContext, items: Sequence[BatchItem]) -> None:
    """Delete all that Omnitron and we remember of products that are off sale; done again after a crash.

    What another batch holds must not be deleted under its hands. A product with such a part keeps its action and is
    due again: for the next run of this flow, or, when it was put back meanwhile, for ``product``, which brings its
    stock along.
    """
    keys = [item.key for item in items]
    actions = await ctx.hub.integration_actions(remote_ids=keys)
    held = {action.remote_id for action in actions if action.status == "processing" and action.model in _PARTS}
    pks = {item.pk for item in items}
    products = [one for one in actions if one.model == "product" and one.pk in pks and one.status != "processing"]
    for kind in ("product", "productprice", "productstock", CONTENT_TYPE):
        await ctx.store.forget_sent(ctx.channel, kind, keys)
    rest = [one.pk for one in actions if one.model in _PARTS and one.model != "product" and one.remote_id not in held]
    await limited(ctx.tuning.concurrency, ctx.hub.delete_action, rest)
    await limited(ctx.tuning.concurrency, ctx.hub.outdate_action, [one.pk for one in products if one.remote_id in held])
    # the product's own action goes last: while it is there the next run finds what is left to do
    gone = [one.pk for one in products if one.remote_id not in held]
    await limited(ctx.tuning.concurrency, ctx.hub.delete_action, gone)
    ctx.log.info("%d products are off sale; put back into the catalogue they are sent as new", len(gone))
