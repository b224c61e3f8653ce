"""Update Bulk Product Version Date: has products sent again although nothing changed (spec sections 8 and 9).

An integration action whose version is older than its product brings the product back among the updates
(api/omnitron.md section 3.2).
"""

from collections.abc import Sequence
from functools import partial

from include.clients.omnitron.schemas import IntegrationAction
from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.sku_work import Case, Verdict, work_off

CONTENT_TYPE = "product"
_PROCESSING = "processing"


async def run(ctx: FlowContext) -> None:
    """Make the products of ``ctx.sku_list`` due again. Raises ``ConfigurationError`` (skus_missing)."""
    await work_off(ctx, partial(_prepare, ctx), partial(_move, ctx))


async def _prepare(ctx: FlowContext, skus: Sequence[str]) -> list[Case[IntegrationAction | None]]:
    products = await ctx.hub.products_by_sku(skus, at_once=1)
    pks = [product.pk for product in products]
    actions = {action.object_id: action for action in await ctx.hub.integration_actions(CONTENT_TYPE, object_ids=pks)}
    cases = [_case(product.sku, actions.get(product.pk)) for product in products]
    # before any version moves: a product that came back and still looked unchanged would not be sent
    moving = [(case.sku, case.work.remote_id) for case in cases if case.work and not case.held_by]
    names = {name for pair in moving for name in pair if name}
    await ctx.store.forget_sent(ctx.channel, CONTENT_TYPE, sorted(names))
    return cases


def _case(sku: str, action: IntegrationAction | None) -> Case[IntegrationAction | None]:
    if action is not None and action.status == _PROCESSING:
        return Case(sku, action.local_batch_id or "-", action)
    return Case(sku, None, action if action is not None and action.remote_id else None)


async def _move(ctx: FlowContext, case: Case[IntegrationAction | None]) -> Verdict:
    action = case.work
    if action is None:
        raise RecordFailed("never_sent", sku=case.sku)
    await ctx.hub.outdate_action(action.pk)
    return "moved"
