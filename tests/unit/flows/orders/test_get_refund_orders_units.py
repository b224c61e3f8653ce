"""Which unit of a line a return claim takes (reference/flows.md section 4.12)."""

import pytest

from include.sandbox.fashfed import Line
from tests.unit.flows.orders.returns import Returns
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


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
