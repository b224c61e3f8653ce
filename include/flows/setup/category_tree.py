"""The channel's category tree in the hub: what is there, and one category of the market put into its place."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.mapper_schemas import CategoryNode, CategoryTree
from include.clients.omnitron.schemas import IntegrationAction
from include.errors import AnswerLost, Refused, RemoteUnavailable
from include.flows.setup.making import made, name_object
from include.mapping.categories import Drawn, parents_of
from include.together import together

NODE = "categorynode"
Verdict = Literal["created", "adopted", "moved", "renamed", "unchanged"]


async def channel_tree(hub: OmnitronClient) -> CategoryTree:
    """The channel's tree; else one of the channel's name, else a new one, which then becomes the channel's."""
    channel = await hub.channel()
    tree = await _tree(hub, channel.category_tree) if channel.category_tree is not None else None
    if tree is None:
        tree = await _tree_of_name(hub, channel.name)
        await hub.patch_channel({"category_tree": tree.pk})
    return tree if tree.category_root is not None else await hub.category_tree(tree.pk)


async def _tree_of_name(hub: OmnitronClient, name: str) -> CategoryTree:
    async def find() -> CategoryTree | None:
        return next((tree for tree in await hub.category_trees(name) if tree.name == name), None)

    tree = await find()
    return tree if tree is not None else await made(lambda: hub.create_category_tree(name), find)


async def _tree(hub: OmnitronClient, pk: int) -> CategoryTree | None:
    try:
        return await hub.category_tree(pk)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return None


@dataclass(slots=True)
class HubTree:
    """The nodes of the hub with their parents, and the integration actions that say which category a node is.

    Read once and kept up to date while categories are placed.
    """

    hub: OmnitronClient
    root: int
    names: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    children: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_category: dict[str, IntegrationAction] = field(default_factory=dict)
    by_node: dict[int, IntegrationAction] = field(default_factory=dict)
    _moving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One move at a time: each rewrites the paths of a whole subtree."""

    @classmethod
    async def read(cls, hub: OmnitronClient, tree: CategoryTree) -> "HubTree":
        """All nodes and all their actions."""
        if tree.category_root is None:
            call, expected = f"GET category_trees/{tree.pk}/", "a category tree with its root"
            raise RemoteUnavailable("answer_unreadable", remote=hub.session.name, call=call, expected=expected)
        nodes, actions = await together(hub.category_nodes(), hub.integration_actions(NODE))
        found = cls(hub, tree.category_root.pk)
        found._take([tree.category_root, *nodes])
        for action in actions:
            found._know(action)
        return found

    def _take(self, nodes: list[CategoryNode]) -> None:
        self.names |= {node.pk: node.name for node in nodes}
        for pk, parent in parents_of({node.pk: node.path for node in nodes if node.path}).items():
            self._hang(pk, parent)

    def _hang(self, pk: int, parent: int | None) -> None:
        before = self.parents.get(pk)
        if before is not None:
            self.children[before].discard(pk)
        self.parents[pk] = parent
        if parent is not None:
            self.children[parent].add(pk)

    def _know(self, action: IntegrationAction) -> None:
        """Of two nodes of one category the living one counts, then the older one."""
        self.by_node[action.object_id] = action
        if action.remote_id:
            other = self.by_category.get(action.remote_id)
            if other is None or (other.object_id not in self.names and action.object_id in self.names):
                self.by_category[action.remote_id] = action

    def node_of(self, category: str) -> int | None:
        """The node that is this category, when there is one."""
        action = self.by_category.get(category)
        return action.object_id if action is not None and action.object_id in self.names else None

    def label(self, pk: int) -> str:
        """The names from below the root down to a node."""
        path = []
        at: int | None = pk
        while at is not None and at != self.root:
            path.append(self.names[at])
            at = self.parents.get(at)
        return " > ".join(reversed(path))

    async def put(self, node: int, parent: int, name: str) -> Verdict:
        """Rename and move a node that is there. Raises ``Refused``."""
        if self.parents.get(node) == parent:
            return await self._rename(node, name) or "unchanged"
        if any(self.names[child] == self.names[node] for child in self.children[parent]):
            await self._rename(node, name)
        async with self._moving:
            await self.hub.move_category_node(node, parent)
        self._hang(node, parent)
        await self._rename(node, name)
        return "moved"

    async def _rename(self, node: int, name: str) -> Literal["renamed"] | None:
        if self.names[node] == name:
            return None
        await self.hub.patch_category_node(node, {"name": name})
        self.names[node] = name
        return "renamed"

    async def add(self, one: Drawn, parent: int, name: str) -> tuple[int, Verdict]:
        """Make a node for a category, or adopt one that no action names; never a second one. Raises ``Refused``."""
        gone = self.by_category.get(one.id)
        node, verdict = await self._node(one, parent, name)
        self.names[node] = name
        self._hang(node, parent)
        await self._tell(node, one.id)
        if gone is not None and gone.object_id != node:
            # it named a node that somebody has deleted
            await self.hub.delete_action(gone.pk)
        return node, verdict

    async def _node(self, one: Drawn, parent: int, name: str) -> tuple[int, Verdict]:
        child = self._free([pk for pk in self.children[parent] if self.names[pk] == name], one.id)
        if child is not None:
            return child, "adopted"
        try:
            return (await self.hub.create_category_node(parent, name)).pk, "created"
        except (Refused, AnswerLost) as error:
            rows = await self.hub.category_children(parent)
            child = self._free([row.pk for row in rows if row.name == name], one.id)
            if child is None:
                raise
            return child, "created" if isinstance(error, AnswerLost) else "adopted"

    def _free(self, children: list[int], category: str) -> int | None:
        """The first of these nodes that is no other category's."""
        for pk in sorted(children):
            action = self.by_node.get(pk)
            if action is None or action.remote_id in (None, "", category):
                return pk
        return None

    async def _tell(self, node: int, category: str) -> None:
        """Have an action say which category the node is."""
        action = self.by_node.get(node)
        if action is None:
            action = await name_object(self.hub, NODE, node, category)
        elif action.remote_id != category:
            action = await self.hub.patch_action(action.pk, {"remote_id": category})
        self.by_node[node] = self.by_category[category] = action
