"""What the Mapper offers in a category, next to what Fashfed asks there."""

from collections import Counter
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.omnitron import Omnitron
from include.sandbox.routing import Row
from tests.worldkit import CHANNEL, Kit

Attribute = tuple[bool, bool, bool, frozenset[str]]
"""Required, variant, free text, the values allowed."""


def leaves(sandbox: Sandbox) -> dict[str, str]:
    """Id of every leaf category at Fashfed, by name."""
    return {node["name"]: node["id"] for node in sandbox.fashfed.leaves()}


def asked(sandbox: Sandbox, category: str) -> dict[str, Attribute]:
    """What Fashfed asks of products in a category, by key."""
    return {
        one["key"]: (
            one["is_required"],
            one["is_variant"],
            not one["values"],
            frozenset(value["value"] for value in one["values"]),
        )
        for one in sandbox.fashfed.attributes.get(category, [])
    }


def set_of(hub: Omnitron, category: str) -> Row:
    """The one attribute set of a category."""
    (found,) = hub.attribute_sets.find("remote_id", category)
    return dict(found)


def offered(sandbox: Sandbox, category: str) -> dict[str, Attribute]:
    """What the Mapper offers in a category's set, by Fashfed's key."""
    hub = sandbox.omnitron
    chosen = set_of(hub, category)["id"]
    listed = {row["attribute_value"] for row in hub.attribute_value_configs.find("attribute_set", chosen)}
    found: dict[str, Attribute] = {}
    for config in hub.attribute_configs.find("attribute_set", chosen):
        values = hub.attribute_values.find("attribute", config["attribute"])
        named = [value for value in values if value["pk"] in listed]
        texts = frozenset() if config["is_custom"] else frozenset(value["value"] for value in named or values)
        key = config["attribute_remote_id"]
        assert key not in found, "an attribute stands twice in a set"
        found[key] = (config["is_required"], config["is_variant"], config["is_custom"], texts)
    return found


def agreed(sandbox: Sandbox) -> bool:
    """Whether the Mapper offers in every leaf what Fashfed asks there."""
    return all(offered(sandbox, one) == asked(sandbox, one) for one in leaves(sandbox).values())


def assert_nothing_twice(sandbox: Sandbox) -> None:
    """One set a category, one attribute a key, one value a text, one action for each, one set of rules a name."""
    hub = sandbox.omnitron
    keys = [hub.actions.get("marketplaceattribute", pk).remote_id for pk in hub.attributes.rows]
    for group in (
        [row["remote_id"] for row in hub.attribute_sets.rows.values()],
        [row["name"] for row in hub.attributes.rows.values()],
        keys,
        [(row["attribute"], row["value"]) for row in hub.attribute_values.rows.values()],
        [row["name"] for row in hub.attribute_schemas.rows.values()],
        [(row["attribute_set"], row["object_id"]) for row in hub.attribute_set_configs.rows.values()],
        [(row["attribute_set"], row["attribute"]) for row in hub.attribute_configs.rows.values()],
        [(row["attribute_set"], row["attribute_value"]) for row in hub.attribute_value_configs.rows.values()],
    ):
        assert [one for one, number in Counter(group).items() if number > 1] == []
    assert len(hub.attribute_schemas.rows) == len(hub.attributes.rows)
    assert all(hub.actions.get("marketplaceattributevalue", pk) for pk in hub.attribute_values.rows)


def named(sandbox: Sandbox, name: str) -> Row:
    """The attribute of a name."""
    (found,) = sandbox.omnitron.attributes.find("name", name)
    return dict(found)


def write_rules(sandbox: Sandbox, name: str, rules: dict[str, Any]) -> None:
    """A merchant maps an attribute."""
    (schema,) = sandbox.omnitron.attribute_schemas.find("name", f"137 {name} Schema")
    schema["schema"] = rules


async def findings(kit: Kit, flow: str, run_id: str) -> list[tuple[str, str, str]]:
    """Verdict, key and value of what a run found."""
    rows = await kit.store().findings(CHANNEL, flow, run_id=run_id)
    return [(row.verdict, row.key.split("/", 1)[-1], row.value) for row in rows]


def writes(kit: Kit) -> list[str]:
    """What was written to Omnitron, apart from the turn a category takes."""
    return [
        f"{one.method} {one.url}"
        for one in kit.wire.requests
        if one.method != "GET"
        and not any(part in one.url for part in ("auth/login", "category_nodes", "error_reports"))
        and not (one.method == "PATCH" and "integration_actions" in one.url)
    ]
