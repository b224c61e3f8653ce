"""Stock: what may still be sold, from Omnitron to Fashfed (reference/flows.md section 4.7; spec section 9, ``stock``).

The absolute value ``max(0, stock - buffer)`` of every product that is on Fashfed.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from include.clients.fashfed.adapter import StockItem
from include.clients.omnitron.schemas import ProductStock
from include.clients.omnitron.sync import FeedKind
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem
from include.flows import settling
from include.flows.catalog import on_sale
from include.flows.context import FlowContext
from include.flows.reporting import request_of
from include.mapping.stock import sellable

CONTENT_TYPE = "productstock"


async def send(ctx: FlowContext) -> None:
    """Bring every changed stock to Fashfed, sold-out SKUs first."""
    kind = on_sale.OnSale(
        CONTENT_TYPE,
        "Stock",
        feed=partial(_feed, ctx),
        value=lambda row, sku: str(sellable(row.stock, ctx.settings.buffer_stock, sku)),
        amount=Decimal,
        call=partial(_call, ctx),
        request=partial(_request, ctx),
        brake=ctx.settings.stock_brake,
    )
    await on_sale.send(ctx, kind)


async def settle(ctx: FlowContext) -> None:
    """Learn what became of the stocks Fashfed was given, and tell Omnitron."""
    await settling.settle(ctx, settling.Settling(CONTENT_TYPE, ctx.market.batch, "send_stocks", partial(_request, ctx)))


async def _feed(ctx: FlowContext, kind: FeedKind, limit: int, page: int) -> FeedPage[ProductStock]:
    # the lowest stocks first, so that what is sold out reaches the market before anything else
    return await ctx.hub.stock_feed(kind, limit, page=page, sort="stock")


async def _call(ctx: FlowContext, items: Sequence[BatchItem]) -> str:
    return (await ctx.market.send_stocks([_wire(item) for item in items])).id


def _wire(item: BatchItem) -> StockItem:
    return {"sku": item.key, "stock": int(item.value)}


def _request(ctx: FlowContext, item: BatchItem) -> str:
    return request_of(ctx.market.bulk_call("send_stocks"), _wire(item))
