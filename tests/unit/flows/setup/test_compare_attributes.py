"""Compare Attributes brings the Mapper into line with Fashfed and says what differed."""

import json

import pytest

from include.clients.transport import Request, Response
from include.flows.context import Tuning
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
    write_rules,
    writes,
)
from tests.worldkit import CHANNEL, Kit

FLOW = "compare_attributes"


@pytest.fixture(params=["bulk", "single calls"])
async def kit(request: pytest.FixtureRequest) -> Kit:
    """All attributes taken over, in an Omnitron with and without the bulk call."""
    kit = Kit.made(size=5)
    kit.sandbox.omnitron.bulk_attributes = request.param == "bulk"
    await kit.run("category_node")
    await kit.run("category_attributes")
    kit.wire.requests.clear()
    return kit


@pytest.fixture
def category(sandbox: Sandbox) -> str:
    return leaves(sandbox)["Kazak"]


async def compared(kit: Kit) -> list[tuple[str, str, str]]:
    """What one run finds; another one finds only what is left to people, and writes nothing."""
    await kit.run(FLOW, run_id="first")
    kit.wire.requests.clear()
    await kit.run(FLOW, run_id="second")
    first, second = await findings(kit, FLOW, "first"), await findings(kit, FLOW, "second")
    assert writes(kit) == []
    assert second == [row for row in first if row[0] in ("kept", "gone")]
    assert_nothing_twice(kit.sandbox)
    return sorted(first)


async def test_where_nothing_differs_nothing_is_found_or_written(kit: Kit, sandbox: Sandbox) -> None:
    report = await kit.run(FLOW, run_id="first")
    assert await findings(kit, FLOW, "first") == []
    assert writes(kit) == []
    assert report.counts["unchanged"] == report.counts["read"] == len(leaves(sandbox))


async def test_an_added_attribute_is_written(kit: Kit, sandbox: Sandbox, category: str) -> None:
    sandbox.fashfed.add_attribute(category, "FIT", "Kalıp", {"S": "Slim", "O": "Oversize"}, required=True)
    assert await compared(kit) == [("added", "FIT", "required: yes, variant: no, free text: no")]
    assert agreed(sandbox)


async def test_changed_flags_are_corrected(kit: Kit, sandbox: Sandbox, category: str) -> None:
    sandbox.fashfed.require_attribute(category, "COLOR", required=False)
    assert await compared(kit) == [("changed", "COLOR", "required: no")]
    assert agreed(sandbox)


async def test_an_added_value_is_written(kit: Kit, sandbox: Sandbox, category: str) -> None:
    sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    assert await compared(kit) == [("added", "COLOR", "TRK")]
    assert agreed(sandbox)


async def test_a_removed_value_is_no_longer_allowed_in_that_set_alone(
    kit: Kit, sandbox: Sandbox, category: str
) -> None:
    before = len(sandbox.omnitron.attribute_values.rows)
    sandbox.fashfed.remove_value(category, "COLOR", "SYH")
    assert await compared(kit) == [("removed", "COLOR", "SYH")]
    assert agreed(sandbox)
    assert len(sandbox.omnitron.attribute_values.rows) == before


async def test_a_value_that_was_taken_away_does_not_come_back_with_the_values_of_others(
    kit: Kit, sandbox: Sandbox
) -> None:
    first, *_, last = sorted(one for one in leaves(sandbox).values() if "COLOR" in asked(sandbox, one))
    sandbox.fashfed.remove_value(first, "COLOR", "SYH")
    sandbox.fashfed.add_value(last, "COLOR", "TRK", "Turkuaz")
    await kit.run(FLOW, tuning=Tuning(concurrency=1))
    assert agreed(sandbox)


async def test_values_that_came_and_went_are_found_again(kit: Kit, sandbox: Sandbox, category: str) -> None:
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.add_value(one, "COLOR", "TRK", "Turkuaz")
    await kit.run("category_attributes")
    sandbox.fashfed.remove_value(category, "COLOR", "TRK")
    await kit.run("category_attributes")
    assert await compared(kit) == [("removed", "COLOR", "TRK")]
    assert agreed(sandbox)


async def test_a_removed_value_that_a_rule_names_stays_and_is_reported(
    kit: Kit, sandbox: Sandbox, category: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_rules(sandbox, "Renk", {"source": "renk", "values": {"Koyu": "Siyah"}})
    sandbox.fashfed.remove_value(category, "COLOR", "SYH")
    sandbox.fashfed.remove_value(category, "COLOR", "BYZ")
    assert await compared(kit) == [("kept", "COLOR", "SYH"), ("removed", "COLOR", "BYZ")]
    assert offered(sandbox, category)["COLOR"][3] == asked(sandbox, category)["COLOR"][3] | {"SYH"}
    assert "Value SYH of Renk is gone from category Kazak" in caplog.text
    write_rules(sandbox, "Renk", {"source": "renk"})
    assert await compared(kit)
    assert agreed(sandbox)


async def test_a_removed_attribute_leaves_the_set_alone(kit: Kit, sandbox: Sandbox, category: str) -> None:
    before = len(sandbox.omnitron.attributes.rows)
    sandbox.fashfed.remove_attribute(category, "SIZE")
    assert await compared(kit) == [("removed", "SIZE", "")]
    assert agreed(sandbox)
    assert len(sandbox.omnitron.attributes.rows) == before
    values = {row["pk"] for row in sandbox.omnitron.attribute_values.find("attribute", named(sandbox, "Beden")["pk"])}
    listed = sandbox.omnitron.attribute_value_configs.find("attribute_set", set_of(sandbox.omnitron, category)["id"])
    assert not values & {row["attribute_value"] for row in listed}


async def test_a_removed_attribute_that_is_mapped_stays_but_is_not_required(
    kit: Kit, sandbox: Sandbox, category: str
) -> None:
    write_rules(sandbox, "Beden", {"source": "beden"})
    before = offered(sandbox, category)["SIZE"]
    sandbox.fashfed.remove_attribute(category, "SIZE")
    assert await compared(kit) == [("kept", "SIZE", "Beden")]
    assert offered(sandbox, category)["SIZE"] == (False, *before[1:])
    (row,) = await kit.store().findings(CHANNEL, FLOW, run_id="first")
    assert row.code == "attribute_still_mapped"


async def test_a_renamed_attribute_gets_its_new_name_with_its_rules(kit: Kit, sandbox: Sandbox) -> None:
    pk = named(sandbox, "Renk")["pk"]
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.rename_attribute(one, "COLOR", "Renk Tonu")
    assert await compared(kit) == [("changed", "COLOR", "Renk Tonu")]
    assert named(sandbox, "Renk Tonu")["pk"] == pk
    assert sandbox.omnitron.attribute_schemas.find("name", "137 Renk Tonu Schema")


async def test_a_renamed_attribute_that_is_mapped_keeps_its_name(kit: Kit, sandbox: Sandbox) -> None:
    write_rules(sandbox, "Renk", {"source": "renk"})
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.rename_attribute(one, "COLOR", "Renk Tonu")
    assert await compared(kit) == [("kept", "COLOR", "Renk Tonu")]
    assert named(sandbox, "Renk")


async def test_a_name_that_one_category_still_uses_stays(kit: Kit, sandbox: Sandbox, category: str) -> None:
    sandbox.fashfed.rename_attribute(category, "COLOR", "Renk Tonu")
    assert await compared(kit) == []


async def test_a_name_that_another_attribute_has_gets_its_key_behind_it(kit: Kit, sandbox: Sandbox) -> None:
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.rename_attribute(one, "COLOR", "Materyal")
    assert await compared(kit) == [("changed", "COLOR", "Materyal (COLOR)")]


async def test_a_value_that_is_called_otherwise_everywhere_gets_its_new_label(kit: Kit, sandbox: Sandbox) -> None:
    write_rules(sandbox, "Renk", {"map": {"beyaz": "Beyaz"}})
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.rename_value(one, "COLOR", "SYH", "Kara")
            sandbox.fashfed.rename_value(one, "COLOR", "BYZ", "Ak")
    assert await compared(kit) == [("changed", "SYH", "Kara"), ("kept", "BYZ", "Ak")]
    labels = {row["value"]: row["label"] for row in sandbox.omnitron.attribute_values.rows.values()}
    assert (labels["SYH"], labels["BYZ"]) == ("Kara", "Beyaz")


async def test_a_set_whose_category_is_gone_is_reported_and_stays(
    kit: Kit, sandbox: Sandbox, category: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = offered(sandbox, category)
    sandbox.fashfed.remove_category(category)
    await compared(kit)
    (row,) = await kit.store().findings(CHANNEL, FLOW, run_id="first")
    assert (row.verdict, row.key, row.value, row.code) == ("gone", category, "Kazak", "category_gone")
    assert offered(sandbox, category) == before
    assert "1 gone" in caplog.text or "does not know category Kazak" in caplog.text


async def test_default_attributes_and_those_of_people_are_left_alone(kit: Kit, sandbox: Sandbox, category: str) -> None:
    await kit.run("default_attributes")
    hub = sandbox.omnitron
    own = hub.create("marketplaceattribute", {"name": "Koleksiyon", "channel": 137, "locale_attribute_schema": None})
    template = hub.attribute_configs.find("attribute_set", set_of(hub, category)["id"])[0]
    mine = {**template, "attribute": own["pk"], "attribute_remote_id": None, "is_required": True}
    del mine["pk"]
    hub.attribute_configs.add(mine)
    before = len(hub.attribute_configs.rows)
    await kit.run(FLOW, run_id="first")
    assert await findings(kit, FLOW, "first") == []
    assert len(hub.attribute_configs.rows) == before


async def test_what_cannot_be_read_is_not_taken_for_removed(kit: Kit, sandbox: Sandbox, category: str) -> None:
    before = offered(sandbox, category)
    sandbox.fashfed.attribute(category, "COLOR")["name"] = None
    report = await kit.run(FLOW, run_id="first")
    assert report.errors == {"attribute_unreadable": 1}
    assert offered(sandbox, category) == before


async def test_a_category_in_trouble_costs_only_itself(kit: Kit, sandbox: Sandbox, category: str) -> None:
    sandbox.fashfed.add_value(leaves(sandbox)["Bluz"], "COLOR", "TRK", "Turkuaz")

    def lost(request: Request) -> Response | None:
        body = json.dumps({"detail": "No."}).encode()
        return Response(500, {}, body) if f"/i2/categories/{category}/" in request.url else None

    kit.wire.interceptors.append(lost)
    report = await kit.run(FLOW, run_id="first")
    assert report.errors == {"category_unread": 1}
    assert await findings(kit, FLOW, "first") == [("added", "COLOR", "TRK")]


async def test_the_log_counts_the_differences(kit: Kit, category: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "fashfed")
    kit.sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    kit.sandbox.fashfed.remove_value(category, "COLOR", "SYH")
    await kit.run(FLOW)
    assert "27 categories compared; differences: 1 added, 0 changed, 1 removed, 0 kept, 0 gone" in caplog.text


@pytest.mark.parametrize("after", range(5, 400, 29))
async def test_wherever_a_run_is_killed_the_next_one_finishes_it(after: int) -> None:
    kit = Kit.made(size=5)
    sandbox = kit.sandbox
    sandbox.omnitron.bulk_attributes = after % 2 == 0
    await kit.run("category_node")
    await kit.run("category_attributes")
    category = leaves(sandbox)["Kazak"]
    sandbox.fashfed.remove_attribute(category, "SIZE")
    sandbox.fashfed.remove_value(category, "COLOR", "SYH")
    sandbox.fashfed.add_value(category, "COLOR", "TRK", "Turkuaz")
    sandbox.fashfed.add_attribute(category, "FIT", "Kalıp", {"S": "Slim"}, required=True)
    for one in leaves(sandbox).values():
        if "ESTIMATED_SHIPPING_DURATION" in asked(sandbox, one):
            sandbox.fashfed.rename_attribute(one, "ESTIMATED_SHIPPING_DURATION", "Kargo")
    await kit.run_and_die(FLOW, after=after)
    await kit.run(FLOW)
    assert agreed(sandbox)
    assert_nothing_twice(sandbox)
    assert named(sandbox, "Kargo")


async def test_a_name_that_omnitron_refuses_stops_nothing(
    kit: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    for one in leaves(sandbox).values():
        if "COLOR" in asked(sandbox, one):
            sandbox.fashfed.rename_attribute(one, "COLOR", "Renk Tonu")
            sandbox.fashfed.rename_value(one, "COLOR", "SYH", "Kara")
            sandbox.fashfed.rename_value(one, "COLOR", "BYZ", "Ak")

    def refuse(request: Request) -> Response | None:
        refused = request.method == "PATCH" and any(text in (request.body or b"") for text in (b"Renk Tonu", b"Kara"))
        return Response(400, {}, b'{"name": ["Not allowed here."]}') if refused else None

    kit.wire.interceptors.append(refuse)
    await kit.run(FLOW, run_id="first")
    assert await findings(kit, FLOW, "first") == [("changed", "BYZ", "Ak")]
    assert "Siyah is called Kara at Fashfed now" in caplog.text
    assert "Renk is called Renk Tonu at Fashfed now" in caplog.text
