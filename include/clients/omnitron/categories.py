"""The category tree, as the setup flows write it (api/omnitron.md section 6).

Creating is unsafe to repeat: look below the parent first, and again after a refusal or ``AnswerLost``.
"""

from collections.abc import Mapping
from typing import Any

from include.clients.omnitron.calls import HubCalls
from include.clients.omnitron.mapper_schemas import CategoryNode, CategoryTree
from include.clients.rows import parse_rows


class CategoryCalls(HubCalls):
    """Where merchants put their products."""

    async def category_trees(self, name: str | None = None) -> list[CategoryTree]:
        """The trees, or those of a name."""
        return await self._list("category_trees", CategoryTree, {"name": name})

    async def category_tree(self, pk: int) -> CategoryTree:
        """One tree with its root."""
        return await self._get("category_trees", pk, CategoryTree)

    async def create_category_tree(self, name: str) -> CategoryTree:
        """A new tree."""
        return await self._create("category_trees", {"name": name}, CategoryTree)

    async def category_nodes(self) -> list[CategoryNode]:
        """All nodes of all trees."""
        return await self._list("category_nodes", CategoryNode)

    async def category_children(self, pk: int) -> list[CategoryNode]:
        """The nodes right below a node."""
        path = self._path("category_nodes", pk, "detailed")
        node = await self.session.call("GET", path, read=CategoryNode.model_validate, record=True)
        return parse_rows(CategoryNode, node.children).rows

    async def create_category_node(self, parent: int, name: str) -> CategoryNode:
        """A node below another."""
        return await self._create("category_nodes", {"node": parent, "name": name}, CategoryNode)

    async def patch_category_node(self, pk: int, fields: Mapping[str, Any]) -> CategoryNode:
        """Rename a node; no fields at all just move its modified date."""
        return await self._patch("category_nodes", pk, fields, CategoryNode)

    async def move_category_node(self, pk: int, target: int) -> None:
        """Hang a node below another, behind its last child. Body inferred; harmless to repeat."""
        body = {"node": pk, "target": target, "pos": "last-child"}
        await self.session.call("POST", self._path("category_nodes", "move"), json=body, repeatable=True)
