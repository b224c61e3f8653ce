"""The categories of products within the channel's tree."""

from collections.abc import Sequence
from datetime import timedelta

from include.clients.omnitron.schemas import ProductCategory
from include.errors import ConfigurationError
from include.flows.context import FlowContext
from include.flows.once import Once
from include.mapping.products import Node
from include.together import limited

_REMEMBER = timedelta(days=1)


class Categories:
    """Reads categories of many products at once where Omnitron can, else one by one, and remembers which for a day."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._scope = f"abilities:{ctx.channel}"
        self._tree: Once[tuple[str, dict[int, str]]] = Once()
        self._bulk: bool | None = None

    async def of(self, products: Sequence[int]) -> list[tuple[int, Node]]:
        """Pairs of product and category; only categories of the channel's tree count."""
        root, market_ids = await self._tree.get("", self._read_tree)
        found = []
        for row in await self._rows(products):
            path = str(row.category.get("path") or "")
            if path.startswith(root) and path != root:
                pk, name = row.category.get("pk"), str(row.category.get("name") or "?")
                node = Node(name, market_ids.get(pk or 0), leaf=not row.category.get("numchild"))
                found.append((row.product, node))
        return found

    async def _read_tree(self) -> tuple[str, dict[int, str]]:
        """The root's path, and the market's id of each node."""
        hub = self._ctx.hub
        channel = await hub.channel()
        if channel.category_tree is None:
            raise ConfigurationError("default_attributes_missing")
        tree = await hub.category_tree(channel.category_tree)
        actions = await hub.integration_actions("categorynode")
        root = tree.category_root.path if tree.category_root else None
        return root or "?", {action.object_id: action.remote_id for action in actions if action.remote_id}

    async def _rows(self, products: Sequence[int]) -> list[ProductCategory]:
        ctx = self._ctx
        if self._bulk is None:
            known = await ctx.store.cached(self._scope, ["bulk_categories"], now=ctx.clock.now())
            self._bulk = known.get("bulk_categories", True)
        if self._bulk:
            rows = await ctx.hub.categories_of(products)
            if rows is not None:
                return rows
            self._bulk = False
            ctx.log.info("Omnitron reads categories of products one by one only")
            until = ctx.clock.now() + _REMEMBER
            await ctx.store.cache(self._scope, {"bulk_categories": False}, expires_at=until)
        parts = await limited(ctx.tuning.mapper_calls, ctx.hub.product_categories, products)
        return [row for part in parts for row in part]
