"""Channel Setup makes or completes the sales channel in Omnitron and overwrites nothing a person set."""

import copy
import logging
from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.seed.channel import ACCESS_TOKEN
from include.settings import FIELDS, REQUIRED
from tests.unit.flows.setup.trees import writes
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def bare(kit: Kit, sandbox: Sandbox) -> Kit:
    """A channel as a new installation has it: two settings, no form."""
    url = kit.conf["base_url"]
    sandbox.omnitron.channel["conf"] = {"base_url": url, "access_token": ACCESS_TOKEN, "erp": "S1"}
    sandbox.omnitron.channel["schema"] = {}
    return kit


async def test_a_bare_channel_gets_its_form_and_its_defaults_in_one_call(bare: Kit, sandbox: Sandbox) -> None:
    report = await bare.run("channel_setup")
    channel: dict[str, Any] = sandbox.omnitron.channel
    assert set(channel["schema"]) == {field.key for field in FIELDS}
    assert channel["conf"]["feature_flags"] == dict.fromkeys(REQUIRED, False)
    assert channel["conf"]["erp"] == "S1"
    assert len(writes(bare)) == 1
    assert report.counts["created"] == len(FIELDS) + 5


async def test_a_second_run_writes_nothing(bare: Kit, sandbox: Sandbox) -> None:
    await bare.run("channel_setup")
    before = copy.deepcopy(sandbox.omnitron.channel)
    bare.wire.requests.clear()
    report = await bare.run("channel_setup")
    assert writes(bare) == []
    assert sandbox.omnitron.channel == before
    assert report.counts["unchanged"] == len(FIELDS)


async def test_it_runs_on_an_inactive_channel(bare: Kit, sandbox: Sandbox) -> None:
    sandbox.omnitron.channel["is_active"] = False
    await bare.run("channel_setup")
    assert "feature_flags" in sandbox.omnitron.channel["conf"]
    assert sandbox.omnitron.channel["is_active"] is False


async def test_only_what_changed_is_sent(kit: Kit, sandbox: Sandbox) -> None:
    await kit.run("channel_setup")
    sandbox.omnitron.channel["schema"]["buffer_stock"]["label"] = "Puffer"
    kit.wire.requests.clear()
    report = await kit.run("channel_setup")
    (body,) = kit.wire.bodies("PATCH", "/channels/137/")
    assert list(body) == ["schema"]
    assert report.counts["updated"] == 1


async def test_the_log_names_what_was_done_and_ends_with_the_readiness_report(
    bare: Kit, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.omnitron.channel["schema"]["buffer_stock"] = {"key": "x"}
    caplog.set_level(logging.INFO)
    await bare.run("channel_setup", run_id="r")
    assert "Fields restored: buffer_stock" in caplog.text
    assert "Defaults: category_ids, FAILED_INTEGRATION" in caplog.text
    last = caplog.messages[-1]
    assert last.startswith("Sales channel Fashfed is ready for:")
    assert "category_ids is empty" in last
    states = {line.split()[0]: line.split()[1] for line in last.splitlines() if line[:1].islower()}
    assert {states[flag] for flag in REQUIRED} == {"off"}
    assert ACCESS_TOKEN not in caplog.text
    rows = await bare.store().findings(CHANNEL, "channel_setup", run_id="r")
    assert ("buffer_stock", "restored") in {(row.key, row.verdict) for row in rows}
    assert ("feature_flags", "filled") in {(row.key, row.verdict) for row in rows}


async def test_an_address_that_the_deployment_allows_is_no_problem_of_the_report(
    kit: Kit, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FASHFED_ALLOW_PRIVATE_HOSTS", "1")
    kit.conf["base_url"] = "http://127.0.0.1:8001"
    caplog.set_level(logging.INFO)
    await kit.run("channel_setup")
    assert "PROBLEM" not in caplog.messages[-1]


async def test_nothing_of_what_people_set_is_overwritten(kit: Kit, sandbox: Sandbox) -> None:
    kit.conf["feature_flags"] = {"stock": "perhaps"}
    kit.conf["FAILED_INTEGRATION"] = "as usual"
    kit.conf["buffer_stock"] = -5
    before = copy.deepcopy(kit.conf)
    await kit.run("channel_setup")
    after = copy.deepcopy(kit.conf)
    assert after.pop("feature_flags") == {**dict.fromkeys(REQUIRED, False), "stock": "perhaps"}
    assert after == {key: value for key, value in before.items() if key != "feature_flags"}
