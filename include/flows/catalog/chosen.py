"""Products that a person chose by SKU; this only creates (spec section 10)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from include.clients.omnitron.schemas import IntegrationAction, Product
from include.clients.rows import FeedPage
from include.domain.batch import BatchItem
from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.sku_work import Case, Verdict, work_off

_Found = tuple[Product, IntegrationAction | None]


@dataclass(slots=True)
class Chosen:
    """The chosen products that are still to be worked on; read like a feed."""

    _waiting: list[Product]

    @classmethod
    async def read(cls, ctx: FlowContext) -> "Chosen":
        """Look the SKUs of ``ctx.sku_list`` up; unknown, busy and sent ones are refused, each with a finding."""
        found: list[Product] = []

        async def prepare(skus: Sequence[str]) -> list[Case[_Found]]:
            products = await ctx.hub.products_by_sku(skus, at_once=1)
            actions = await ctx.hub.integration_actions("product", object_ids=[product.pk for product in products])
            known = {action.object_id: action for action in actions}
            held = {pk: action.local_batch_id or "-" for pk, action in known.items() if action.status == "processing"}
            return [Case(one.sku, held.get(one.pk), (one, known.get(one.pk))) for one in products]

        async def choose(case: Case[_Found]) -> Verdict:
            product, action = case.work
            if action is not None and action.remote_id:
                raise RecordFailed("already_sent", sku=case.sku)
            found.append(product)
            return "chosen"

        await work_off(ctx, prepare, choose)
        return cls(found)

    async def page(self, number: int, size: int) -> FeedPage[Product]:
        """One page of what is left."""
        end = number * size
        return FeedPage(self._waiting[end - size : end], [], more=end < len(self._waiting))

    async def prepare(
        self, prepare: Callable[[Sequence[Product]], Awaitable[list[BatchItem]]], rows: Sequence[Product]
    ) -> list[BatchItem]:
        """Prepare rows, which are then no longer shown."""
        taken = {row.pk for row in rows}
        self._waiting = [product for product in self._waiting if product.pk not in taken]
        return await prepare(rows)
