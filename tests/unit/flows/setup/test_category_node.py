"""Fashfed's categories become the channel's tree in Omnitron, and stay it."""

import logging

import pytest

from include.sandbox import Sandbox
from include.sandbox.omnitron.categories import add_node
from tests.unit.flows.setup.trees import category, drawn, fashion, market_paths, move, nodes, of, remove, writes
from tests.worldkit import CHANNEL, Kit


async def findings(kit: Kit, verdict: str) -> dict[str, str]:
    rows = await kit.store().findings(CHANNEL, "category_node")
    return {row.key: row.text for row in rows if row.verdict == verdict}


async def test_the_whole_subtrees_are_drawn_and_known_by_their_ids(kit: Kit, sandbox: Sandbox) -> None:
    report = await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)
    assert report.counts["created"] == len(market_paths(sandbox))
    assert report.requests["fashfed"] == 1


async def test_the_channel_gets_a_tree_of_its_own_name(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run("category_node")
    tree = sandbox.omnitron.category_trees.rows[sandbox.omnitron.channel["category_tree"]]
    assert tree["name"] == "Fashfed"


async def test_a_tree_of_the_channels_name_is_taken(kit: Kit, sandbox: Sandbox) -> None:
    root = add_node(sandbox.omnitron, None, "Fashfed")
    tree = sandbox.omnitron.create("categorytree", {"name": "Fashfed", "category_root": root})
    await kit.run("category_node")
    assert sandbox.omnitron.channel["category_tree"] == tree["pk"]
    assert len(sandbox.omnitron.category_trees) == 1


async def test_a_tree_that_somebody_deleted_is_made_again(kit: Kit, sandbox: Sandbox) -> None:
    sandbox.omnitron.channel["category_tree"] = 4711
    await kit.run("category_node")
    assert sandbox.omnitron.channel["category_tree"] in sandbox.omnitron.category_trees.rows
    assert drawn(sandbox) == market_paths(sandbox)


async def test_a_run_in_which_nothing_changed_writes_nothing(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run("category_node")
    kit.wire.requests.clear()
    report = await kit.run("category_node")
    assert writes(kit) == []
    assert report.requests["omnitron"] < 10
    assert report.counts["unchanged"] == len(market_paths(sandbox))


async def test_no_batch_is_opened(kit: Kit) -> None:
    await kit.run("category_node")
    assert kit.wire.count("POST", "batch_requests") == 0


async def test_a_renamed_category_is_renamed(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    of(sandbox, "dresses")["name"] = "Gowns"
    report = await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)
    assert (report.counts["updated"], report.counts["created"]) == (1, 0)
    assert list(await findings(kit, "renamed")) == ["dresses"]


async def test_a_moved_category_takes_its_subtree_along(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    move(sandbox, "dresses", "men")
    await kit.run("category_node")
    assert drawn(sandbox)["long"] == "Men > Dresses > Long"
    assert drawn(sandbox) == market_paths(sandbox)
    assert list(await findings(kit, "moved")) == ["dresses"]
    assert kit.wire.bodies("POST", "category_nodes/move/")[0]["pos"] == "last-child"


async def test_a_category_may_move_and_change_its_name_at_once(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    of(sandbox, "women-shoes")["name"] = "Boots"
    move(sandbox, "women-shoes", "men")
    await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)


async def test_parent_and_child_may_change_places(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    long, dresses = remove(sandbox, "long"), remove(sandbox, "dresses")
    of(sandbox, "women")["children"].append({**long, "children": [{**dresses, "children": []}]})
    await kit.run("category_node")
    assert drawn(sandbox)["dresses"] == "Women > Long > Dresses"
    assert drawn(sandbox) == market_paths(sandbox)


async def test_a_new_category_may_take_the_name_of_one_that_moves_away(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    move(sandbox, "dresses", "men")
    of(sandbox, "women")["children"].append(category("Dresses", id="new-dresses"))
    await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)


async def test_a_node_that_became_a_parent_is_reported_because_its_products_must_move(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    caplog.set_level(logging.INFO)
    of(sandbox, "shirts")["children"] = [category("Linen")]
    await kit.run("category_node")
    assert list(await findings(kit, "became_parent")) == ["shirts"]
    assert "1 became parent (it has subcategories now: move its products to one of them): Men > Shirts" in caplog.text


async def test_vanished_categories_stay_and_are_reported_with_the_reason(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    before = nodes(sandbox)
    remove(sandbox, "long")
    kit.conf["category_ids"] = ["women"]
    await kit.run("category_node")
    told = await findings(kit, "vanished")
    assert told["long"] == "gone at Fashfed"
    assert {key for key, text in told.items() if text == "no longer below Category Ids"} == {
        "men",
        "shirts",
        "men-shoes",
    }
    assert nodes(sandbox) == before
    assert len(drawn(sandbox)) == 7


async def test_a_category_that_comes_back_is_the_same_node_again(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    before = nodes(sandbox)
    row = remove(sandbox, "shirts")
    await kit.run("category_node")
    of(sandbox, "men")["children"].append(row)
    await kit.run("category_node")
    assert nodes(sandbox) == before


async def test_a_new_category_with_the_name_of_a_vanished_one_gets_a_node_of_its_own(
    kit: Kit, sandbox: Sandbox
) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    remove(sandbox, "shirts")
    of(sandbox, "men")["children"].append(category("Shirts", id="shirts-2"))
    await kit.run("category_node")
    assert drawn(sandbox)["shirts"] == "Men > Shirts"
    assert drawn(sandbox)["shirts-2"] == "Men > Men > Shirts"
    kit.wire.requests.clear()
    await kit.run("category_node")
    assert writes(kit) == []


async def test_a_node_that_is_there_already_is_adopted(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    root = add_node(sandbox.omnitron, None, "Fashfed")
    sandbox.omnitron.create("categorytree", {"name": "Fashfed", "category_root": root})
    men = add_node(sandbox.omnitron, root, "Men")
    add_node(sandbox.omnitron, men, "Shirts")
    report = await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)
    assert nodes(sandbox) == sorted(market_paths(sandbox).values())
    assert report.counts["updated"] == 2


async def test_a_node_that_somebody_deleted_is_made_again_with_one_action(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    await kit.run("category_node")
    (row,) = [row for row in sandbox.omnitron.category_nodes.rows.values() if row["name"] == "Shirts"]
    sandbox.omnitron.category_nodes.remove(row)
    await kit.run("category_node")
    assert drawn(sandbox) == market_paths(sandbox)
