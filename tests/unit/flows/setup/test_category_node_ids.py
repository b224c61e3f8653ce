"""What Category Ids mean, and what categories of one name are called."""

import logging

import pytest

from include.errors import ConfigurationError
from include.sandbox import Sandbox
from tests.unit.flows.setup.trees import category, draw, drawn, fashion, market_paths, of, writes
from tests.worldkit import Kit


async def test_ids_listed_twice_or_below_another_are_drawn_once_and_said(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fashion(sandbox)
    kit.conf["category_ids"] = ["dresses", "women", "women"]
    caplog.set_level(logging.INFO)
    await kit.run("category_node")
    assert drawn(sandbox) == {key: path for key, path in market_paths(sandbox).items() if path.startswith("Women")}
    assert "listed twice, so drawn once: Women" in caplog.text
    assert "below another one of them, so drawn once: Women > Dresses" in caplog.text


async def test_a_listed_category_deep_in_the_tree_is_drawn_below_the_root(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    kit.conf["category_ids"] = ["dresses"]
    await kit.run("category_node")
    assert drawn(sandbox) == {"dresses": "Dresses", "long": "Dresses > Long"}


async def test_listed_categories_of_one_name_are_told_apart_by_what_is_above_them(kit: Kit, sandbox: Sandbox) -> None:
    fashion(sandbox)
    kit.conf["category_ids"] = ["women-shoes", "men-shoes"]
    await kit.run("category_node")
    assert drawn(sandbox) == {"women-shoes": "Women > Shoes", "men-shoes": "Men > Shoes"}


async def test_siblings_of_one_name_and_names_too_long_for_omnitron_are_all_drawn(kit: Kit, sandbox: Sandbox) -> None:
    twins = [category("Bags", id="11111111-a"), category("Bags", id="22222222-b")]
    long = [category("x" * 80 + end, id=end) for end in ("1", "2")]
    draw(sandbox, category("Women", *twins, *long, category("  ", id="nameless")))
    await kit.run("category_node")
    paths = drawn(sandbox)
    assert paths["11111111-a"] == "Women > Bags (11111111)"
    assert paths["22222222-b"] == "Women > Bags (22222222)"
    assert paths["nameless"] == "Women > nameless"
    assert len(set(paths.values())) == 6
    of(sandbox, "women")["children"].reverse()
    kit.wire.requests.clear()
    await kit.run("category_node")
    assert writes(kit) == []


async def test_unknown_ids_are_named_and_the_others_are_drawn(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fashion(sandbox)
    kit.conf["category_ids"] = ["men", "no-such-category"]
    report = await kit.run("category_node", run_id="run-1")
    assert "men-shoes" in drawn(sandbox)
    assert "no category no-such-category" in caplog.text
    assert report.errors["category_unknown"] == 1
    (told,) = sandbox.omnitron.error_reports.rows.values()
    assert told["error_code"] == "run-1-Channel-category_node-no-such-category"


@pytest.mark.parametrize(
    ("ids", "code", "part"),
    [(["nowhere", "lost"], "category_ids_unknown", "nowhere, lost"), ([], "settings_invalid", "category_ids is empty")],
)
async def test_a_run_without_any_category_to_draw_fails_and_says_why(
    kit: Kit, sandbox: Sandbox, ids: list[str], code: str, part: str
) -> None:
    kit.conf["category_ids"] = ids
    with pytest.raises(ConfigurationError, match=part) as caught:
        await kit.run("category_node")
    assert caught.value.code == code
    assert len(sandbox.omnitron.category_trees) == 0


async def test_an_entry_of_category_ids_that_is_no_id_does_not_stop_the_others(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fashion(sandbox)
    kit.conf["category_ids"] = ["men", {"name": "Kadın"}]
    await kit.run("category_node")
    assert "men" in drawn(sandbox)
    assert "category_ids.2" in caplog.text
