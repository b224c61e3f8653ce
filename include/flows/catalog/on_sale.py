"""What the flows ``stock`` and ``price`` share: values of products that are on Fashfed already.

Updates, and inserts of products that are there. What a product of the feed sends for the first time goes with the
product itself (flow ``product``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Generic, TypeVar

from include.clients.omnitron.schemas import ProductPrice, ProductStock
from include.clients.omnitron.sync import FeedKind
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, Refused, RetryNow
from include.flows import push
from include.flows.apart import look_up
from include.flows.catalog.brakes import Braked, check_run, hold_large_changes, let_held_pass
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.feeding import Push
from include.flows.suspicion import guilty
from include.settings import Brake

Row = TypeVar("Row", ProductStock, ProductPrice)


@dataclass(frozen=True, slots=True)
class OnSale(Generic[Row]):
    """One kind of value. ``value`` maps a row of an SKU or raises ``RecordFailed``; ``amount`` is the number in a
    value; ``call`` hands items to Fashfed and gives its ticket; ``request`` is what it sends of one."""

    content_type: str
    what: str
    feed: Callable[[FeedKind, int, int], Awaitable[FeedPage[Row]]]
    value: Callable[[Row, str], str]
    amount: Callable[[str], Decimal]
    call: Callable[[Sequence[BatchItem]], Awaitable[str]]
    request: Callable[[BatchItem], str]
    brake: Brake


async def send(ctx: FlowContext, kind: OnSale[Row]) -> None:
    """Bring every changed value to Fashfed, products that are sold out first."""
    names = _Names(ctx)
    braked = Braked(kind.content_type, kind.what, kind.amount, kind.brake)
    kinds: tuple[FeedKind, ...] = ("updates", "inserts")
    feeds = [
        Push(
            kind.content_type,
            f"{kind.what.lower()} {feed}",
            read=partial(_read, ctx, kind, feed, names),
            prepare=partial(_prepare, ctx, kind, names, braked),
            call=kind.call,
            request=kind.request,
        )
        for feed in kinds
    ]
    if ctx.let_pass and not ctx.dry_run:
        await let_held_pass(ctx, kind.content_type)
    await push.send(ctx, feeds, partial(check_run, ctx, braked, feeds))


async def _read(
    ctx: FlowContext, kind: OnSale[Row], feed: FeedKind, names: "_Names", page: int, limit: int
) -> FeedPage[Row]:
    found = await kind.feed(feed, limit, page)
    if feed == "updates" or not found.rows or not await names.products_are_waiting():
        return found
    # their products will bring them along, so they are not to be turned away before those had their turn
    known, _, spoiled = await names.of([row.product for row in found.rows])
    return found._replace(rows=[row for row in found.rows if row.product in known or row.product in spoiled])


async def _prepare(
    ctx: FlowContext, kind: OnSale[Row], names: "_Names", braked: Braked, rows: Sequence[Row]
) -> list[BatchItem]:
    """One item a row: what is to be sent is released for sending, the rest has its fate.

    A row whose product could not be asked for is left out, and so is one whose product is just being sent for the
    first time; they go back to the feed as they are.
    """
    known, sending, spoiled = await names.of([row.product for row in rows])
    strangers = [row for row in rows if row.product not in known.keys() | sending | spoiled.keys()]
    items = [_item(kind, row, known[row.product]) for row in rows if row.product in known]
    items += await _turned_away(ctx, kind, strangers)
    items += await _spoiled(ctx, kind, [(row, spoiled[row.product]) for row in rows if row.product in spoiled])
    before = await ctx.store.sent(ctx.channel, kind.content_type, [item.key for item in items])
    newest: dict[str, str] = {}
    for item in items:
        newest[item.key] = max(item.version, newest.get(item.key, ""))
    items = [
        replace(item, fate=Fate.UNCHANGED)
        if item.fate is Fate.RELEASED
        and (item.version < newest[item.key] or (item.key in before and before[item.key].value == item.value))
        else item
        for item in sorted(items, key=lambda item: (item.value != "0", item.pk))
    ]
    return await hold_large_changes(ctx, braked, items, before)


def _item(kind: OnSale[Row], row: Row, sku: str) -> BatchItem:
    item = BatchItem(row.pk, kind.content_type, row.modified_date, sku)
    try:
        return replace(item, value=kind.value(row, sku))
    except RecordFailed as error:
        return failed(item, error)


async def _turned_away(ctx: FlowContext, kind: OnSale[Row], rows: Sequence[Row]) -> list[BatchItem]:
    """Rows of products that are not on Fashfed."""
    products, unknown = await look_up(ctx.hub.products, list({row.product for row in rows}))
    skus = {product.pk: product.sku for product in products}
    items = []
    for row in rows:
        if row.product in unknown:
            continue
        sku = skus.get(row.product)
        error = RecordFailed("product_not_sent", sku=sku) if sku else RecordFailed("product_missing", pk=row.pk)
        items.append(failed(BatchItem(row.pk, kind.content_type, row.modified_date, sku or str(row.pk)), error))
    return items


async def _spoiled(
    ctx: FlowContext, kind: OnSale[Row], rows: Sequence[tuple[Row, RetryNow | Refused]]
) -> list[BatchItem]:
    troubled = [str(row.product) for row, error in rows if isinstance(error, RetryNow)]
    blamed = await guilty(ctx, "products", troubled)
    return [
        failed(
            BatchItem(row.pk, kind.content_type, row.modified_date, str(row.pk)),
            RecordFailed("record_unreadable", kind="product", key=row.product, detail=error.message),
        )
        for row, error in rows
        if isinstance(error, Refused) or str(row.product) in blamed
    ]


class _Names:
    """What products are called at Fashfed."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._waiting = False
        self._asking = asyncio.Lock()

    async def of(self, products: Sequence[int]) -> tuple[dict[int, str], set[int], dict[int, RetryNow | Refused]]:
        """Remote ids of the products that Fashfed took once, products that are on their way there for the first time,
        and products that could not be asked for."""

        async def actions(pks: Sequence[int]) -> list[tuple[int, str | None, str | None]]:
            found = await self._ctx.hub.integration_actions("product", object_ids=pks)
            return [(action.object_id, action.remote_id, action.status) for action in found]

        found, spoiled = await look_up(actions, list(dict.fromkeys(products)))
        known = {pk: remote_id for pk, remote_id, _ in found if remote_id}
        return known, {pk for pk, _, status in found if pk not in known and status == "processing"}, spoiled

    async def products_are_waiting(self) -> bool:
        """Whether the flow ``product`` has still products to send for the first time; asked until it has."""
        async with self._asking:
            if not self._waiting and self._ctx.settings.flag("product"):
                self._waiting = bool((await self._ctx.hub.product_feed("inserts", 1)).rows)
        return self._waiting
