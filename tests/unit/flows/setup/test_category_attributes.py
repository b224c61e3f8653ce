"""What Fashfed asks of products in a category is offered in Omnitron's Mapper."""

import pytest

from include.errors import ConfigurationError, RetryNow
from include.flows.context import FlowContext, Tuning
from include.sandbox import Sandbox
from tests.unit.flows.setup.sets import (
    agreed,
    asked,
    assert_nothing_twice,
    findings,
    leaves,
    named,
    offered,
    set_of,
    writes,
)
from tests.worldkit import CHANNEL, Kit

FLOW = "category_attributes"


@pytest.fixture(params=["bulk", "single calls"])
async def kit(request: pytest.FixtureRequest) -> Kit:
    """A drawn tree, in an Omnitron with and without the bulk call."""
    kit = Kit.made()
    kit.sandbox.omnitron.bulk_attributes = request.param == "bulk"
    await kit.run("category_node", run_id="drawn")
    kit.wire.requests.clear()
    return kit


async def test_every_leaf_offers_what_fashfed_asks(kit: Kit, sandbox: Sandbox) -> None:
    report = await kit.run(FLOW)
    assert agreed(sandbox)
    assert_nothing_twice(sandbox)
    assert report.counts["read"] == report.counts["created"] == len(leaves(sandbox))
    assert report.requests["fashfed"] == len(leaves(sandbox))


async def test_a_set_is_called_as_its_category_and_bound_to_its_node(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    hub, category = sandbox.omnitron, leaves(sandbox)["Kazak"]
    chosen = set_of(hub, category)
    (config,) = hub.attribute_set_configs.find("attribute_set", chosen["id"])
    assert chosen["name"] == "Kazak"
    assert hub.actions.get("categorynode", config["object_id"]).remote_id == category


async def test_a_second_run_only_reads_and_takes_turns(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    kit.wire.requests.clear()
    report = await kit.run(FLOW)
    assert writes(kit) == []
    assert report.counts["unchanged"] == len(leaves(sandbox))
    assert kit.wire.count("PATCH", "category_nodes") == len(leaves(sandbox))


async def test_two_keys_of_one_name_stay_two_attributes(kit: Kit, sandbox: Sandbox) -> None:
    sandbox.fashfed.add_attribute(leaves(sandbox)["Kazak"], "COLOR_TONE", "Renk", {"1": "Açık"})
    await kit.run(FLOW)
    by_key = {sandbox.omnitron.actions.get("marketplaceattribute", pk).remote_id: row["name"]
              for pk, row in sandbox.omnitron.attributes.rows.items()}  # fmt: skip
    assert {by_key["COLOR"], by_key["COLOR_TONE"]} in (
        {"Renk", "Renk (COLOR_TONE)"},
        {"Renk", "Renk (COLOR)"},
    )
    assert agreed(sandbox)


async def test_an_attribute_called_as_a_default_attribute_is_another_one(kit: Kit, sandbox: Sandbox) -> None:
    sandbox.fashfed.add_attribute(leaves(sandbox)["Kazak"], "title", "title")
    await kit.run(FLOW)
    assert named(sandbox, "title (title)")
    assert not sandbox.omnitron.attributes.find("name", "title")


async def test_a_value_holds_what_fashfed_takes_its_label_and_fashfeds_id(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    hub, category = sandbox.omnitron, leaves(sandbox)["Kazak"]
    first = sandbox.fashfed.attribute(category, "COLOR")["values"][0]
    values = hub.attribute_values.find("attribute", named(sandbox, "Renk")["pk"])
    (value,) = (row for row in values if row["value"] == first["value"])
    assert value["label"] == first["label"]
    assert hub.actions.get("marketplaceattributevalue", value["pk"]).remote_id == first["id"]


async def test_new_values_and_changed_flags_follow(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    sandbox.fashfed.require_attribute(category, "ESTIMATED_SHIPPING_DURATION")
    report = await kit.run(FLOW, run_id="second")
    assert agreed(sandbox)
    assert report.counts["updated"] == 1
    assert sorted(await findings(kit, FLOW, "second")) == [
        ("added", "COLOR", "TRK"),
        ("changed", "ESTIMATED_SHIPPING_DURATION", "required: yes"),
    ]


async def test_a_value_that_is_gone_stays_until_the_comparison(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    category = leaves(sandbox)["Kazak"]
    before = offered(sandbox, category)
    sandbox.fashfed.remove_value(category, "SIZE", "XS")
    sandbox.fashfed.add_value(category, "SIZE", "5XL", "5XL")
    await kit.run(FLOW)
    assert offered(sandbox, category)["SIZE"][3] == before["SIZE"][3] | {"5XL"}


async def test_the_label_that_one_category_uses_does_not_change_that_of_all(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.rename_value(category, "COLOR", "SYH", "Kara")
    sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    await kit.run(FLOW)
    labels = {row["value"]: row["label"] for row in sandbox.omnitron.attribute_values.rows.values()}
    assert (labels["SYH"], labels["TRK"]) == ("Siyah", "Turkuaz")


async def test_a_category_without_attributes_has_its_turn_and_its_set(kit: Kit, sandbox: Sandbox) -> None:
    bare = next(one for one in leaves(sandbox).values() if not asked(sandbox, one))
    await kit.run(FLOW)
    assert offered(sandbox, bare) == {}
    (action,) = sandbox.omnitron.actions.with_remote([bare])
    assert action.version_date == sandbox.omnitron.category_nodes.rows[action.object_id]["modified_date"]


async def test_the_category_handled_longest_ago_comes_first(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run(FLOW)
    kit.wire.requests.clear()
    oldest = leaves(sandbox)["Tulum"]
    (action,) = sandbox.omnitron.actions.with_remote([oldest])
    action.version_date = "2020-01-01T00:00:00.000000Z"
    await kit.run(FLOW)
    first = next(one.url for one in kit.wire.requests if "/i2/categories/" in one.url)
    assert oldest in first


async def test_what_a_run_has_no_time_for_the_next_one_does(
    kit: Kit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for_time = iter([False] * 10)
    monkeypatch.setattr(FlowContext, "out_of_time", lambda ctx: next(asked_for_time, True))
    with pytest.raises(RetryNow, match=f"{len(leaves(sandbox)) - 10} are left"):
        await kit.run(FLOW)
    monkeypatch.undo()
    await kit.run(FLOW, tuning=Tuning(concurrency=1))
    read = [one.url for one in kit.wire.requests if one.url.endswith("/attributes/") and "/i2/" in one.url]
    assert not set(read[:10]) & set(read[10 : len(leaves(sandbox))])
    assert agreed(sandbox)


async def test_leaves_of_one_name_have_sets_of_different_names(kit: Kit, sandbox: Sandbox) -> None:
    sandbox.fashfed.add_category("Kazak", sandbox.fashfed.category(leaves(sandbox)["Tişört"])["parent"])
    await kit.run("category_node")
    await kit.run(FLOW)
    names = [row["name"] for row in sandbox.omnitron.attribute_sets.rows.values() if row["name"].endswith("Kazak")]
    assert len(set(names)) == 2


async def test_a_set_follows_the_name_of_its_category(kit: Kit, sandbox: Sandbox) -> None:
    category = leaves(sandbox)["Kazak"]
    await kit.run(FLOW)
    sandbox.fashfed.rename_category(category, "Hırka")
    await kit.run("category_node")
    await kit.run(FLOW)
    assert set_of(sandbox.omnitron, category)["name"] == "Hırka"


async def test_long_lists_are_taken_over_whole(kit: Kit, sandbox: Sandbox) -> None:
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.add_attribute(category, "BRAND", "Marka", {f"m{n}": f"Marka {n}" for n in range(1200)})
    for number in range(210):
        sandbox.fashfed.add_attribute(category, f"EXTRA{number}", f"Ek {number}")
    await kit.run(FLOW)
    assert agreed(sandbox)
    assert_nothing_twice(sandbox)


async def test_without_a_drawn_tree_the_run_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="No category of Fashfed is drawn") as stopped:
        await Kit.made().run(FLOW)
    assert "Category Node" in stopped.value.next_step


async def test_no_batch_is_opened(kit: Kit) -> None:
    await kit.run(FLOW)
    assert kit.wire.count("POST", "batch_requests") == 0


async def test_an_installation_without_the_bulk_call_is_asked_once_a_day() -> None:
    kit = Kit.made()
    kit.sandbox.omnitron.bulk_attributes = False
    await kit.run("category_node")
    await kit.run(FLOW)
    category = leaves(kit.sandbox)["Kazak"]
    kit.sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    await kit.run(FLOW)
    assert kit.wire.count("POST", "bulk_category_attributes") == 1
    await kit.later(days=1, seconds=1)
    kit.sandbox.fashfed.add_value(category, "COLOR", "EKR", "Ekru")
    await kit.run(FLOW)
    assert kit.wire.count("POST", "bulk_category_attributes") == 2


async def test_the_bulk_call_saves_requests() -> None:
    costs = []
    for bulk in (True, False):
        kit = Kit.made()
        kit.sandbox.omnitron.bulk_attributes = bulk
        await kit.run("category_node")
        costs.append((await kit.run(FLOW)).requests["omnitron"])
    assert costs[0] < 0.7 * costs[1]


async def test_the_log_names_the_category(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "fashfed")
    await kit.run(FLOW)
    assert any(line.startswith("Kadın > Giyim > Kazak: ") for line in caplog.messages)


async def test_the_rows_of_a_run_can_be_read_back(kit: Kit) -> None:
    await kit.run(FLOW, run_id="first")
    rows = await kit.store().findings(CHANNEL, FLOW, run_id="first")
    assert {row.verdict for row in rows} == {"added"}
    assert any(row.text == "Kadın > Giyim > Kazak: Renk" for row in rows)
