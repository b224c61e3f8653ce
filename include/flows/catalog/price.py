"""Price: prices, retail prices, currency and tax, from Omnitron to Fashfed (reference/flows.md section 4.8).

A price of zero, below zero or above its retail price is refused by name and never sent.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast

from include.clients.fashfed.adapter import PriceItem
from include.clients.omnitron.schemas import ProductPrice
from include.clients.omnitron.sync import FeedKind
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem
from include.flows import settling
from include.flows.catalog import on_sale
from include.flows.context import FlowContext
from include.flows.reporting import request_of
from include.mapping.price import price_fields, price_of, price_value

CONTENT_TYPE = "productprice"


async def send(ctx: FlowContext) -> None:
    """Bring every changed price to Fashfed."""
    kind = on_sale.OnSale(
        CONTENT_TYPE,
        "Price",
        feed=partial(_feed, ctx),
        value=price_value,
        amount=price_of,
        call=partial(_call, ctx),
        request=partial(_request, ctx),
        brake=ctx.settings.price_brake,
    )
    await on_sale.send(ctx, kind)


async def settle(ctx: FlowContext) -> None:
    """Learn what became of the prices Fashfed was given, and tell Omnitron."""
    await settling.settle(ctx, settling.Settling(CONTENT_TYPE, ctx.market.batch, "send_prices", partial(_request, ctx)))


async def _feed(ctx: FlowContext, kind: FeedKind, limit: int, page: int) -> FeedPage[ProductPrice]:
    return await ctx.hub.price_feed(kind, limit, page=page)


async def _call(ctx: FlowContext, items: Sequence[BatchItem]) -> str:
    return (await ctx.market.send_prices([_wire(item) for item in items])).id


def _wire(item: BatchItem) -> PriceItem:
    return cast("PriceItem", {"sku": item.key, **price_fields(item.value)})


def _request(ctx: FlowContext, item: BatchItem) -> str:
    return request_of(ctx.market.bulk_call("send_prices"), _wire(item))
