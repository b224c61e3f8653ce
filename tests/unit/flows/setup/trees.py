"""Both category trees as a test sees and changes them."""

from collections.abc import Iterator
from typing import Any

from include.sandbox import Sandbox
from tests.worldkit import Kit

Row = dict[str, Any]
STEP = 4


def category(name: str, *children: Row, id: str = "") -> Row:  # noqa: A002 - the market's own word
    """A category of the market; its id is its name unless told otherwise."""
    row: Row = {"id": id or name.lower().replace(" ", "-"), "name": name, "children": list(children)}
    for child in children:
        child["parent"] = row["id"]
    return row


def draw(sandbox: Sandbox, *roots: Row, ids: tuple[str, ...] | None = None) -> None:
    """Make these the market's whole tree, and ``ids`` (or all roots) Category Ids."""
    sandbox.fashfed.categories = list(roots)
    sandbox.omnitron.channel["conf"]["category_ids"] = list(ids or [root["id"] for root in roots])


def fashion(sandbox: Sandbox) -> None:
    """Two roots with a level below each and one leaf below that."""
    women = category("Women", category("Dresses", category("Long")), category("Shoes", id="women-shoes"))
    draw(sandbox, women, category("Men", category("Shirts"), category("Shoes", id="men-shoes")))


def walk(roots: list[Row]) -> Iterator[Row]:
    for root in roots:
        yield root
        yield from walk(root.get("children", []))


def of(sandbox: Sandbox, identity: str) -> Row:
    """One category of the market, as it lies there."""
    return next(row for row in walk(sandbox.fashfed.categories) if row["id"] == identity)


def remove(sandbox: Sandbox, identity: str) -> Row:
    """Take a category with all below it out of the market's tree."""
    row = of(sandbox, identity)
    for siblings in (
        sandbox.fashfed.categories,
        *(one.get("children", []) for one in walk(sandbox.fashfed.categories)),
    ):
        if row in siblings:
            siblings.remove(row)
    return row


def move(sandbox: Sandbox, identity: str, parent: str) -> None:
    """Hang a category below another one."""
    row = remove(sandbox, identity)
    of(sandbox, parent).setdefault("children", []).append({**row, "parent": parent})


def drawn(sandbox: Sandbox) -> dict[str, str]:
    """Where the hub has each category: its names from below the tree's root. One node and one action for each."""
    hub = sandbox.omnitron
    actions = list(hub.actions.of_model("categorynode"))
    found = {action.remote_id: path(sandbox, action.object_id) for action in actions}
    assert len(found) == len(actions), "a category has two actions"
    assert len({action.object_id for action in actions}) == len(actions), "a node has two actions"
    return found


def nodes(sandbox: Sandbox) -> list[str]:
    """The paths of all nodes below the roots, also of those that no action names."""
    return sorted(path(sandbox, row["pk"]) for row in sandbox.omnitron.category_nodes.rows.values() if row["depth"] > 1)


def path(sandbox: Sandbox, pk: int) -> str:
    table = sandbox.omnitron.category_nodes
    whole = table.rows[pk]["path"]
    names = [table.find("path", whole[:end])[0]["name"] for end in range(2 * STEP, len(whole) + 1, STEP)]
    return " > ".join(names)


def market_paths(sandbox: Sandbox) -> dict[str, str]:
    """What the hub should have when every category is drawn from the market's roots on."""

    def below(rows: list[Row], start: str) -> Iterator[tuple[str, str]]:
        for row in rows:
            here = f"{start} > {row['name']}" if start else row["name"]
            yield row["id"], here
            yield from below(row.get("children", []), here)

    return dict(below(sandbox.fashfed.categories, ""))


def writes(kit: Kit) -> list[str]:
    """What was sent to change the hub."""
    changing = [request for request in kit.wire.requests if request.method != "GET"]
    return [f"{request.method} {request.url}" for request in changing if "/auth/" not in request.url]
