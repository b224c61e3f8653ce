"""Category trees and nodes, and the categories of products (api/omnitron.md sections 5 and 6)."""

import uuid

from include.sandbox.fields import clean, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_STEP = 4


def _children(hub: Omnitron, node: Row) -> list[Row]:
    """Paths grow by four characters a level, so a node's children are the paths below it by one step."""
    return [
        child
        for number in range(1, node["numchild"] + 1)
        for child in hub.category_nodes.find("path", f"{node['path']}{number:0{_STEP}d}")
    ]


def add_node(hub: Omnitron, parent: Row | None, name: str) -> Row:
    if parent is None:
        roots = sum(row["depth"] == 1 for row in hub.category_nodes.rows.values())
        path = f"{roots + 1:0{_STEP}d}"
    else:
        parent["numchild"] += 1
        path = f"{parent['path']}{parent['numchild']:0{_STEP}d}"
    return hub.create(
        "categorynode",
        {
            "name": name,
            "order": int(path[-_STEP:]),
            "path": path,
            "depth": len(path) // _STEP,
            "numchild": 0,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, path)),
            "remote_attributes": {},
            "sort_option": None,
            "marketplace_attribute_set": None,
        },
    )


def create_tree(hub: Omnitron, call: Call) -> Reply:
    data = clean({"name": text(255, required=True)}, call.data(), hub)
    if any(tree["name"] == data["name"] for tree in hub.category_trees.rows.values()):
        raise invalid(name="category tree with this name already exists.")
    root = add_node(hub, None, data["name"])
    return Reply(201, hub.create("categorytree", {**data, "category_root": root}))


def list_trees(hub: Omnitron, call: Call) -> Reply:
    return paged(call, ordered(select(hub.category_trees, call, ("name", "category_root")), call, "pk"))


def get_tree(hub: Omnitron, call: Call) -> Reply:
    tree = hub.category_trees.rows.get(call.key())
    if tree is None:
        raise not_found()
    return Reply(200, tree)


def list_nodes(hub: Omnitron, call: Call) -> Reply:
    return paged(call, ordered(select(hub.category_nodes, call, ("numchild", "pk__in", "name")), call, "pk"))


def create_node(hub: Omnitron, call: Call) -> Reply:
    schema = {"node": reference("category_nodes", required=True), "name": text(64, required=True)}
    data = clean(schema, call.data(), hub)
    parent = hub.category_nodes.rows[data["node"]]
    if any(child["name"] == data["name"] for child in _children(hub, parent)):
        message = "A node with this name already exists below the same parent."
        raise Refusal(406, {"non_field_errors": message, "code": "category_node_100_1"})
    return Reply(201, add_node(hub, parent, data["name"]))


def _node(hub: Omnitron, call: Call) -> Row:
    node: Row | None = hub.category_nodes.rows.get(call.key())
    if node is None:
        raise not_found()
    return node


def get_node(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _node(hub, call))


def get_node_detailed(hub: Omnitron, call: Call) -> Reply:
    node = _node(hub, call)
    return Reply(200, {**node, "children": _children(hub, node)})


def patch_node(hub: Omnitron, call: Call) -> Reply:
    """Also an empty body makes a new version: flows use it to take turns over a large tree."""
    changes = clean({"name": text(64)}, call.data(), hub, partial=True)
    return Reply(200, hub.touch("categorynode", _node(hub, call), **changes))


def product_categories_detailed(hub: Omnitron, call: Call) -> Reply:
    reply = paged(call, ordered(select(hub.product_categories, call, ("product", "product__in")), call, "pk"))
    reply.data["results"] = [
        {**row, "category": hub.category_nodes.rows[row["category"]]} for row in reply.data["results"]
    ]
    return reply


ROUTES: list[Route] = [
    ("GET", _CHANNEL + "category_trees/", list_trees),
    ("POST", _CHANNEL + "category_trees/", create_tree),
    ("GET", _CHANNEL + "category_trees/{id}/", get_tree),
    ("GET", _CHANNEL + "category_nodes/", list_nodes),
    ("POST", _CHANNEL + "category_nodes/", create_node),
    ("GET", _CHANNEL + "category_nodes/{id}/", get_node),
    ("PATCH", _CHANNEL + "category_nodes/{id}/", patch_node),
    ("GET", _CHANNEL + "category_nodes/{id}/detailed/", get_node_detailed),
    ("GET", _CHANNEL + "product_categories/detailed/", product_categories_detailed),
]
