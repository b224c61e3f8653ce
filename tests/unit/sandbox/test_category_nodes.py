"""Moving category nodes and the look-up of products' categories (api/omnitron.md sections 5 and 6)."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.merchant import put_into
from include.sandbox.omnitron.categories import add_node
from tests.unit.sandbox.callers import Caller

_SHAPE: dict[str, Any] = {
    "Kadın": {"Giyim": {"Elbise": {}, "Bluz": {}, "Kazak": {}}, "Ayakkabı": {"Bot": {}}},
    "Erkek": {"Giyim": {}},
}


@pytest.fixture
def nodes(sandbox: Sandbox) -> dict[str, int]:
    """Pk of each node by its way from the root."""
    hub = sandbox.omnitron
    pks: dict[str, int] = {}

    def grow(parent: dict[str, Any], way: str, shape: dict[str, Any]) -> None:
        for name, below in shape.items():
            node = add_node(hub, parent, name)
            pks[f"{way}{name}"] = node["pk"]
            grow(node, f"{way}{name}/", below)

    root = add_node(hub, None, "Fashfed")
    pks[""] = root["pk"]
    grow(root, "", _SHAPE)
    return pks


async def _tree(hub: Caller, pk: int) -> dict[str, Any]:
    _, node = await hub.get(f"category_nodes/{pk}/detailed/")
    assert len(node["path"]) == 4 * node["depth"]
    assert all(child["path"].startswith(node["path"]) for child in node["children"])
    return {child["name"]: await _tree(hub, child["pk"]) for child in node["children"]}


async def _move(hub: Caller, node: int, target: int, pos: str = "last-child") -> int:
    return (await hub.post("category_nodes/move/", {"node": node, "target": target, "pos": pos}))[0]


async def test_a_moved_node_takes_all_below_it_along(hub: Caller, nodes: dict[str, int]) -> None:
    assert await _tree(hub, nodes[""]) == _SHAPE
    assert await _move(hub, nodes["Kadın/Giyim"], nodes["Erkek/Giyim"]) == 200
    assert await _tree(hub, nodes[""]) == {
        "Kadın": {"Ayakkabı": {"Bot": {}}},
        "Erkek": {"Giyim": {"Giyim": {"Elbise": {}, "Bluz": {}, "Kazak": {}}}},
    }
    leaves = await hub.rows("category_nodes/", numchild=0, limit=100)
    assert {row["name"] for row in leaves} == {"Elbise", "Bluz", "Kazak", "Bot"}


@pytest.mark.parametrize(("pos", "order"), [("first-child", "Elbise Bot"), ("last-child", "Bot Elbise")])
async def test_a_moved_node_comes_first_or_last(hub: Caller, nodes: dict[str, int], pos: str, order: str) -> None:
    assert await _move(hub, nodes["Kadın/Giyim/Elbise"], nodes["Kadın/Ayakkabı"], pos) == 200
    assert list(await _tree(hub, nodes["Kadın/Ayakkabı"])) == order.split()
    assert list(await _tree(hub, nodes["Kadın/Giyim"])) == ["Bluz", "Kazak"]


async def test_a_node_moves_within_its_parent_and_a_new_one_still_finds_a_place(
    hub: Caller, nodes: dict[str, int]
) -> None:
    parent = nodes["Kadın/Giyim"]
    assert await _move(hub, nodes["Kadın/Giyim/Elbise"], parent) == 200
    await _move(hub, nodes["Kadın/Giyim/Bluz"], nodes["Erkek/Giyim"])
    assert (await hub.post("category_nodes/", {"node": parent, "name": "Şal"}))[0] == 201
    assert list(await _tree(hub, parent)) == ["Kazak", "Elbise", "Şal"]
    paths = [row["path"] for row in await hub.rows("category_nodes/", limit=100)]
    assert len(set(paths)) == len(paths)


async def test_a_move_below_itself_of_a_root_or_onto_a_name_in_use_is_refused(
    hub: Caller, nodes: dict[str, int]
) -> None:
    assert await _move(hub, nodes["Kadın"], nodes["Kadın/Giyim"]) == 406
    assert await _move(hub, nodes[""], nodes["Kadın"]) == 406
    assert await _move(hub, nodes["Kadın/Giyim"], nodes["Erkek"]) == 406
    assert await _move(hub, nodes["Kadın/Giyim"], nodes["Erkek"], "left") == 400
    assert await _move(hub, nodes["Kadın/Giyim"], 9999) == 400
    assert await _tree(hub, nodes[""]) == _SHAPE


async def test_categories_of_many_products_are_read_at_once_or_the_filter_is_ignored(
    hub: Caller, sandbox: Sandbox, nodes: dict[str, int]
) -> None:
    node = sandbox.omnitron.category_nodes.rows[nodes["Kadın/Giyim/Elbise"]]
    for pk in (1, 2, 3):
        put_into(sandbox.omnitron, pk, node)
    path = "product_categories/detailed/"
    rows = await hub.rows(path, product__in="1,3")
    assert [(row["product"], row["category"]["name"]) for row in rows] == [(1, "Elbise"), (3, "Elbise")]
    sandbox.omnitron.bulk_categories = False
    assert len(await hub.rows(path, product__in="1,3")) == 3
    assert len(await hub.rows(path, product=3)) == 1
    ignored = sandbox.apps["omnitron"].ignored_filters
    assert ignored == {"/api/v1/channel/{channel_id}/product_categories/detailed/?product__in": 1}
