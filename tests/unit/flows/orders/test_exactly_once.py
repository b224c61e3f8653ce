"""Exactly one order per package, whatever dies and whichever answer is lost (design.md section 7)."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from include.clients.transport import Request
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.mortal import LOST, Trial, lost_answers
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL


async def at_work(shop: Shop) -> None:
    """We have begun: what is bought from now on nobody can have imported before us."""
    await shop.kit.store().born_at(CHANNEL, shop.kit.clock.now())
    await shop.kit.later(minutes=5)


async def two_orders(shop: Shop) -> list[dict[str, Any]]:
    """Three packages of two buyers, one order in two parcels, made after we had begun."""
    await at_work(shop)
    one, two = shop.skus[:2]
    parcels = shop.buy_parcels(Line(one, 2, price=50), Line(two, price=30, parcel=1), shipping_amount=20)
    return [*parcels, shop.buy(two, address={"email": "mehmet@example.com", "township": "Beşiktaş"})]


async def check(shop: Shop, packages: list[dict[str, Any]]) -> None:
    """One whole order per package, everything linked, nothing left open."""
    hub = shop.hub
    assert [len(shop.orders(package)) for package in packages] == [1] * len(packages)
    assert len(hub.orders) == len(packages)
    assert [len(shop.items(package)) for package in packages[:2]] == [2, 1]
    shipping = [Decimal(shop.order(package)["shipping_amount"]) for package in packages[:2]]
    assert sorted(shipping) == [0, 20]
    assert len(hub.customers) == 2
    assert len(hub.addresses) == 2
    for package in packages:
        assert (await shop.inbox(package)).state == "done"
        action = hub.actions.get("order", shop.order(package)["pk"])
        assert (action.remote_id, action.status) == (package["number"], "success")
        lines = [hub.actions.get("orderitem", item["pk"]) for item in shop.items(package)]
        assert {line.status for line in lines} == {"success"}
    assert {batch["status"] for batch in hub.batches.rows.values()} <= {"done", "fail"}
    assert not await shop.kit.store().open_batches(CHANNEL, "order")


TRIAL = Trial("get_orders", Shop, two_orders, check, after_death=(12, 12, 12, 12))
"""A batch whose number never came is looked for after forty minutes."""


def test_a_process_that_dies_at_any_await_makes_no_second_order_and_loses_none() -> None:
    assert TRIAL.dies_at_every_await() > 100


@lost_answers(
    ("POST", "*/create_orders/"),
    ("POST", "*/customers/"),
    ("POST", "*/addresses/"),
    ("POST", "*/batch_requests/"),
    ("PATCH", "*/batch_requests/*"),
    ("GET", "*/order_items/"),
    ("GET", "*/integration_actions/*"),
    ("GET", "*/townships/"),
    ("GET", "/api/i2/packages/*/items/"),
    ("GET", "/api/i2/orders/*"),
)
async def test_an_answer_that_never_comes_makes_no_second_order(kind: str, method: str, path: str, times: int) -> None:
    await TRIAL.loses(kind, method, path, times)


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("times", [1, 5])
async def test_a_lost_answer_and_a_look_that_fails_make_no_second_order(shop: Shop, kind: str, times: int) -> None:
    packages = await two_orders(shop)
    shop.kit.sandbox.faults.add("reset_after", path="*/create_orders/", next=2)
    look = shop.kit.sandbox.faults.add(kind, path="*/channel/137/orders/", next=times)
    for _ in range(6):
        await shop.try_run()
        await shop.kit.later(minutes=8)
    assert look.strikes == times
    await check(shop, packages)


async def test_after_a_lost_answer_the_order_is_found_at_once_and_not_posted_again(shop: Shop) -> None:
    await at_work(shop)
    package = shop.buy()
    shop.kit.sandbox.faults.add("timeout_after", path="*/create_orders/", next=1)
    recorder = shop.record()
    report = await shop.run()
    assert len(recorder.calls("POST", "create_orders")) == 1
    assert shop.order(package)
    assert (report.counts["created"], report.counts["unchanged"], report.counts["failed"]) == (0, 1, 0)


async def test_a_lost_answer_is_no_penalty_and_the_next_run_looks_before_it_posts(shop: Shop) -> None:
    await at_work(shop)
    package = shop.buy()
    shop.kit.sandbox.faults.add("timeout_after", path="*/create_orders/")
    shop.kit.sandbox.faults.add("error", path="*/channel/137/orders/")
    await shop.try_run()
    row = await shop.inbox(package)
    assert (row.state, row.penalty) == ("new", None)
    shop.kit.sandbox.faults.clear()
    recorder = shop.record()
    await shop.run()
    assert not recorder.calls("POST", "create_orders")
    assert shop.order(package)


async def test_an_order_whose_post_arrives_after_we_looked_is_not_made_twice(shop: Shop) -> None:
    """The request is still under way when we look: then a second POST meets the number and the order is found."""
    await at_work(shop)
    package = shop.buy()
    shop.kit.sandbox.faults.add("timeout_before", path="*/create_orders/", next=1)
    recorder = shop.record()
    await shop.try_run()
    late = recorder.calls("POST", "create_orders")[0]
    assert not shop.orders(package)
    app = shop.kit.sandbox.apps["omnitron"]

    def overtaken(request: Request) -> None:
        if request.url == late.url:
            app.dispatch(late)

    shop.kit.wire.interceptors.append(overtaken)
    await shop.run()
    assert shop.order(package)
    assert (await shop.inbox(package)).state == "done"


async def test_a_lost_post_is_not_forgotten_when_the_package_has_to_wait_afterwards(shop: Shop) -> None:
    await at_work(shop)
    package = shop.buy()
    shop.kit.sandbox.faults.add("timeout_before", path="*/create_orders/", next=1)
    recorder = shop.record()
    await shop.try_run()
    (late,) = recorder.calls("POST", "create_orders")
    shop.set(cargo_company_mapping={"default": "99"})
    await shop.run()
    assert (await shop.parked(package))[0] == "cargo_unmapped"
    shop.kit.sandbox.apps["omnitron"].dispatch(late)
    shop.set(cargo_company_mapping={"default": "3"})
    await shop.kit.later(hours=8)
    recorder = shop.record()
    await shop.run()
    assert not recorder.calls("POST", "create_orders")
    assert (await shop.inbox(package)).state == "done"


async def test_two_runs_at_once_make_one_order(shop: Shop) -> None:
    packages = [shop.buy() for _ in range(5)]
    await asyncio.gather(shop.run(), shop.run(), shop.run())
    assert [len(shop.orders(package)) for package in packages] == [1] * 5


async def test_a_package_that_is_cancelled_after_its_order_was_lost_leaves_nothing_unclear(shop: Shop) -> None:
    await at_work(shop)
    package = shop.buy()
    shop.kit.sandbox.faults.add("timeout_before", path="*/create_orders/", next=1)
    await shop.try_run()
    item = shop.market.items.rows[f"{package['number']}-1"]
    shop.market.cancel_item(item, by=1, reason=shop.market.identity("reason", "late"))
    await shop.run()
    assert (await shop.inbox(package)).code == "order_unclear", "the request may still be on its way"
    await shop.kit.later(minutes=20)
    await shop.run()
    assert (await shop.inbox(package)).state == "excluded"
    assert not await shop.kit.store().claims(CHANNEL, "create_order", [package["number"]])


async def test_an_order_found_beside_a_part_of_it_gives_its_items_one_name_each(shop: Shop) -> None:
    await at_work(shop)
    whole = shop.buy(Line(shop.skus[0], 2))
    shop.kit.sandbox.faults.add("timeout_after", path="*/create_orders/", next=1)
    shop.kit.sandbox.faults.add("error", path="*/channel/137/orders/", next=6)
    await shop.try_run()
    await shop.kit.later(minutes=5)
    (part,) = shop.market.split(whole, [[(shop.market.items.rows[f"{whole['number']}-1"], 1)]])
    await shop.kit.later(minutes=5)
    for _ in range(3):
        await shop.try_run()
        await shop.kit.later(minutes=20)
    assert not shop.orders(part)
    names = await shop.kit.store().identities_of(CHANNEL, "orderitem", [item["pk"] for item in shop.items(whole)])
    called = [[name.remote_id for name in each] for each in names.values()]
    assert sorted(called) == [[f"{whole['number']}-1"], [f"{part['number']}-1"]]
