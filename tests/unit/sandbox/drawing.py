"""Draws the market's categories and attributes in the hub, as the setup flows do."""

from include.sandbox import Sandbox
from include.sandbox.omnitron.categories import add_node
from include.sandbox.routing import Row
from tests.unit.sandbox.callers import Caller


def draw_categories(sandbox: Sandbox) -> dict[str, Row]:
    """Every category as a node with its action; nodes by category id."""
    hub, nodes = sandbox.omnitron, {}

    def grow(parent: Row, categories: list[Row]) -> None:
        for category in categories:
            node = nodes[category["id"]] = add_node(hub, parent, category["name"])
            name_node(sandbox, node, category["id"])
            grow(node, category.get("children", []))

    grow(add_node(hub, None, "Fashfed"), sandbox.fashfed.categories)
    return nodes


def name_node(sandbox: Sandbox, node: Row, category: str) -> None:
    """Remember which category a node stands for."""
    actions = sandbox.omnitron.actions
    actions.set_remote(actions.create("categorynode", node["pk"], sandbox.omnitron.now()), category)


async def draw_attributes(hub: Caller, sandbox: Sandbox, node: Row, category: str) -> None:
    """The attributes of a category with all their values; a second attribute of a name gets its key behind it."""
    names: dict[str, str] = {"SHOE_SIZE": "Beden (SHOE_SIZE)"}
    attributes = [
        {
            "name": names.get(row["key"], row["name"]),
            "remote_id": row["key"],
            "is_required": row["is_required"],
            "values": [{"label": value["label"], "value": value["value"]} for value in row["values"]],
        }
        for row in sandbox.fashfed.attributes[category]
    ]
    body = {"category_node_id": node["pk"], "remote_id": category, "attribute_set_name": f"{node['name']} {category}"}
    status, answer = await hub.post("bulk_category_attributes/", {**body, "attributes": attributes})
    assert status == 200, answer
