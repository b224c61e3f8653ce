"""What is decided about a return in Omnitron is told to Fashfed (reference/flows.md section 4.13)."""

from typing import Any

import pytest

from include.sandbox.fashfed import Line
from tests.unit.flows.orders.returns import Returns, left_open
from tests.worldkit import CHANNEL, Kit

FLOW = "send_refund_order_status"
Row = dict[str, Any]


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


@pytest.mark.parametrize("status", ["approved", "completed"])
async def test_a_return_approved_in_omnitron_is_approved_at_the_market(shop: Returns, status: str) -> None:
    claim = await shop.asked()
    shop.decide(claim, status)
    report = await shop.tell()
    assert claim["status"] == "approved"
    assert (report.counts["read"], report.counts["sent"]) == (1, 1)
    request = shop.request(claim)
    action = shop.hub.actions.get("cancellationrequest", request["pk"])
    assert (action.remote_id, action.status, action.version_date) == (claim["id"], "success", request["modified_date"])
    sent = await shop.kit.store().sent(CHANNEL, "cancellationrequest", [claim["id"]])
    assert sent[claim["id"]].value == "approve"
    assert list(left_open(shop)) == []


async def test_a_return_rejected_in_omnitron_is_rejected_with_the_reason_of_the_settings(shop: Returns) -> None:
    shop.set(reject_item_reason="Giyilmiş ürün")
    claim = await shop.asked()
    shop.decide(claim, "rejected")
    await shop.tell()
    assert claim["status"] == "rejected"
    assert shop.kit.wire.bodies("POST", "/reject/") == [{"reason": "Giyilmiş ürün"}]


async def test_approved_and_then_completed_is_told_once(shop: Returns) -> None:
    claim = await shop.asked()
    shop.decide(claim, "approved")
    await shop.tell()
    shop.decide(claim, "completed")
    report = await shop.tell()
    assert shop.decisions() == [f"{claim['id']}/approve"]
    assert (report.counts["sent"], report.counts["unchanged"], report.counts["failed"]) == (0, 1, 0)
    assert shop.due() == []


@pytest.mark.parametrize("status", ["waiting_approval", "confirmed", "a new word"])
async def test_any_other_status_leaves_the_feed_until_it_changes(shop: Returns, status: str) -> None:
    claim = await shop.asked()
    shop.hub.touch("cancellationrequest", shop.request(claim), status=status)
    report = await shop.tell()
    assert (report.counts["sent"], report.counts["unchanged"]) == (0, 1)
    assert shop.due() == []
    shop.hub.touch("cancellationrequest", shop.request(claim), status="approved")
    await shop.tell()
    assert claim["status"] == "approved"


async def test_without_news_no_batch_is_opened(shop: Returns) -> None:
    await shop.asked()
    recorder = shop.record()
    await shop.tell()
    assert not recorder.calls("POST", "batch_requests")


async def test_a_rejection_without_a_reason_in_the_settings_names_the_setting_and_the_others_go_on(
    shop: Returns,
) -> None:
    shop.set(reject_item_reason="")
    rejected, approved = await shop.asked(), await shop.asked()
    shop.decide(rejected, "rejected")
    shop.decide(approved, "approved")
    report = await shop.tell()
    assert report.errors == {"reject_reason_missing": 1}
    assert (await shop.told(FLOW))[rejected["id"]].endswith("Reject Item Reason is empty")
    assert shop.decisions() == [f"{approved['id']}/approve"]
    shop.set(reject_item_reason="Damaged")
    await shop.kit.later(hours=8, seconds=1)
    await shop.tell()
    assert rejected["status"] == "rejected"


async def test_the_claim_is_found_in_omnitron_where_our_memory_has_no_name_for_the_request(shop: Returns) -> None:
    forgotten, known = await shop.asked(), await shop.asked()
    del shop.kit.database.identities[CHANNEL, "cancellationrequest", forgotten["id"]]
    for claim in (forgotten, known):
        shop.decide(claim, "approved")
    await shop.tell()
    assert (forgotten["status"], known["status"]) == ("approved", "approved")


async def test_a_request_without_a_claim_fails_and_costs_nobody_else(shop: Returns) -> None:
    nameless, claim = await shop.asked(), await shop.asked()
    request = shop.request(nameless)
    shop.hub.actions.set_remote(shop.hub.actions.get("cancellationrequest", request["pk"]), None)
    shop.kit.database.identities.clear()
    for each in (nameless, claim):
        shop.decide(each, "approved")
    report = await shop.tell()
    assert report.errors == {"refund_claim_unknown": 1}
    assert shop.decisions() == [f"{claim['id']}/approve"]


async def test_a_request_of_another_kind_is_no_matter_of_this_flow(shop: Returns) -> None:
    claim = await shop.asked()
    shop.hub.touch("cancellationrequest", shop.request(claim), cancellation_type="cancel", status="approved")
    report = await shop.tell()
    assert (report.counts["unchanged"], claim["status"]) == (1, "open")


async def test_a_dry_run_says_what_would_be_told_and_changes_nothing(shop: Returns) -> None:
    approved, rejected, waiting = [await shop.asked() for _ in range(3)]
    shop.set(reject_item_reason="")
    shop.decide(approved, "approved")
    shop.decide(rejected, "rejected")
    shop.hub.touch("cancellationrequest", shop.request(waiting), status="confirmed")
    before = shop.due()
    shop.kit.wire.requests.clear()
    await shop.tell(dry_run=True)
    found = {row.key: row.verdict for row in await shop.kit.store().findings(CHANNEL, FLOW)}
    assert found == {approved["id"]: "send", rejected["id"]: "refuse", waiting["id"]: "unchanged"}
    assert [request.method for request in shop.kit.wire.requests if request.method != "GET"] == []
    assert shop.due() == before
    assert not await shop.kit.store().claims(CHANNEL, "decide_refund", [approved["id"]])


async def pair(shop: Returns) -> tuple[Row, list[Row]]:
    """A claim about two units, and its requests."""
    shop.market.claim_quantities = True
    claim = await shop.asked(Line(shop.skus[0], 2))
    return claim, shop.requests(claim)


async def test_a_claim_about_two_items_is_approved_once_both_are(shop: Returns) -> None:
    claim, (first, second) = await pair(shop)
    shop.kit.sandbox.hands.decide(first, "approved")
    report = await shop.tell()
    assert (claim["status"], report.counts["unchanged"], report.errors) == ("open", 1, {})
    assert shop.due() == []
    shop.kit.sandbox.hands.decide(second, "completed")
    await shop.tell()
    assert shop.decisions() == [f"{claim['id']}/approve"]


async def test_two_items_decided_at_the_same_time_are_one_decision(shop: Returns) -> None:
    claim, requests = await pair(shop)
    for request in requests:
        shop.kit.sandbox.hands.decide(request, "rejected")
    shop.kit.sandbox.faults.add("latency", path="*/reject/", milliseconds=500)
    report = await shop.tell()
    assert shop.decisions() == [f"{claim['id']}/reject"]
    assert (report.counts["sent"], report.counts["failed"]) == (2, 0)
    assert list(left_open(shop)) == []


async def test_items_decided_differently_are_left_to_a_person(shop: Returns) -> None:
    claim, (first, second) = await pair(shop)
    shop.kit.sandbox.hands.decide(first, "approved")
    shop.kit.sandbox.hands.decide(second, "rejected")
    report = await shop.tell()
    assert report.errors == {"refund_decisions_mixed": 2}
    assert (shop.decisions(), claim["status"]) == ([], "open")


async def test_a_request_that_was_deleted_does_not_hold_up_the_other_one_of_its_claim(shop: Returns) -> None:
    claim, (first, second) = await pair(shop)
    shop.hub.cancellation_requests.remove(first)
    shop.kit.sandbox.hands.decide(second, "approved")
    await shop.tell()
    assert claim["status"] == "approved"


async def test_a_request_that_cannot_be_read_now_leaves_its_claim_to_the_next_run(shop: Returns) -> None:
    claim, (first, second) = await pair(shop)
    other = await shop.asked(shop.skus[1])
    shop.kit.sandbox.hands.decide(first, "approved")
    await shop.tell()
    shop.kit.sandbox.hands.decide(second, "approved")
    shop.decide(other, "approved")
    shop.kit.sandbox.faults.add("error", method="GET", path=f"*/cancellation_requests/{first['pk']}/")
    report = await shop.tell()
    assert (claim["status"], other["status"], report.counts["failed"]) == ("open", "approved", 0)
    shop.kit.sandbox.faults.clear()
    await shop.tell()
    assert claim["status"] == "approved"
