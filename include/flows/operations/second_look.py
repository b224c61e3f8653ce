"""A second look at what differs, record by record: the two sides were not read at the same moment, and a difference
that a send or a sale explains is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from include.clients.fashfed.schemas import Offer
from include.clients.omnitron.schemas import IntegrationAction, ProductPrice, ProductStock
from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.operations.on_the_way import GRACE
from include.flows.operations.product_sides import cents, money, pieces
from include.mapping.price import price_value
from include.mapping.stock import sellable
from include.state.rules import version_moment

_TOGETHER = 100
"""SKUs of one look."""
Row = ProductPrice | ProductStock


@dataclass(frozen=True, slots=True)
class Kind:
    """What is compared. ``value`` is what its flow would send of a row, or raises ``RecordFailed``; ``here`` and
    ``there`` are columns of the table, ``show`` gives what people read of them."""

    name: str
    flow: str
    what: str
    content_type: str
    pk: str
    here: str
    there: str
    show: Callable[[int], str]
    value: Callable[[Any, str, int], str]


PRICE = Kind(
    *("price", "price", "Price", "productprice", "price_pk", "hub_price", "market_price"),
    show=lambda number: str(money(number)),
    value=lambda row, sku, buffer: price_value(row, sku),
)
STOCK = Kind(
    *("stock", "stock", "Stock", "productstock", "stock_pk", "due_stock", "market_stock"),
    show=str,
    value=lambda row, sku, buffer: str(sellable(row.stock, buffer, sku)),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that differs on a second look. ``here`` and ``there`` are what people read, ``value`` what its flow
    would send; ``trouble`` says why it cannot. ``changed_at``: when Fashfed changed its offer last."""

    sku: str
    key: str
    pk: int
    version: str
    here: str
    there: str
    value: str | None
    action: IntegrationAction | None
    trouble: RecordFailed | None = None
    changed_at: datetime | None = None


class SecondLook:
    """Reads what differs once more, and puts what it finds into the table."""

    def __init__(self, ctx: FlowContext, kind: Kind, table: pd.DataFrame, moving: set[str]) -> None:
        self._ctx = ctx
        self._kind = kind
        self._table = table
        self._moving = moving

    async def look(self, skus: Sequence[str]) -> list[Seen]:
        """Those of the SKUs that still differ; as many as there is time for."""
        found: list[Seen] = []
        for start in range(0, len(skus), _TOGETHER):
            if self._ctx.out_of_time():
                break
            found += await self._some(skus[start : start + _TOGETHER])
        return found

    async def _some(self, skus: Sequence[str]) -> list[Seen]:
        ctx, kind, part = self._ctx, self._kind, self._table.loc[list(skus)]
        keys, pks = part["key"].tolist(), [int(pk) for pk in part[kind.pk]]
        read: Sequence[Row] = await (ctx.hub.prices(pks) if kind is PRICE else ctx.hub.stocks(pks))
        rows = {row.pk: row for row in read}
        actions = {one.object_id: one for one in await ctx.hub.integration_actions(kind.content_type, object_ids=pks)}
        offers = {one.sku: one async for page in ctx.market.offers(skus=keys) for one in page.rows}
        found = []
        for sku, key, pk in zip(skus, keys, pks, strict=True):
            seen = self._one(sku, key, rows.get(pk), offers.get(key), actions.get(pk))
            if seen:
                found.append(seen)
        return found

    def _one(
        self, sku: str, key: str, row: Row | None, offer: Offer | None, action: IntegrationAction | None
    ) -> Seen | None:
        kind, now = self._kind, self._ctx.clock.now()
        processing = action is not None and action.status == "processing"
        if (
            (row is None or offer is None or processing or key in self._moving)
            or _recent(version_moment(row.modified_date), now)
            or _recent(offer.updated_at, now)
        ):
            self._leave(sku, in_flight=True)
            return None
        here, there = self._numbers(sku, row, offer)
        if here is None or there is None or here == there:
            self._leave(sku, in_flight=False)
            return None
        value = trouble = None
        try:
            value = kind.value(row, sku, self._ctx.settings.buffer_stock)
        except RecordFailed as error:
            trouble = error
        told = kind.show(here), kind.show(there)
        return Seen(sku, key, row.pk, row.modified_date, *told, value, action, trouble, offer.updated_at)

    def _numbers(self, sku: str, row: Row, offer: Offer) -> tuple[int | None, int | None]:
        """What Fashfed should have and what it has, as they are now."""
        kind, table = self._kind, self._table
        if isinstance(row, ProductPrice):
            here, there = cents(row.price), cents(offer.price)
        else:
            here, there = pieces(row.stock), pieces(offer.stock)
            table.loc[sku, "hub_stock"] = here
            here = None if here is None else max(0, here - self._ctx.settings.buffer_stock)
        table.loc[sku, kind.here], table.loc[sku, kind.there] = here, there
        return here, there

    def _leave(self, sku: str, *, in_flight: bool) -> None:
        self._table.loc[sku, f"{self._kind.name}_differs"] = False
        if in_flight:
            self._table.loc[sku, ["in_flight", "price_differs", "stock_differs"]] = [True, False, False]


def _recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now - GRACE
