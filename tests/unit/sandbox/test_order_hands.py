"""The brand's people on orders in Omnitron, and what becomes of plans and requests (api/omnitron.md section 9)."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller
from tests.unit.sandbox.imports import Imported, imported


async def _request(hub: Caller, order: Imported) -> dict[str, Any]:
    """A return request for the first item, which is delivered."""
    order.sandbox.hands.deliver(order.items)
    body = {"order_item": order.items[0]["pk"], "reason": 7, "cancellation_type": "refund"}
    status, request = await hub.post("cancellation_requests/", body)
    assert status == 201, request
    return dict(request)


async def test_the_brand_cancels_some_units_and_they_wait_for_a_plan(hub: Caller, sandbox: Sandbox) -> None:
    order = imported(sandbox, 3)
    sandbox.hands.cancel(order.items[:2])
    assert order.statuses == ["50", "50", "400"]
    (plan,) = await hub.rows("cancellation_plans/inserts_or_updates/", plan_type="cancel")
    assert [(entry["order_item"], entry["reason"]) for entry in plan["items"]] == [
        (item["pk"], 10) for item in order.items[:2]
    ]
    assert (plan["status"], [name for name in plan if name.startswith("_")]) == ("waiting", [])
    assert [row["pk"] for row in await hub.rows("orders/updates/")] == [order.order["pk"]]


def test_a_plan_completes_or_gives_its_items_back(sandbox: Sandbox) -> None:
    kept, gone = imported(sandbox, 2), imported(sandbox, 2)
    sandbox.omnitron.touch("orderitem", kept.items[1], status="450")
    sandbox.hands.reject_plan(sandbox.hands.cancel(kept.items))
    sandbox.hands.complete_plan(sandbox.hands.cancel(gone.items[:1]))
    assert (kept.statuses, gone.statuses) == (["400", "450"], ["100", "400"])
    assert [plan["status"] for plan in sandbox.omnitron.cancellation_plans.rows.values()] == ["rejected", "completed"]
    for plan in sandbox.omnitron.cancellation_plans.rows.values():
        with pytest.raises(ValueError, match="already"):
            sandbox.hands.complete_plan(plan)


def test_what_erp_does_not_know_or_what_is_on_its_way_cannot_be_cancelled(sandbox: Sandbox) -> None:
    unknown, shipped = imported(sandbox, reported=False), imported(sandbox)
    with pytest.raises(ValueError, match="Unreported order of ERP can not be canceled"):
        sandbox.hands.cancel(unknown.items)
    sandbox.hands.ship(shipped.items, "77")
    with pytest.raises(ValueError, match="of status 500"):
        sandbox.hands.cancel(shipped.items)
    assert not sandbox.omnitron.cancellation_plans.rows


@pytest.mark.parametrize(
    ("decisions", "item"),
    [(["approved", "completed"], "600"), (["completed"], "600"), (["approved", "rejected"], "550")],
)
async def test_a_return_request_is_decided_in_steps_and_then_final(
    hub: Caller, sandbox: Sandbox, decisions: list[str], item: str
) -> None:
    order = imported(sandbox)
    request = await _request(hub, order)
    row = sandbox.omnitron.cancellation_requests.rows[request["id"]]
    for decision in decisions:
        sandbox.hands.decide(row, decision)
    assert (row["status"], order.statuses) == (decisions[-1], [item])
    with pytest.raises(ValueError, match="cannot be"):
        sandbox.hands.decide(row, "approved")
    status, answer = await hub.post(f"cancellation_requests/{request['id']}/reject/")
    assert (status, answer["code"]) == (406, "cancellation_request_100_3")


async def test_requests_are_decided_by_call_as_by_hand(hub: Caller, sandbox: Sandbox) -> None:
    order = imported(sandbox)
    path = f"cancellation_requests/{(await _request(hub, order))['id']}/"
    assert (await hub.post(path + "approve/"))[1]["status"] == "approved"
    assert order.statuses == ["550"]
    assert (await hub.patch(path, {"status": "completed", "description": "geldi"}))[1]["description"] == "geldi"
    assert order.statuses == ["600"]
    assert (await hub.patch(path, {"status": "waiting"}))[0] == 406
    body = {"order_item": order.items[0]["pk"], "reason": 7, "cancellation_type": "refund"}
    assert (await hub.post("cancellation_requests/", body))[0] == 406


def test_an_invoice_is_on_the_items_and_its_link_on_the_order(sandbox: Sandbox) -> None:
    order = imported(sandbox, 2)
    sandbox.hands.invoice(order.items, "FTR2026000000001")
    assert {item["invoice_number"] for item in order.items} == {"FTR2026000000001"}
    assert all(item["invoice_date"] for item in order.items)
    assert order.order["e_archive_url"] == "https://earsiv.example.com/FTR2026000000001.pdf"


def test_the_warehouse_ships_and_delivers_what_lives(sandbox: Sandbox) -> None:
    order = imported(sandbox, 3)
    sandbox.hands.complete_plan(sandbox.hands.cancel(order.items[:1]))
    sandbox.hands.ship(order.items, "7700112233")
    assert order.statuses == ["100", "500", "500"]
    assert [item["tracking_number"] for item in order.items] == [None, "7700112233", "7700112233"]
    sandbox.hands.deliver(order.items)
    sandbox.hands.ship(order.items, "88")
    assert (order.statuses, order.order["status"]) == (["100", "550", "550"], "550")


@pytest.mark.parametrize(
    ("before", "after", "backward"),
    [("400", "450", False), ("500", "450", True), ("550", "550", False), ("100", "500", True), ("50", "500", True)],
)
async def test_a_status_set_back_by_a_client_is_taken_and_counted(
    hub: Caller, sandbox: Sandbox, before: str, after: str, backward: bool
) -> None:
    order = imported(sandbox)
    item = order.items[0]
    sandbox.omnitron.touch("orderitem", item, status=before)
    assert (await hub.patch(f"order_items/{item['pk']}/", {"status": after}))[0] == 200
    assert item["status"] == after
    assert sandbox.omnitron.backward_moves == ([(item["pk"], before, after)] if backward else [])


def test_a_split_package_is_found_with_its_order_and_items(sandbox: Sandbox) -> None:
    order = imported(sandbox, 1, 2)
    (part,) = sandbox.fashfed.split(order.package, [[(order.lines[1], 2)]])
    assert (sandbox.hands.order_of(part["number"]), sandbox.hands.items_of(part["number"])) == (None, [])
    for item in order.items[1:]:
        action = sandbox.omnitron.actions.get("orderitem", item["pk"])
        assert action
        sandbox.omnitron.actions.set_remote(action, f"{part['number']}-1")
    assert sandbox.hands.order_of(part["number"]) is order.order
    assert sandbox.hands.items_of(part["number"]) == order.items[1:]
    assert sandbox.hands.items_of(order.package["number"]) == order.items[:1]
