"""Which product of Omnitron a line's SKU is (reference/flows.md section 4.9, step 7)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from include.clients.fashfed.schemas import PackageItem
from include.clients.omnitron.schemas import IntegrationAction
from include.errors import FashfedError, RecordParked, Refused, RetryNow
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.suspicion import guilty

_REMEMBER = timedelta(hours=24)


class LineProducts:
    """SKU to product, looked up in bulk and remembered for a day."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._scope = f"products:{ctx.channel}"
        self._known: dict[str, int] = {}
        self._spoiled: dict[str, FashfedError] = {}

    async def learn(self, skus: Collection[str]) -> None:
        """Look up what is not known: by the product's integration action, else by its SKU in the channel."""
        ctx = self._ctx
        self._spoiled.clear()
        unknown = sorted(set(skus) - self._known.keys())
        cached = await ctx.store.cached(self._scope, unknown, now=ctx.clock.now())
        self._known |= {sku: int(pk) for sku, pk in cached.items()}
        unknown = [sku for sku in unknown if sku not in cached]
        if not unknown:
            return
        actions, spoiled = await look_up(self._actions, unknown)
        found = {action.remote_id: action.object_id for action in actions if action.remote_id in unknown}
        rest = [sku for sku in unknown if sku not in found and sku not in spoiled]
        if rest:
            products, spoiled_here = await look_up(ctx.hub.products_by_sku, rest)
            found |= {product.sku: product.pk for product in products}
            spoiled |= spoiled_here
        await self._note(spoiled)
        self._known |= {sku: pk for sku, pk in found.items() if sku}
        await ctx.store.cache(self._scope, found, expires_at=ctx.clock.now() + _REMEMBER)

    async def _actions(self, skus: Sequence[str]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions("product", remote_ids=skus)

    async def _note(self, spoiled: Mapping[str, RetryNow | Refused]) -> None:
        troubled = [sku for sku, error in spoiled.items() if isinstance(error, RetryNow)]
        blamed = await guilty(self._ctx, "line products", troubled)
        for sku, error in spoiled.items():
            own_fault = isinstance(error, Refused) or sku in blamed
            detail = RecordParked("record_unreadable", kind="Product", key=sku, detail=error.message)
            self._spoiled[sku] = detail if own_fault else error

    def knows(self, sku: str) -> bool:
        """Whether there is a product of this SKU, as far as was learnt."""
        return sku in self._known

    def product(self, sku: str) -> int | None:
        """The product of a SKU that was learnt; None where there is none. Raises why it could not be asked for."""
        if sku in self._spoiled:
            raise self._spoiled[sku]
        return self._known.get(sku)

    def of(self, items: Sequence[PackageItem]) -> dict[str, int]:
        """The products of a package's lines. Raises ``RecordParked`` for the first SKU without one, and ``RetryNow``
        for one that could not be asked for."""
        for item in items:
            if item.product in self._spoiled:
                raise self._spoiled[item.product]
            if item.product not in self._known:
                raise RecordParked("product_unknown", sku=item.product)
        return {item.product: self._known[item.product] for item in items}

    async def forget(self, skus: Collection[str]) -> None:
        """Look these up anew next time: Omnitron refused an order of them."""
        for sku in skus:
            self._known.pop(sku, None)
        await self._ctx.store.uncache(self._scope, list(skus))
