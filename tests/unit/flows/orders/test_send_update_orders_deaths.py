"""Whatever dies and whichever answer is lost: every package is told the truth, nothing backwards, no order is lost."""

import asyncio

import pytest

from include.sandbox.fashfed import Line
from tests.unit.flows.orders.mortal import Trial, lost_answers
from tests.unit.flows.orders.road import DELIVERED, Road
from tests.unit.flows.orders.shop import Row
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
def road(kit: Kit) -> Road:
    """A shop that ships its packages itself."""
    return Road(kit)


async def work(road: Road) -> list[Row]:
    """An order in two packages, one that Fashfed has as delivered already, and one that our own flow has touched."""
    road.set(send_shipping_info=True)
    one, two = road.skus[:2]
    split, ahead, touched = await road.sold(Line(one), Line(two)), await road.sold(), await road.sold()
    part = await road.split(split, f"{split['number']}-2")
    first, second = road.items(split)
    road.hands.ship([first], "77")
    road.hands.ship([second], "78")
    road.hands.ship(road.items(ahead), "79")
    road.hands.invoice(road.items(ahead), "F1")
    road.market.move(ahead, DELIVERED)
    road.hub.touch("order", road.order(touched), is_send=True)
    return [split, part, ahead, touched]


async def check(road: Road, packages: list[Row]) -> None:
    """Fashfed shows what Omnitron has, and Omnitron knows it."""
    split, part, ahead, touched = packages
    assert [(row["status"], row["tracking_number"]) for row in (split, part)] == [(4, "77"), (4, "78")]
    assert (ahead["status"], ahead["tracking_number"], ahead["invoice_number"]) == (DELIVERED, "79", "F1")
    assert touched["status"] == 2
    assert road.market.backward_attempts == []
    for package in (split, ahead, touched):
        order = road.order(package)
        action = road.hub.actions.get("order", order["pk"])
        assert (action.remote_id, action.status) == (package["number"], "success")
        assert action.version_date >= order["modified_date"]
    assert road.hub.penalties.table.rows == {}
    assert {batch["status"] for batch in road.hub.batches.rows.values()} <= {"done", "fail"}
    assert not await road.kit.store().open_batches(CHANNEL, "order")
    assert not road.kit.database.locks
    road.kit.wire.requests.clear()
    assert (await road.tell()).counts["read"] == 0


TRIAL = Trial("send_update_orders", Road, work, check, after_death=(41, 41), while_lost=(5, 11), after_loss=(41,))


def test_a_process_that_dies_at_any_await_loses_no_change_and_tells_nothing_wrong() -> None:
    assert TRIAL.dies_at_every_await() > 60


@lost_answers(
    ("GET", "*/orders/updates/"),
    ("GET", "*/order_items/"),
    ("GET", "*/integration_actions/*"),
    ("GET", "/api/i2/packages/"),
    ("PATCH", "/api/i2/packages/*"),
    ("POST", "*/batch_requests/"),
    ("PATCH", "*/batch_requests/*"),
)
async def test_an_answer_that_never_comes_is_made_good(kind: str, method: str, path: str, times: int) -> None:
    await TRIAL.loses(kind, method, path, times)


async def test_two_runs_at_once_tell_every_package_once(road: Road) -> None:
    packages = await work(road)
    await asyncio.gather(road.tell(), road.tell())
    assert road.kit.wire.count("PATCH", "/packages/") == 3
    await check(road, packages)
