"""The control endpoint without its socket."""

import json
from typing import Any

import pytest

from include.clients.transport import Request
from include.sandbox import Sandbox
from include.sandbox.control import Control
from include.sandbox.world import World
from tests.unit.sandbox.callers import Caller


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return Control(sandbox, World(sandbox))


def _ask(control: Control, method: str, name: str, body: object = None, status: int = 200) -> Any:
    content = json.dumps(body).encode() if body is not None else None
    answer = control.dispatch(Request(method, f"http://x/control/{name}", body=content), name)
    assert answer.status == status, answer.body
    return json.loads(answer.body)


async def test_requests_are_counted_per_method_and_path_until_they_are_reset(control: Control, market: Caller) -> None:
    await market.get("packages/")
    await market.get("packages/12/items/")
    counts = _ask(control, "GET", "requests")
    assert counts["total"] == 2
    assert counts["fashfed"]["by_path"] == {"GET /api/i2/packages/": 1, "GET /api/i2/packages/{number}/items/": 1}
    _ask(control, "POST", "requests")
    assert _ask(control, "GET", "requests")["total"] == 0


async def test_faults_are_set_and_cleared(control: Control, market: Caller) -> None:
    _ask(control, "POST", "faults", {"add": [{"kind": "error", "status": 500}], "latency_ms": 20})
    assert (await market.get("packages/"))[0] == 500
    assert [rule["kind"] for rule in _ask(control, "GET", "faults")] == ["latency", "error"]
    _ask(control, "POST", "faults", {"latency_ms": 0})
    assert [rule["kind"] for rule in _ask(control, "GET", "faults")] == ["error"]
    assert _ask(control, "POST", "faults", {"clear": True}) == []
    assert "known:" in _ask(control, "POST", "faults", {"add": {"kind": "gremlins"}}, 400)["detail"]


async def test_flags_and_settings_of_the_channel_change_at_once(control: Control, hub: Caller) -> None:
    _ask(control, "POST", "flags", {"stock": False})
    _ask(control, "POST", "channel", {"conf": {"buffer_stock": "5"}, "is_active": False})
    _, channel = await hub.get("/api/v1/channels/137/")
    assert channel["conf"]["feature_flags"]["stock"] is False
    assert channel["conf"]["feature_flags"]["get_orders"] is True
    assert (channel["conf"]["buffer_stock"], channel["is_active"]) == ("5", False)


@pytest.mark.parametrize("count", [1, 25])
def test_exactly_so_many_good_packages_are_made(control: Control, sandbox: Sandbox, count: int) -> None:
    before = len(sandbox.fashfed.packages)
    mix = {"several_parcels": 0.5, "billing_differs": 0.5, "repeat_buyers": 0.5, "lines": [1, 4]}
    made = _ask(control, "POST", "orders", {"count": count, **mix})["packages"]
    assert len(made) == len(sandbox.fashfed.packages) - before == count
    shown = {package["number"]: package for package in _ask(control, "GET", "orders")["fashfed"]}
    assert all(1 <= len(shown[number]["items"]) <= 4 for number in made)


def test_exactly_so_many_stocks_become_due(control: Control, sandbox: Sandbox) -> None:
    hub = sandbox.omnitron
    for kind in ("inserts", "updates"):
        hub.feeds.due("productstock", 1, kind).members.clear()
    _ask(control, "POST", "stocks", {"count": 12})
    due = _ask(control, "GET", "state")["omnitron"]["due"]
    assert due["productstock inserts"] + due["productstock updates"] == 12
    _ask(control, "POST", "stocks", {"count": 100_000}, 400)


def test_the_world_is_stopped_and_stepped(control: Control) -> None:
    assert _ask(control, "POST", "world", {"running": False})["running"] is False
    assert _ask(control, "POST", "world", {"steps": 20})["events"]["sales_elsewhere"] == 40


async def test_a_mapped_township_is_found(control: Control, hub: Caller) -> None:
    _ask(control, "POST", "mappings", {"city": "Konya", "name": "Meram", "text": "Yalıhüyük"})
    query = {"mapping__code__exact": "Yalıhüyük", "mapping__integration_type": "sales_channel"}
    assert [row["name"] for row in await hub.rows("townships/", **query)] == ["Meram"]


def test_an_unknown_call_lists_the_known_ones(control: Control) -> None:
    assert "POST faults" in _ask(control, "GET", "nothing", status=404)["detail"]
