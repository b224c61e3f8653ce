"""Return claims that cannot become requests, now or ever (reference/flows.md section 4.12)."""

from datetime import timedelta

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from include.state.store import Incoming
from tests.unit.flows.orders.returns import Returns
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


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
