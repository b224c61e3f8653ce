"""Exactly one request per claim and unit, whatever dies and whichever answer is lost (design.md section 7)."""

from collections.abc import Sequence
from typing import Any

import pytest

from include.clients.transport import Request
from include.errors import RetryNow
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.mortal import Trial, lost_answers
from tests.unit.flows.orders.returns import Returns, left_open, returns
from tests.worldkit import CHANNEL

FLOW = "get_refund_orders"
Row = dict[str, Any]


async def _world(shop: Returns) -> list[Row]:
    """Two claims of one line of two units, and one of another package; one of them is about a cancelled item."""
    package, other, gone = await shop.delivered(Line(shop.skus[0], 2)), await shop.delivered(), await shop.delivered()
    claims = [shop.ask(package, quantity=1), shop.ask(package, quantity=1), shop.ask(other)]
    shop.ask(gone)
    shop.hub.touch("orderitem", shop.items(gone)[0], status="100")
    return claims


async def _check(shop: Returns, claims: Sequence[Row]) -> None:
    """One linked request per claim, no unit twice, nothing left open."""
    assert [len(shop.requests(claim)) for claim in claims] == [1] * len(claims)
    assert len(shop.hub.cancellation_requests) == len(claims)
    requests = [shop.request(claim) for claim in claims]
    assert len({request["order_item"] for request in requests}) == len(claims)
    store = shop.kit.store()
    rights = await store.claims(CHANNEL, "refund_request", [claim["id"] for claim in claims])
    names = await store.identities(CHANNEL, "cancellationrequest", [claim["id"] for claim in claims])
    for claim, request in zip(claims, requests, strict=True):
        assert await shop.state(claim) == ("done", None)
        action = shop.hub.actions.get("cancellationrequest", request["pk"])
        linked = (action.remote_id, action.status, action.version_date)
        assert linked == (claim["id"], "success", request["created_date"])
        assert rights[claim["id"]].state == "done"
        assert [each.hub_id for each in names[claim["id"]]] == [request["pk"]]
    assert list(left_open(shop)) == []


TRIAL = Trial(FLOW, Returns, _world, _check, after_death=(41, 0))


def test_a_process_that_dies_at_any_await_makes_no_second_request_and_loses_none() -> None:
    assert TRIAL.dies_at_every_await() > 60


@pytest.mark.parametrize("effect", [True, False], ids=["with_effect", "without_effect"])
def test_a_process_that_dies_on_any_write_is_put_right_by_the_next(effect: bool) -> None:
    assert TRIAL.dies_on_every_write(effect=effect) >= {"cancellation_requests", "batch_requests"}


@lost_answers(
    ("POST", "*/cancellation_requests/"),
    ("GET", "*/cancellation_requests/"),
    ("POST", "*/batch_requests/"),
    ("PATCH", "*/batch_requests/*"),
    ("GET", "*/order_items/"),
    ("GET", "*/integration_actions/*"),
    ("GET", "/api/i2/claims/"),
)
async def test_an_answer_that_never_comes_makes_no_second_request(
    kind: str, method: str, path: str, times: int
) -> None:
    await TRIAL.loses(kind, method, path, times)


async def _one_claim() -> tuple[Returns, Row]:
    shop = returns()
    return shop, shop.ask(await shop.delivered())


async def test_after_a_lost_answer_the_request_is_found_at_once() -> None:
    shop, claim = await _one_claim()
    shop.kit.sandbox.faults.add("timeout_after", method="POST", path="*/cancellation_requests/", next=1)
    recorder = shop.record()
    await shop.pull()
    assert len(recorder.calls("POST", "cancellation_requests")) == 1
    await _check(shop, [claim])


async def test_a_lost_answer_is_no_penalty_and_the_next_run_looks_before_it_posts() -> None:
    shop, claim = await _one_claim()
    lost = shop.kit.sandbox.faults.add("timeout_after", method="POST", path="*/cancellation_requests/")
    shop.kit.wire.interceptors.append(lambda request: _hide_after(shop, lost.strikes, request))
    with pytest.raises(RetryNow):
        await shop.pull()
    row = await shop.row(claim)
    assert (row.state, row.penalty) == ("new", None)
    rights = await shop.kit.store().claims(CHANNEL, "refund_request", [claim["id"]])
    assert (rights[claim["id"]].state, rights[claim["id"]].detail) == (
        "open", {"items": [shop.request(claim)["order_item"]]},
    )  # fmt: skip
    shop.kit.sandbox.faults.clear()
    shop.kit.wire.interceptors.clear()
    recorder = shop.record()
    await shop.pull()
    assert not recorder.calls("POST", "cancellation_requests")
    await _check(shop, [claim])


async def test_a_decision_made_before_a_lost_request_was_found_still_shows_as_a_change() -> None:
    shop, claim = await _one_claim()
    shop.kit.sandbox.faults.add("timeout_after", method="POST", path="*/cancellation_requests/", next=1)

    def before_we_look(request: Request) -> None:
        if request.method == "GET" and [one["status"] for one in shop.requests(claim)] == ["waiting"]:
            shop.decide(claim, "approved")

    shop.kit.wire.interceptors.append(before_we_look)
    await shop.pull()
    assert shop.due() == [shop.request(claim)["pk"]]


def _hide_after(shop: Returns, strikes: int, request: Request) -> None:
    """Once the answer is lost, Omnitron cannot be asked for its requests either."""
    if strikes and not any(rule.method == "GET" for rule in shop.kit.sandbox.faults.rules):
        shop.kit.sandbox.faults.add("error", method="GET", path="*/cancellation_requests/")


async def test_a_request_whose_post_arrives_after_we_looked_is_not_made_twice() -> None:
    """It is still under way when we look: then the second one is refused, and the first is found."""
    shop, claim = await _one_claim()
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancellation_requests/", next=1)
    recorder = shop.record()
    with pytest.raises(RetryNow):
        await shop.pull()
    (late,) = recorder.calls("POST", "cancellation_requests")
    assert not shop.requests(claim)
    app = shop.kit.sandbox.apps["omnitron"]

    def overtaken(request: Request) -> None:
        if request.method == "POST" and request.url == late.url and request is not late:
            app.dispatch(late)

    shop.kit.wire.interceptors.append(overtaken)
    await shop.pull()
    shop.kit.wire.interceptors.clear()
    await _check(shop, [claim])


async def test_a_right_that_made_nothing_is_given_up_when_the_claim_needs_no_request_any_more() -> None:
    shop, claim = await _one_claim()
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancellation_requests/", next=1)
    with pytest.raises(RetryNow):
        await shop.pull()
    (order,) = shop.hub.orders.rows.values()
    shop.hub.touch("orderitem", shop.hub.order_items.find("order", order["pk"])[0], status="600")
    await shop.pull()
    assert (await shop.state(claim))[0] == "excluded"
    assert not await shop.kit.store().claims(CHANNEL, "refund_request", [claim["id"]])


async def test_while_one_claim_of_a_line_is_in_doubt_the_others_of_the_line_wait() -> None:
    shop = returns()
    package = await shop.delivered(Line(shop.skus[0], 2))
    first, second = shop.ask(package, quantity=1), shop.ask(package, quantity=1)
    shop.kit.sandbox.faults.add("timeout_before", method="POST", path="*/cancellation_requests/", next=1)
    recorder = shop.record()
    with pytest.raises(RetryNow):
        await shop.pull()
    (late,) = recorder.calls("POST", "cancellation_requests")
    shop.kit.sandbox.apps["omnitron"].dispatch(late)
    await shop.pull()
    await _check(shop, [first, second])


async def test_a_claim_of_two_units_that_dies_between_them_is_completed() -> None:
    shop = returns()
    shop.market.claim_quantities = True
    claim = shop.ask(await shop.delivered(Line(shop.skus[0], 3)), quantity=2)
    posts = 0

    def second(request: Request) -> None:
        nonlocal posts
        posts += request.method == "POST" and request.url.endswith("/cancellation_requests/")
        if posts == 2:
            shop.kit.sandbox.faults.add("error", method="POST", path="*/cancellation_requests/")

    shop.kit.wire.interceptors.append(second)
    with pytest.raises(RetryNow):
        await shop.pull()
    assert len(shop.requests(claim)) == 1
    shop.kit.wire.interceptors.clear()
    shop.kit.sandbox.faults.clear()
    await shop.pull()
    assert len({request["order_item"] for request in shop.requests(claim)}) == 2
    assert await shop.state(claim) == ("done", None)
    assert list(left_open(shop)) == []
