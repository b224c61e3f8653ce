"""Which product of Omnitron a line's SKU is (reference/flows.md section 4.9, step 7)."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from include.clients.fashfed.schemas import PackageItem
from include.clients.omnitron.schemas import IntegrationAction
from include.errors import RecordParked
from include.flows.apart import look_up
from include.flows.context import FlowContext

_REMEMBER = timedelta(hours=24)


class LineProducts:
    """SKU to product, looked up in bulk and remembered for a day."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._scope = f"products:{ctx.channel}"
        self._known: dict[str, int] = {}

    async def learn(self, skus: Collection[str]) -> None:
        """Look up what is not known: by the product's integration action, else by its SKU in the channel."""
        ctx = self._ctx
        unknown = sorted(set(skus) - self._known.keys())
        cached = await ctx.store.cached(self._scope, unknown, now=ctx.clock.now())
        self._known |= {sku: int(pk) for sku, pk in cached.items()}
        unknown = [sku for sku in unknown if sku not in cached]
        if not unknown:
            return
        actions, _ = await look_up(self._actions, unknown)
        found = {action.remote_id: action.object_id for action in actions if action.remote_id in unknown}
        rest = [sku for sku in unknown if sku not in found]
        if rest:
            found |= {product.sku: product.pk for product in (await look_up(ctx.hub.products_by_sku, rest))[0]}
        self._known |= {sku: pk for sku, pk in found.items() if sku}
        await ctx.store.cache(self._scope, found, expires_at=ctx.clock.now() + _REMEMBER)

    async def _actions(self, skus: Sequence[str]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions("product", remote_ids=skus)

    def of(self, items: Sequence[PackageItem]) -> dict[str, int]:
        """The products of a package's lines. Raises ``RecordParked`` for the first SKU without one."""
        for item in items:
            if item.product not in self._known:
                raise RecordParked("product_unknown", sku=item.product)
        return {item.product: self._known[item.product] for item in items}

    async def forget(self, skus: Collection[str]) -> None:
        """Look these up anew next time: Omnitron refused an order of them."""
        for sku in skus:
            self._known.pop(sku, None)
        await self._ctx.store.uncache(self._scope, list(skus))
