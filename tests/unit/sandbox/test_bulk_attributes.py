"""Attributes of a category in one call (api/omnitron.md section 6)."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.omnitron.categories import add_node
from tests.unit.sandbox.callers import Caller

_BULK = "bulk_category_attributes/"


def _value(value: str, label: str) -> dict[str, str]:
    return {"value": value, "label": label, "remote_id": f"id-{value}"}


def _attribute(name: str, key: str, *values: dict[str, str], **flags: bool) -> dict[str, Any]:
    return {"name": name, "remote_id": key, "values": list(values), **flags}


@pytest.fixture
def node(sandbox: Sandbox) -> int:
    root = add_node(sandbox.omnitron, None, "Fashfed")
    return int(add_node(sandbox.omnitron, root, "Elbise")["pk"])


def _body(node: int, *attributes: dict[str, Any], name: str = "Elbise", remote_id: str = "c-1") -> dict[str, Any]:
    return {"category_node_id": node, "remote_id": remote_id, "attribute_set_name": name, "attributes": attributes}


async def test_a_category_gets_its_set_attributes_rules_flags_values_and_their_actions(hub: Caller, node: int) -> None:
    colour = _attribute("Renk", "COLOR", _value("SYH", "Siyah"), _value("BYZ", "Beyaz"), is_required=True)
    status, _ = await hub.post(_BULK, _body(node, colour, _attribute("Not", "NOTE")))
    assert status == 200
    (chosen,) = await hub.rows("attribute_sets/", remote_id__exact="c-1")
    (binding,) = await hub.rows("attribute_set_configs/", attribute_set=chosen["id"])
    assert (chosen["name"], binding["object_id"], binding["content_type"]) == ("Elbise", node, "categorynode")
    configs = await hub.rows("attribute_configs/detailed/", attribute_set=chosen["id"])
    shown = [(row["attribute"]["name"], row["attribute_remote_id"], row["is_required"]) for row in configs]
    assert shown == [("Renk", "COLOR", True), ("Not", "NOTE", False)]
    pk = configs[0]["attribute"]["pk"]
    values = await hub.rows("attribute_values/", attribute=pk)
    assert [(row["label"], row["value"]) for row in values] == [("Siyah", "SYH"), ("Beyaz", "BYZ")]
    assert len(await hub.rows("attribute_value_configs/", attribute_set=chosen["id"])) == 2
    assert [row["schema"] for row in await hub.rows("attribute_schemas/", name__exact="137 Renk Schema")] == [{}]
    actions = await hub.rows("integration_actions/", content_type_name="marketplaceattribute", object_id=pk)
    assert [action["remote_id"] for action in actions] == ["COLOR"]
    assert [row["object_id"] for row in await hub.rows("integration_actions/", remote_id__exact="id-SYH")] == [
        values[0]["pk"]
    ]


async def test_the_same_call_again_changes_only_what_differs(hub: Caller, node: int, sandbox: Sandbox) -> None:
    await hub.post(_BULK, _body(node, _attribute("Renk", "COLOR", _value("SYH", "Siyah"))))
    tables = ("attribute_sets", "attribute_set_configs", "attributes", "attribute_schemas", "attribute_configs")
    before = {name: len(getattr(sandbox.omnitron, name)) for name in tables}
    changed = _attribute("Renk", "COLOR", _value("SYH", "Kara"), _value("BYZ", "Beyaz"), is_variant=True)
    assert (await hub.post(_BULK, _body(node, changed, name="Elbiseler")))[0] == 200
    assert {name: len(getattr(sandbox.omnitron, name)) for name in tables} == before
    assert [row["name"] for row in await hub.rows("attribute_sets/")] == ["Elbiseler"]
    assert [row["is_variant"] for row in await hub.rows("attribute_configs/")] == [True]
    assert [row["label"] for row in await hub.rows("attribute_values/")] == ["Kara", "Beyaz"]


async def test_an_attribute_of_two_categories_is_one_with_a_list_of_values_for_each(
    hub: Caller, node: int, sandbox: Sandbox
) -> None:
    other = int(add_node(sandbox.omnitron, sandbox.omnitron.category_nodes.rows[1], "Bluz")["pk"])
    await hub.post(_BULK, _body(node, _attribute("Beden", "SIZE", _value("S", "S"), _value("M", "M"))))
    body = _body(other, _attribute("Beden", "SIZE", _value("M", "M")), name="Bluz", remote_id="c-2")
    await hub.post(_BULK, body)
    assert len(await hub.rows("attributes/", name__exact="Beden")) == 1
    assert len(await hub.rows("attribute_values/")) == 2
    (second,) = await hub.rows("attribute_sets/", remote_id__exact="c-2")
    assert len(await hub.rows("attribute_value_configs/", attribute_set=second["id"])) == 1


async def test_a_long_list_may_come_in_several_entries(hub: Caller, node: int) -> None:
    parts = [[_value(str(number), str(number)) for number in range(start, start + 500)] for start in (0, 500)]
    await hub.post(_BULK, _body(node, *(_attribute("Beden", "SIZE", *part) for part in parts)))
    assert len(await hub.rows("attribute_values/", limit=2000)) == 1000
    assert len(await hub.rows("attribute_configs/")) == 1


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ([_attribute(f"A{number}", f"K{number}") for number in range(201)], "attributes"),
        ([_attribute("A", "K", *(_value(str(number), "x") for number in range(501)))], "attributes"),
        ([{"name": "A", "values": []}], "attributes"),
        ([_attribute("A", "K", {"label": "no value"})], "attributes"),
        (None, "attributes"),
    ],
)
async def test_what_is_too_long_or_malformed_is_refused_and_leaves_nothing_behind(
    hub: Caller, node: int, sandbox: Sandbox, attributes: Any, field: str
) -> None:
    status, data = await hub.post(_BULK, {**_body(node), "attributes": attributes})
    assert (status, list(data)) == (400, [field])
    assert not sandbox.omnitron.attributes.rows
    assert not sandbox.omnitron.attribute_sets.rows


async def test_an_unknown_node_and_a_name_that_another_set_has_are_refused(hub: Caller, node: int) -> None:
    await hub.post(_BULK, _body(node))
    assert (await hub.post(_BULK, _body(9999, remote_id="c-2")))[0] == 400
    assert (await hub.post(_BULK, _body(node, remote_id="c-2")))[0] == 406


async def test_attributes_of_the_channel_need_no_set(hub: Caller, sandbox: Sandbox) -> None:
    assert (await hub.post("bulk_attributes/", {"attributes": [_attribute("Renk", "COLOR", _value("S", "S"))]}))[
        0
    ] == 200
    assert (len(sandbox.omnitron.attribute_values), len(sandbox.omnitron.attribute_sets)) == (1, 0)


async def test_an_installation_without_bulk_calls_does_not_know_the_path(
    hub: Caller, node: int, sandbox: Sandbox
) -> None:
    sandbox.omnitron.bulk_attributes = False
    assert (await hub.post(_BULK, _body(node)))[0] == 404
    assert (await hub.post("bulk_attributes/", {"attributes": []}))[0] == 404


async def test_people_fill_the_rules_of_an_attribute(hub: Caller, node: int) -> None:
    await hub.post(_BULK, _body(node, _attribute("Renk", "COLOR")))
    (schema,) = await hub.rows("attribute_schemas/", name__exact="137 Renk Schema")
    assert (await hub.patch(f"attribute_schemas/{schema['pk']}/", {"schema": {"source": "renk"}}))[0] == 200
    assert (await hub.get(f"attribute_schemas/{schema['pk']}/"))[1]["schema"] == {"source": "renk"}
