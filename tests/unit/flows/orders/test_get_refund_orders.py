"""Return claims become return requests (reference/flows.md section 4.12)."""

import asyncio
import logging
from datetime import timedelta

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from include.state.store import Incoming
from tests.unit.flows.orders.returns import Returns
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL, Kit

SECRET = "Ayşe Yılmaz, 0532 000 00 01, Gül Sok. 5"


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


async def test_an_open_claim_becomes_a_request_for_its_item(shop: Returns) -> None:
    package = await shop.delivered(shop.skus[0], shop.skus[1])
    claim = shop.ask(package, 2, detail="Tight at the shoulders")
    report = await shop.pull()
    request = shop.request(claim)
    item = next(row for row in shop.items(package) if row["extra_field"]["id"] == claim["package_item"])
    assert {name: request[name] for name in ("order_item", "reason", "cancellation_type", "description")} == {
        "order_item": item["pk"],
        "reason": 7,
        "cancellation_type": "refund",
        "description": f"Tight at the shoulders, return code {claim['return_code']} (Fashfed claim {claim['id']})",
    }
    assert report.counts["created"] == 1
    assert await shop.state(claim) == ("done", None)


async def test_the_request_bears_the_claims_id_on_both_sides(shop: Returns) -> None:
    claim = await shop.asked()
    request = shop.request(claim)
    action = shop.hub.actions.get("cancellationrequest", request["pk"])
    assert (action.remote_id, action.status, action.version_date) == (claim["id"], "success", request["created_date"])
    names = await shop.kit.store().identities(CHANNEL, "cancellationrequest", [claim["id"]])
    assert [each.hub_id for each in names[claim["id"]]] == [request["pk"]]
    rights = await shop.kit.store().claims(CHANNEL, "refund_request", [claim["id"]])
    assert rights[claim["id"]].state == "done"
    assert rights[claim["id"]].detail["requests"] == {str(request["pk"]): request["created_date"]}
    assert shop.due() == []


async def test_a_reason_that_is_not_mapped_or_missing_is_the_default_one(shop: Returns) -> None:
    first, second = await shop.delivered(), await shop.delivered()
    unmapped, without = shop.ask(first, reason="not-as-shown"), shop.ask(second)
    without["reason"] = None
    await shop.pull()
    assert [shop.request(claim)["reason"] for claim in (unmapped, without)] == [8, 8]


async def test_claims_are_taken_that_are_open_or_waiting_and_not_older_than_the_start_date(shop: Returns) -> None:
    packages = [await shop.delivered() for _ in range(5)]
    old = shop.ask(packages[0])
    await shop.kit.later(hours=1)
    shop.set(refund_start_date=shop.kit.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    await shop.kit.later(minutes=1)
    statuses = ("open", "waiting", "approved", "rejected")
    claims = [shop.ask(package, status=status) for package, status in zip(packages[1:], statuses, strict=True)]
    await shop.pull()
    assert [len(shop.requests(claim)) for claim in (old, *claims)] == [0, 1, 1, 0, 0]


async def test_a_claim_is_taken_however_long_nobody_ran(shop: Returns) -> None:
    claim = shop.ask(await shop.delivered())
    await shop.kit.later(days=20)
    await shop.pull()
    assert shop.request(claim)


async def test_what_is_done_is_not_done_again(shop: Returns) -> None:
    claim = await shop.asked()
    recorder = shop.record()
    for _ in range(3):
        await shop.kit.later(minutes=5)
        report = await shop.pull()
        assert report.counts["read"] == 0
    assert not recorder.calls("POST", "cancellation_requests")
    assert not recorder.calls("POST", "batch_requests"), "nothing to link: no batch"
    assert shop.request(claim)


async def test_a_claim_that_omnitron_knows_by_its_id_is_done(shop: Returns) -> None:
    """Another installation of ours has made the request, and a person has rewritten it; our memory is new."""
    claim = await shop.asked()
    request = shop.request(claim)
    shop.hub.touch("cancellationrequest", request, description="Beden küçük")
    for kept in (shop.kit.database.inbox, shop.kit.database.claims, shop.kit.database.identities):
        kept.clear()
    recorder = shop.record()
    report = await shop.pull()
    assert not recorder.calls("POST", "cancellation_requests")
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert await shop.state(claim) == ("done", None)
    names = await shop.kit.store().identities(CHANNEL, "cancellationrequest", [claim["id"]])
    assert [each.hub_id for each in names[claim["id"]]] == [request["pk"]]


# --- which unit ---------------------------------------------------------------------------------------------


async def test_each_claim_of_a_line_of_several_units_takes_another_one(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 3))
    claims = [shop.ask(package, quantity=1) for _ in range(3)]
    await shop.pull()
    assert sorted(shop.request(claim)["order_item"] for claim in claims) == [row["pk"] for row in shop.items(package)]


async def test_a_later_claim_does_not_take_an_approved_unit_that_is_not_refunded_yet(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 2))
    first = shop.ask(package, quantity=1)
    await shop.pull()
    shop.decide(first, "approved")
    second = shop.ask(package, quantity=1)
    await shop.pull()
    assert shop.request(first)["order_item"] != shop.request(second)["order_item"]


async def test_a_unit_whose_return_was_rejected_may_be_returned_again(shop: Returns) -> None:
    package = await shop.delivered()
    first = shop.ask(package)
    await shop.pull()
    shop.decide(first, "rejected")
    shop.market.decide_claim(first, "rejected")
    second = shop.ask(package)
    await shop.pull()
    assert shop.request(second)["order_item"] == shop.request(first)["order_item"]


async def test_cancelled_units_of_a_line_are_passed_over(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 3))
    first, second, third = shop.items(package)
    shop.hub.touch("orderitem", first, status="100")
    shop.hub.touch("orderitem", second, status="600")
    claim = shop.ask(package, quantity=1)
    await shop.pull()
    assert shop.request(claim)["order_item"] == third["pk"]


async def test_a_claim_without_a_unit_left_fails(shop: Returns) -> None:
    package = await shop.delivered()
    shop.ask(package)
    late = shop.ask_anyway(package)
    report = await shop.pull()
    assert await shop.state(late) == ("parked", "refund_no_unit")
    assert (report.counts["created"], report.counts["failed"]) == (1, 1)
    assert not shop.requests(late)


async def test_a_claim_that_shows_a_quantity_is_as_many_requests(shop: Returns) -> None:
    shop.market.claim_quantities = True
    package = await shop.delivered(Line(shop.skus[0], 3))
    claim = shop.ask(package, quantity=2)
    await shop.pull()
    requests = shop.requests(claim)
    assert len({request["order_item"] for request in requests}) == 2
    actions = [shop.hub.actions.get("cancellationrequest", request["pk"]) for request in requests]
    assert [(action.remote_id, action.status) for action in actions] == [(claim["id"], "success")] * 2
    names = await shop.kit.store().identities(CHANNEL, "cancellationrequest", [claim["id"]])
    assert [each.hub_id for each in names[claim["id"]]] == [request["pk"] for request in requests]


async def test_a_part_of_a_merged_item_is_left_to_a_person_and_their_request_is_taken_over(shop: Returns) -> None:
    shop.set(order_item_quantity_key="adet")
    package = await shop.delivered(Line(shop.skus[0], 3))
    claim = shop.ask(package, quantity=1)
    await shop.pull()
    assert await shop.state(claim) == ("parked", "refund_part_of_item")
    (item,) = shop.items(package)
    made = shop.by_hand(item, f"One of three (Fashfed claim {claim['id']})")
    await shop.kit.later(hours=8, minutes=1)
    await shop.pull()
    assert await shop.state(claim) == ("done", None)
    assert shop.hub.actions.get("cancellationrequest", made["pk"]).remote_id == claim["id"]


async def test_a_whole_merged_item_is_one_request(shop: Returns) -> None:
    shop.set(order_item_quantity_key="adet")
    shop.market.claim_quantities = True
    package = await shop.delivered(Line(shop.skus[0], 3))
    claim = shop.ask(package)
    await shop.pull()
    assert shop.request(claim)["order_item"] == shop.items(package)[0]["pk"]


# --- what cannot be applied ---------------------------------------------------------------------------------


async def test_a_claim_waits_for_the_delivery_in_omnitron_without_using_up_tries(shop: Returns) -> None:
    package = shop.buy()
    await Shop.run(shop)
    shop.arrive(package)
    claim = shop.ask(package)
    for _ in range(6):
        await shop.pull()
        assert await shop.state(claim) == ("parked", "refund_too_early")
        await shop.kit.later(hours=3)
    assert not shop.kit.wire.count("POST", "cancellation_requests")
    shop.kit.sandbox.hands.deliver(shop.items(package))
    await shop.pull()
    assert shop.request(claim)
    assert await shop.state(claim) == ("done", None)


@pytest.mark.parametrize(("status", "word"), [("100", "cancelled"), ("600", "refunded")])
async def test_an_item_that_is_cancelled_or_refunded_needs_no_request(shop: Returns, status: str, word: str) -> None:
    package = await shop.delivered()
    shop.hub.touch("orderitem", shop.items(package)[0], status=status)
    claim = shop.ask(package)
    await shop.pull()
    assert await shop.state(claim) == ("excluded", f"its item is {word} in Omnitron already")
    assert not shop.requests(claim)


async def test_a_claim_of_a_package_that_was_over_before_our_time_needs_no_request(shop: Returns) -> None:
    package = shop.buy()
    shop.arrive(package)
    claim = shop.ask(package)
    await shop.pull()
    reason = "its package was finished before this connector knew the channel"
    assert await shop.state(claim) == ("excluded", reason)


async def test_a_claim_of_an_order_that_is_not_in_omnitron_waits_for_it(shop: Returns) -> None:
    await shop.kit.store().born_at(CHANNEL, shop.kit.clock.now())
    await shop.kit.later(minutes=5)
    package = shop.buy()
    shop.arrive(package)
    claim = shop.ask(package)
    await shop.pull()
    assert await shop.state(claim) == ("parked", "order_not_imported")
    shop.market.move(package, 2)
    await Shop.run(shop)
    shop.kit.sandbox.hands.deliver(shop.items(package))
    await shop.kit.later(minutes=11)
    await shop.pull()
    assert shop.request(claim)


async def test_a_claim_of_a_package_that_needed_no_order_needs_no_request(shop: Returns) -> None:
    package = shop.buy()
    shop.arrive(package)
    claim = shop.ask(package)
    await shop.kit.store().receive(
        CHANNEL, "package", [Incoming(package["number"], shop.kit.clock.now(), {})], now=shop.kit.clock.now()
    )
    await shop.kit.store().exclude(CHANNEL, "package", package["number"], rule="by hand", now=shop.kit.clock.now())
    await shop.pull()
    assert await shop.state(claim) == ("excluded", "its package needs no order in Omnitron")


async def test_a_request_that_omnitron_refuses_fails_with_the_refusal_and_is_tried_again(shop: Returns) -> None:
    shop.set(default_reason_id="99")
    bad, good = await shop.delivered(), await shop.delivered()
    claim, other = shop.ask(bad, reason="not-as-shown"), shop.ask(good)
    report = await shop.pull()
    row = await shop.row(claim)
    assert (row.state, row.code) == ("parked", "refund_refused")
    assert 'Invalid pk \\"99\\"' in str(row.reason)
    assert (report.counts["created"], report.counts["failed"]) == (1, 1)
    assert shop.request(other)
    assert row.due_at == shop.kit.clock.now() + timedelta(hours=8)
    assert not await shop.kit.store().claims(CHANNEL, "refund_request", [claim["id"]]), "nothing may have happened"
    shop.set(default_reason_id="8")
    await shop.kit.later(hours=8, seconds=1)
    await shop.pull()
    assert shop.request(claim)["reason"] == 8


async def test_a_request_made_by_hand_for_the_item_is_left_to_a_person(shop: Returns) -> None:
    package = await shop.delivered()
    made = shop.by_hand(shop.items(package)[0])
    claim = shop.ask(package)
    await shop.pull()
    row = await shop.row(claim)
    assert (row.state, row.code) == ("parked", "refund_request_exists")
    assert f"({made['pk']})" in str(row.reason)
    assert not shop.kit.wire.count("POST", "cancellation_requests")


async def test_a_request_made_by_hand_that_names_the_claim_is_taken_over(shop: Returns) -> None:
    package = await shop.delivered()
    claim = shop.ask(package)
    made = shop.by_hand(shop.items(package)[0], f"Telefonda söz verildi (Fashfed claim {claim['id']}) VIP")
    await shop.pull()
    assert not shop.kit.wire.count("POST", "cancellation_requests")
    assert shop.hub.actions.get("cancellationrequest", made["pk"]).remote_id == claim["id"]
    assert await shop.state(claim) == ("done", None)


async def test_a_request_made_by_hand_for_one_unit_leaves_the_others(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 2))
    first, second = shop.items(package)
    shop.by_hand(first)
    claim = shop.ask(package, quantity=1)
    await shop.pull()
    assert shop.request(claim)["order_item"] == second["pk"]


@pytest.mark.parametrize("status", ["approved", "rejected", "completed"])
async def test_a_claim_decided_at_the_market_while_it_waited_needs_no_request(shop: Returns, status: str) -> None:
    package = shop.buy()
    await Shop.run(shop)
    shop.arrive(package)
    claim = shop.ask(package)
    await shop.pull()
    await shop.kit.later(minutes=1)
    newer = {**claim, "status": status, "updated_at": shop.market.now()}  # as a sweep sees it
    now = shop.kit.clock.now()
    await shop.kit.store().receive(CHANNEL, "refund", [Incoming(claim["id"], now, newer)], now=now)
    shop.kit.sandbox.hands.deliver(shop.items(package))
    await shop.pull("apply")
    rule = f"decided at Fashfed before Omnitron had a request: {status}"
    assert await shop.state(claim) == ("excluded", rule)
    assert not shop.requests(claim)


async def test_a_claim_that_cannot_be_read_costs_only_itself(shop: Returns) -> None:
    first, second = await shop.delivered(), await shop.delivered()
    bad, good = shop.ask(first), shop.ask(second)
    bad["package_item"] = None
    await shop.pull()
    assert shop.request(good)
    row = await shop.row(bad)
    assert (row.state, row.code) == ("parked", "record_unreadable")
    assert str(row.reason).startswith(f"Claim {bad['id']} cannot be read: package_item")


async def test_a_request_that_was_deleted_before_it_was_linked_is_told_and_the_others_go_on(shop: Returns) -> None:
    claims = [shop.ask(await shop.delivered()) for _ in range(3)]
    assert await shop.kit.run_and_die("get_refund_orders", on="/batch_requests/", effect=False)
    assert all(shop.requests(claim) for claim in claims)
    shop.hub.cancellation_requests.remove(shop.request(claims[1]))
    await shop.kit.later(minutes=11)
    report = await shop.pull()
    assert [await shop.state(claim) for claim in claims] == [
        ("done", None), ("parked", "refund_not_linked"), ("done", None),
    ]  # fmt: skip
    assert report.errors == {"refund_not_linked": 1}
    assert not shop.requests(claims[1])


async def test_a_poisoned_answer_costs_only_its_claim_and_this_one_without_a_penalty(shop: Returns) -> None:
    claims = [shop.ask(await shop.delivered()) for _ in range(4)]
    poisoned = shop.items({"number": claims[0]["package_item"].partition("-")[0]})[0]["order"]

    def poison(request: Request) -> Response | None:
        mine = request.url.endswith("/order_items/") and ("order", str(poisoned)) in request.query
        return Response(502, {}, b"<html>") if mine else None

    shop.kit.wire.interceptors.append(poison)
    with pytest.raises(Exception, match="502"):
        await shop.pull()
    assert [len(shop.requests(claim)) for claim in claims] == [0, 1, 1, 1]
    assert await shop.state(claims[0]) == ("new", None)
    shop.kit.wire.interceptors.clear()
    await shop.pull()
    assert shop.request(claims[0])


# --- decisions, privacy, company -----------------------------------------------------------------------------


async def test_a_decision_made_before_the_request_was_linked_still_shows_as_a_change(shop: Returns) -> None:
    claim = shop.ask(await shop.delivered())
    decided = []

    def meanwhile(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/batch_requests/"):
            decided.append(shop.request(claim)["pk"])
            shop.decide(claim, "approved")

    shop.kit.wire.interceptors.append(meanwhile)
    await shop.pull()
    assert shop.due() == decided


async def test_the_buyers_words_reach_omnitron_and_no_log_and_no_report(
    shop: Returns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop.set(default_reason_id="99")
    fine, refused = await shop.delivered(), await shop.delivered()
    claims = [shop.ask(fine, detail=SECRET), shop.ask(refused, detail=SECRET, reason="not-as-shown")]
    broken = shop.ask(await shop.delivered(), detail=SECRET)
    broken["reason"] = SECRET

    def echo(request: Request) -> Response | None:
        """Omnitron repeats in its refusal what it was sent."""
        if (
            request.url.endswith("/cancellation_requests/")
            and request.method == "POST"
            and b'"reason":99' in (request.body or b"").replace(b" ", b"")
        ):
            return Response(400, {}, f'{{"description": ["{SECRET} is too long"]}}'.encode())
        return None

    shop.kit.wire.interceptors.append(echo)
    await shop.pull()
    assert SECRET in shop.request(claims[0])["description"]
    assert await shop.state(claims[1]) == ("parked", "refund_refused")
    assert (await shop.row(broken)).code == "record_unreadable"
    texts = [*(record.getMessage() for record in caplog.records), *(await shop.told("get_refund_orders")).values()]
    texts += [str(body) for body in shop.kit.wire.bodies("POST", "/error_reports/")]
    texts += [str((await shop.row(claim)).reason) for claim in (claims[1], broken)]
    assert len(texts) > 5
    for part in (SECRET, "Yılmaz", "0532", "Gül"):
        assert not [text for text in texts if part in text]


async def test_two_runs_at_once_make_one_request_a_claim(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 2))
    claims = [shop.ask(package, quantity=1) for _ in range(2)] + [shop.ask(await shop.delivered())]
    await asyncio.gather(shop.pull(), shop.pull(), shop.pull())
    assert [len(shop.requests(claim)) for claim in claims] == [1, 1, 1]
    assert len({shop.request(claim)["order_item"] for claim in claims}) == 3


async def test_many_claims_share_one_batch(shop: Returns) -> None:
    claims = [shop.ask(await shop.delivered()) for _ in range(6)]
    recorder = shop.record()
    await shop.pull()
    assert all(shop.request(claim) for claim in claims)
    assert len(recorder.calls("POST", "batch_requests")) == 1
