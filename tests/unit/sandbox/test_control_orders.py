"""The control endpoint's part about orders: by hand, what the world does by chance."""

import json
from typing import Any

import pytest

from include.clients.transport import Request
from include.sandbox import Sandbox
from include.sandbox.control import Control
from include.sandbox.seed.imported import import_package
from include.sandbox.world import World
from tests.unit.sandbox.callers import HandClock
from tests.unit.sandbox.ideal import IdealConnector
from tests.unit.sandbox.imports import Imported, imported


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    return Sandbox.seeded(seed=7, size=100, packages=0, clock=clock)


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return Control(sandbox, World(sandbox))


@pytest.fixture
def order(sandbox: Sandbox) -> Imported:
    """Two lines, of three units and of one, which ERP knows."""
    return imported(sandbox, 3, 1)


def _ask(control: Control, method: str, name: str, body: object = None, status: int = 200) -> Any:
    content = json.dumps(body).encode() if body is not None else None
    answer = control.dispatch(Request(method, f"http://x/control/{name}", body=content), name)
    assert answer.status == status, answer.body
    return json.loads(answer.body)


def _differences(control: Control) -> list[str]:
    return [row["what"] for row in _ask(control, "GET", "differences")]


def test_orders_are_shown_with_their_packages_lines_and_statuses(control: Control, order: Imported) -> None:
    (part,) = order.sandbox.fashfed.split(order.package, [[(order.lines[1], 1)]])
    assert len(_differences(control)) == 2
    IdealConnector(order.sandbox).sync()
    assert _differences(control) == []
    shown = _ask(control, "GET", "orders")
    (mine,) = shown["omnitron"]
    assert mine["packages"] == [order.package["number"], part["number"]]
    assert [item["line"] for item in mine["items"]] == [order.lines[0]["number"]] * 3 + [f"{part['number']}-1"]
    assert {item["status"] for item in mine["items"]} == {"400"}
    assert [(row["status"], [item["status"] for item in row["items"]]) for row in shown["fashfed"]] == [(2, [2])] * 2


def test_new_packages_may_have_several_units_of_a_line(control: Control, sandbox: Sandbox) -> None:
    _ask(control, "POST", "orders", {"count": 3, "quantity": 4})
    assert {item["quantity"] for item in sandbox.fashfed.items.rows.values()} == {4}


def test_a_buyer_cancels_a_part_and_the_rest(control: Control, order: Imported) -> None:
    line = order.lines[0]["number"]
    claim = _ask(control, "POST", "cancels", {"line": line, "quantity": 2})
    assert (claim["status"], claim["cancelled_by"], order.lines[0]["quantity"]) == ("completed", 1, 1)
    waiting = _ask(control, "POST", "cancels", {"line": line, "asks": True})
    assert (waiting["status"], len(order.lines)) == ("waiting", 2)
    _ask(control, "POST", "decisions", {"claim": waiting["id"], "status": "completed", "by": "owner"})
    assert len(order.lines) == 1
    known = _ask(control, "POST", "cancels", {"line": line}, 400)["detail"]
    assert f"{order.package['number']}-2" in known


def test_a_return_goes_its_way(control: Control, order: Imported) -> None:
    line = order.lines[0]["number"]
    assert "delivered" in _ask(control, "POST", "refunds", {"line": line}, 400)["detail"]
    for status in ("shipped", "delivered"):
        _ask(control, "POST", "ship", {"package": order.package["number"], "status": status})
    IdealConnector(order.sandbox).sync()
    claim = _ask(control, "POST", "refunds", {"line": line, "status": "waiting", "quantity": 1})
    decision = {"line": line, "status": "completed"}
    assert "no request" in _ask(control, "POST", "decisions", decision, 400)["detail"]
    IdealConnector(order.sandbox).sync()
    assert _ask(control, "POST", "decisions", decision)["status"] == "completed"
    assert order.statuses.count("600") == 1
    IdealConnector(order.sandbox).sync()
    _ask(control, "POST", "decisions", {**decision, "by": "owner"})
    assert order.sandbox.fashfed.claims.rows[claim["id"]]["status"] == "completed"
    assert _differences(control) == []


def test_the_brand_cancels_and_the_plan_is_carried_out_or_turned_down(control: Control, order: Imported) -> None:
    lines = [line["number"] for line in order.lines]
    plan = _ask(control, "POST", "seller_cancels", {"line": lines[0], "quantity": 2})
    assert order.statuses == ["50", "50", "400", "400"]
    _ask(control, "POST", "plans", {"plan": plan["id"], "status": "rejected"})
    assert order.statuses == ["400"] * 4
    done = _ask(control, "POST", "seller_cancels", {"line": lines[1], "reason": 9, "completes": True})
    assert (order.statuses[3], done["items"][0]["reason"], done["status"]) == ("100", 9, "completed")
    assert "0 living" in _ask(control, "POST", "seller_cancels", {"line": lines[1]}, 400)["detail"]
    assert "known: 1, 2" in _ask(control, "POST", "plans", {"plan": 77, "status": "completed"}, 400)["detail"]


def test_an_order_goes_to_erp(control: Control, sandbox: Sandbox) -> None:
    order = imported(sandbox, reported=False)
    line = order.lines[0]["number"]
    assert "Unreported" in _ask(control, "POST", "seller_cancels", {"line": line}, 400)["detail"]
    assert _ask(control, "POST", "reports", {"package": order.package["number"]})["is_send"] is True
    _ask(control, "POST", "seller_cancels", {"line": line})


def test_a_package_is_split_in_the_panel_or_by_the_oms(control: Control, order: Imported) -> None:
    number, line = order.package["number"], order.lines[0]["number"]
    body = {"package": number, "lines": {line: 1}}
    event = _ask(control, "POST", "splits", {**body, "by": "oms"})
    assert event["payload"]["order_number"] == order.order["number"]
    assert _ask(control, "GET", "state")["oms"] == {"waiting": 1, "answers": []}
    (part,) = _ask(control, "POST", "splits", body)["packages"]
    assert [item["quantity"] for item in order.sandbox.fashfed.items.find("package", part)] == [1]
    assert "quantity" in _ask(control, "POST", "splits", {**body, "lines": {line: 9}}, 400)["detail"]


def test_an_invoice_is_made(control: Control, order: Imported) -> None:
    body = {"package": order.package["number"], "number": "FTR1", "url": "https://e.example/FTR1"}
    assert _ask(control, "POST", "invoices", body)["e_archive_url"] == "https://e.example/FTR1"
    assert {item["invoice_number"] for item in order.items} == {"FTR1"}


def test_a_parcel_goes_on_at_the_market_with_another_carrier(control: Control, order: Imported) -> None:
    body = {"package": order.package["number"], "tracking_number": "77", "carrier": "aras"}
    shown = _ask(control, "POST", "ship", body)
    assert (shown["status"], shown["tracking_number"], shown["shipping_company"]) == (4, "77", "aras")
    assert "cannot be ready" in _ask(control, "POST", "ship", {**body, "status": "ready"}, 400)["detail"]
    assert order.statuses == ["400"] * 4


@pytest.mark.parametrize(("status", "there"), [("ready", "450"), ("shipped", "500"), ("delivered", "550")])
def test_a_parcel_goes_on_in_the_hub_where_the_brand_ships(
    control: Control, order: Imported, status: str, there: str
) -> None:
    order.sandbox.omnitron.channel["conf"]["send_shipping_info"] = True
    _ask(control, "POST", "ship", {"package": order.package["number"], "status": status})
    assert (order.statuses, order.package["status"]) == ([there] * 4, 2)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("cancels", {"line": "31-1"}, "no line '31-1'; known:"),
        ("cancels", {}, "needed: line"),
        ("cancels", {"line": "31-1", "colour": "red"}, "unknown ['colour']"),
        ("refunds", {"line": "31-1", "status": "closed"}, "known: open, waiting"),
        ("decisions", {"claim": "77", "status": "approved"}, "no claim '77'; known: none"),
        ("ship", {"package": "77"}, "no package '77'; known: 31"),
        ("invoices", {"package": "77", "number": "F"}, "no package '77'; known: 31"),
        ("splits", {"package": "77", "lines": {}}, "no package '77'; known: 31"),
    ],
)
def test_a_wrong_word_is_answered_with_what_there_is(
    control: Control, order: Imported, name: str, body: dict[str, Any], words: str
) -> None:
    assert words in _ask(control, "POST", name, body, 400)["detail"]


def test_what_the_hub_has_not_heard_of_is_named(control: Control, sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    line = f"{package['number']}-1"
    assert "no items" in _ask(control, "POST", "seller_cancels", {"line": line}, 400)["detail"]
    assert "no order" in _ask(control, "POST", "invoices", {"package": package["number"], "number": "F"}, 400)["detail"]
    import_package(sandbox.omnitron, sandbox.fashfed, package)
    _ask(control, "POST", "invoices", {"package": package["number"], "number": "F"})


def test_the_clock_jumps_ahead_while_the_world_goes_on(control: Control) -> None:
    shown = _ask(control, "POST", "clock", {"hours": 13, "steps": 26})
    assert shown["events"]["sales_elsewhere"] == 52
    assert (shown["ahead_hours"], shown["omnitron"]) == (13, "2026-03-02T23:00:00.000000Z")
    assert _ask(control, "POST", "clock", {"hours": 1})["events"]["sales_elsewhere"] == 52 + 24
    assert _ask(control, "GET", "clock")["fashfed"] == "2026-03-03T00:00:00.000000Z"
    assert "ahead" in _ask(control, "POST", "clock", {"hours": -1}, 400)["detail"]
