"""Delete Bulk Failed Integration: lifts the penalties of SKUs (spec section 8; reference/flows.md section 1.3).

The product's own penalties and those of its price and stock; what they held back is due at the next run of its flow.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from include.clients.omnitron.schemas import Catalog
from include.flows.context import FlowContext
from include.flows.lists import channel_lists
from include.flows.sku_work import Case, Verdict, work_off

Penalties = list[int]
"""The pks of the penalties that a SKU's records are under."""


async def run(ctx: FlowContext) -> None:
    """Lift the penalties of ``ctx.sku_list``. Raises ``ConfigurationError`` (skus_missing, settings_invalid)."""
    catalog = await channel_lists(ctx)
    await work_off(ctx, partial(_prepare, ctx, catalog), partial(_release, ctx))


async def _prepare(ctx: FlowContext, catalog: Catalog, skus: Sequence[str]) -> list[Case[Penalties]]:
    hub = ctx.hub
    products = {product.pk: product.sku for product in await hub.products_by_sku(skus, at_once=1)}
    prices = await hub.prices_of(products, catalog.price_list) if products else []
    stocks = await hub.stocks_of(products, catalog.stock_list) if products else []
    owners: Mapping[str, Mapping[int, int]] = {
        "product": {pk: pk for pk in products},
        "productprice": {row.pk: row.product for row in prices},
        "productstock": {row.pk: row.product for row in stocks},
    }
    held: dict[int, str] = {}
    penalties: dict[int, Penalties] = {pk: [] for pk in products}
    for model, owner in owners.items():
        for pk, local_batch_id in await _held(ctx, model, owner):
            held[owner[pk]] = local_batch_id
        for penalty in await hub.failed_integrations(model, owner):
            if penalty.is_active and penalty.object_id in owner:
                penalties[owner[penalty.object_id]].append(penalty.pk)
    return [Case(sku, held.get(pk), penalties[pk]) for pk, sku in products.items()]


async def _held(ctx: FlowContext, model: str, pks: Iterable[int]) -> list[tuple[int, str]]:
    """Those of the objects that a batch holds now, with its local batch id."""
    actions = await ctx.hub.integration_actions(model, object_ids=pks, status="processing")
    return [(action.object_id, action.local_batch_id or "-") for action in actions]


async def _release(ctx: FlowContext, case: Case[Penalties]) -> Verdict:
    for penalty in case.work:
        await ctx.hub.delete_failed_integration(penalty)
    return "released" if case.work else "nothing_to_release"
