"""The fixed mapping targets stand in every attribute set, and products wait until they do."""

import json
from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.errors import ConfigurationError, RetryNow
from include.mapping.default_attributes import DEFAULT_ATTRIBUTES
from include.sandbox import Sandbox
from tests.unit.flows.setup.trees import writes
from tests.worldkit import CHANNEL, Kit

SETS = ("Dresses", "Shoes", "Towels")
NAMES = set(DEFAULT_ATTRIBUTES)


@pytest.fixture
def ready(kit: Kit, sandbox: Sandbox) -> Kit:
    """Three categories have got their attribute sets."""
    return with_sets(kit)


def with_sets(kit: Kit) -> Kit:
    for name in SETS:
        kit.sandbox.omnitron.attribute_sets.add({"name": name, "remote_id": f"id-{name}", "channel": 137})
    return kit


def complete(sandbox: Sandbox) -> bool:
    """Whether each attribute is there once, with its rules, its action, and a place in every set."""
    hub = sandbox.omnitron
    pks = {row["name"]: row["pk"] for row in hub.attributes.rows.values()}
    places = [(row["attribute_set"], row["attribute"]) for row in hub.attribute_configs.rows.values()]
    actions = [(one.object_id, one.remote_id) for one in hub.actions.of_model("marketplaceattribute")]
    wanted = sorted((key, pk) for key in hub.attribute_sets.rows for pk in pks.values())
    return (
        sorted(row["name"] for row in hub.attributes.rows.values()) == sorted(NAMES)
        and sorted(row["name"] for row in hub.attribute_schemas.rows.values())
        == sorted(f"137 {name} Schema" for name in NAMES)
        and sorted(actions) == sorted((pk, name) for name, pk in pks.items())
        and sorted(places) == wanted
    )


async def watermark(kit: Kit) -> Any:
    return await kit.store().watermark(CHANNEL, "default_attributes")


async def test_they_are_put_into_every_set_with_empty_rules(ready: Kit, sandbox: Sandbox) -> None:
    report = await ready.run("default_attributes")
    assert complete(sandbox)
    assert all(row["schema"] == {} for row in sandbox.omnitron.attribute_schemas.rows.values())
    configs = list(sandbox.omnitron.attribute_configs.rows.values())
    assert {row["attribute_remote_id"] for row in configs} == NAMES
    assert not any(row["is_required"] or row["is_variant"] for row in configs)
    assert report.counts["created"] == len(SETS) * len(NAMES)
    assert await watermark(ready) is not None


async def test_a_second_run_writes_nothing(ready: Kit) -> None:
    await ready.run("default_attributes")
    ready.wire.requests.clear()
    report = await ready.run("default_attributes")
    assert writes(ready) == []
    assert report.counts["unchanged"] == len(SETS) * len(NAMES)


async def test_rules_that_people_filled_stay(ready: Kit, sandbox: Sandbox) -> None:
    await ready.run("default_attributes")
    (rules,) = sandbox.omnitron.attribute_schemas.find("name", "137 title Schema")
    rules["schema"] = {"source": "name"}
    sandbox.omnitron.attribute_sets.add({"name": "Bags", "remote_id": "id-bags", "channel": 137})
    await ready.run("default_attributes")
    assert rules["schema"] == {"source": "name"}
    assert complete(sandbox)


async def test_without_attribute_sets_it_says_what_has_to_run_first(kit: Kit) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await kit.run("default_attributes")
    assert caught.value.code == "attribute_sets_missing"
    assert "Category Node" in caught.value.next_step
    assert await watermark(kit) is None
    assert writes(kit) == []


@pytest.mark.parametrize(
    "resource", ["attributes/", "attribute_schemas/", "integration_actions/", "attribute_configs/"]
)
async def test_a_lost_answer_makes_nothing_twice(ready: Kit, sandbox: Sandbox, resource: str) -> None:
    sandbox.faults.add("reset_after", remote="omnitron", method="POST", path=f"*/{resource}", next=1)
    await ready.run("default_attributes")
    assert complete(sandbox)


async def test_a_create_that_got_lost_fails_the_run_and_products_go_on_waiting(ready: Kit, sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_before", remote="omnitron", method="POST", path="*/attribute_configs/", next=1)
    with pytest.raises(RetryNow):
        await ready.run("default_attributes")
    assert await watermark(ready) is None
    await ready.run("default_attributes")
    assert complete(sandbox)
    assert await watermark(ready) is not None


async def test_a_set_that_refuses_one_is_reported_and_costs_nobody_else(
    ready: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    (shoes,) = (row["id"] for row in sandbox.omnitron.attribute_sets.rows.values() if row["name"] == "Shoes")

    def refuse(request: Request) -> Response | None:
        body = json.loads(request.body or b"null")
        if request.method == "POST" and request.url.endswith("/attribute_configs/") and body["attribute_set"] == shoes:
            return Response(400, {"content-type": "application/json"}, b'{"attribute_set": ["The set is locked."]}')
        return None

    ready.wire.interceptors.append(refuse)
    report = await ready.run("default_attributes")
    assert (report.counts["created"], report.counts["failed"]) == (2 * len(NAMES), len(NAMES))
    assert "did not take title into the attribute set Shoes" in caplog.text
    assert "The set is locked" in caplog.text
    assert await watermark(ready) is not None


async def dies_after(awaits: int) -> bool:
    world = with_sets(Kit.made(size=5))
    died = await world.run_and_die("default_attributes", after=awaits)
    await world.run("default_attributes")
    assert complete(world.sandbox)
    return died


async def test_a_run_that_died_anywhere_is_finished_by_the_next_one() -> None:
    deaths = 0
    while await dies_after(deaths + 1):
        deaths += 1
    assert deaths > 30
