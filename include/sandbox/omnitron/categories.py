"""Category trees and nodes, and the categories of products (api/omnitron.md sections 5 and 6)."""

import uuid

from include.sandbox.fields import Field, clean, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_STEP = 4
_POSITIONS = frozenset(("first-child", "last-child"))


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
    _require_other_name(_children(hub, parent), data["name"])
    return Reply(201, add_node(hub, parent, data["name"]))


def _require_other_name(children: list[Row], name: str) -> None:
    if any(child["name"] == name for child in children):
        raise _refused("A node with this name already exists below the same parent.", "category_node_100_1")


def _refused(message: str, code: str) -> Refusal:
    return Refusal(406, {"non_field_errors": message, "code": code})


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


def move_node(hub: Omnitron, call: Call) -> Reply:
    """Put a node with all below it under another; the paths below both parents are written anew."""
    schema = {name: reference("category_nodes", required=True) for name in ("node", "target")}
    data = clean({**schema, "pos": Field(required=True, choices=_POSITIONS)}, call.data(), hub)
    node, target = (hub.category_nodes.rows[data[name]] for name in ("node", "target"))
    parent = next(iter(hub.category_nodes.find("path", node["path"][:-_STEP])), None)
    if parent is None or target["path"].startswith(node["path"]):
        raise _refused("A root cannot be moved, nor a node below itself.", "category_node_100_2")
    children = {row["pk"]: _children(hub, row) for row in hub.category_nodes.rows.values()}
    children[parent["pk"]].remove(node)
    _require_other_name(children[target["pk"]], node["name"])
    place = 0 if data["pos"] == "first-child" else len(children[target["pk"]])
    children[target["pk"]].insert(place, node)
    for changed in (parent, target):
        _arrange(hub, changed, children)
    return Reply(200, hub.touch("categorynode", node))


def _arrange(hub: Omnitron, parent: Row, children: dict[int, list[Row]]) -> None:
    """Write the paths below a node, whose children are these."""
    parent["numchild"] = len(children[parent["pk"]])
    for number, child in enumerate(children[parent["pk"]], 1):
        path = f"{parent['path']}{number:0{_STEP}d}"
        if child["path"] != path:
            hub.category_nodes.change(child, path=path, depth=len(path) // _STEP, order=number)
            _arrange(hub, child, children)


def product_categories_detailed(hub: Omnitron, call: Call) -> Reply:
    filters = ("product", "product__in") if hub.bulk_categories else ("product",)
    reply = paged(call, ordered(select(hub.product_categories, call, filters), call, "pk"))
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
    ("POST", _CHANNEL + "category_nodes/move/", move_node),
    ("GET", _CHANNEL + "category_nodes/{id}/", get_node),
    ("PATCH", _CHANNEL + "category_nodes/{id}/", patch_node),
    ("GET", _CHANNEL + "category_nodes/{id}/detailed/", get_node_detailed),
    ("GET", _CHANNEL + "product_categories/detailed/", product_categories_detailed),
]
