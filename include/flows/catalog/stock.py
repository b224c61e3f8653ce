"""Stock: what may still be sold, from Omnitron to Fashfed (reference/flows.md section 4.7; spec section 9, ``stock``).

Updates, and inserts of products that are on Fashfed already, as the absolute value ``max(0, stock - buffer)``.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from include.clients.omnitron.schemas import ProductStock
from include.clients.omnitron.sync import FeedKind
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, Refused, RetryNow
from include.flows import push, settling
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.suspicion import guilty
from include.mapping.stock import sellable

CONTENT_TYPE = "productstock"


async def send(ctx: FlowContext) -> None:
    """Bring every changed stock to Fashfed, sold-out SKUs first."""
    kinds: tuple[FeedKind, ...] = ("updates", "inserts")
    feeds = [
        push.Push(
            CONTENT_TYPE,
            f"stock {kind}",
            read=partial(_read, ctx, kind),
            prepare=partial(_prepare, ctx, kind),
            call=partial(_call, ctx),
        )
        for kind in kinds
    ]
    await push.send(ctx, feeds)


async def settle(ctx: FlowContext) -> None:
    """Learn what became of the stocks Fashfed was given, and tell Omnitron."""
    await settling.settle(ctx, CONTENT_TYPE, ctx.market.batch)


async def _read(ctx: FlowContext, kind: FeedKind, page: int, limit: int) -> FeedPage[ProductStock]:
    # the lowest stocks first, so that what is sold out reaches the market before anything else
    return await ctx.hub.stock_feed(kind, limit=limit, page=page, sort="stock")


async def _prepare(ctx: FlowContext, kind: str, rows: Sequence[ProductStock]) -> list[BatchItem]:
    """One item a row: what is to be sent is released for sending, the rest has its fate.

    A row whose product could not be asked for is left out; it goes back to the feed as it is.
    """
    found, spoiled = await look_up(ctx.hub.products, [row.product for row in rows])
    skus = {product.pk: product.sku for product in found}
    on_market = await _on_market(ctx, rows) if kind == "inserts" else None
    items = [_item(ctx, row, skus.get(row.product), on_market) for row in rows if row.product not in spoiled]
    items += await _spoiled(ctx, [(row, spoiled[row.product]) for row in rows if row.product in spoiled])
    known = await ctx.store.sent(ctx.channel, CONTENT_TYPE, [item.key for item in items])
    newest: dict[str, str] = {}
    for item in items:
        newest[item.key] = max(item.version, newest.get(item.key, ""))
    return [
        replace(item, fate=Fate.UNCHANGED)
        if item.fate is Fate.RELEASED
        and (item.version < newest[item.key] or (item.key in known and known[item.key].value == item.value))
        else item
        for item in sorted(items, key=lambda item: (item.value != "0", item.pk))
    ]


async def _spoiled(ctx: FlowContext, rows: Sequence[tuple[ProductStock, RetryNow | Refused]]) -> list[BatchItem]:
    troubled = [str(row.product) for row, error in rows if isinstance(error, RetryNow)]
    blamed = await guilty(ctx, "products", troubled)
    return [
        failed(
            BatchItem(row.pk, CONTENT_TYPE, row.modified_date, str(row.pk)),
            RecordFailed("record_unreadable", kind="product", key=row.product, detail=error.message),
        )
        for row, error in rows
        if isinstance(error, Refused) or str(row.product) in blamed
    ]


async def _on_market(ctx: FlowContext, rows: Sequence[ProductStock]) -> set[int]:
    actions = await ctx.hub.integration_actions("product", object_ids=[row.product for row in rows], status="success")
    return {action.object_id for action in actions}


def _item(ctx: FlowContext, row: ProductStock, sku: str | None, on_market: set[int] | None) -> BatchItem:
    item = BatchItem(row.pk, CONTENT_TYPE, row.modified_date, sku or str(row.pk))
    if not sku:
        return failed(item, RecordFailed("product_missing", pk=row.pk))
    if on_market is not None and row.product not in on_market:
        return failed(item, RecordFailed("product_not_sent", sku=sku))
    try:
        return replace(item, value=str(sellable(row.stock, ctx.settings.buffer_stock, sku)))
    except RecordFailed as error:
        return failed(item, error)


async def _call(ctx: FlowContext, items: Sequence[BatchItem]) -> str:
    return (await ctx.market.send_stocks([{"sku": item.key, "stock": int(item.value)} for item in items])).id
