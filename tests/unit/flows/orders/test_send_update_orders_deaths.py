"""Whatever dies and whichever answer is lost: every package is told the truth, nothing backwards, no order is lost."""

import asyncio
from contextlib import suppress

import pytest

from include.errors import FashfedError
from include.sandbox.fashfed import Line
from tests.simulation.mortal import SimulatedCrash
from tests.unit.flows.orders.road import DELIVERED, Road
from tests.unit.flows.orders.shop import Row
from tests.virtual_time import virtual_run
from tests.worldkit import CHANNEL, Kit

LOST = ("reset_after", "timeout_before", "error", "invalid_json")
"""What may become of an answer: it is lost or spoilt after the effect, or the effect never came."""


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


async def check(road: Road, split: Row, part: Row, ahead: Row, touched: Row) -> None:
    """Fashfed shows what Omnitron has, and Omnitron knows it."""
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


async def _dies(after: int) -> bool:
    """A run that dies after so many awaits, and the runs after it. False when it came to its end before that."""
    road = Road(Kit.made(size=8))
    packages = await work(road)
    died = await road.kit.run_and_die("send_update_orders", after=after)
    for _ in range(2):
        await road.kit.later(minutes=41)
        await road.tell()
    await check(road, *packages)
    return died


def test_a_process_that_dies_at_any_await_loses_no_change_and_tells_nothing_wrong() -> None:
    after, died = 0, True
    while died:
        after += 1
        try:
            died = virtual_run(_dies(after))
        except (Exception, SimulatedCrash) as error:
            raise AssertionError(f"a process that died at await {after}") from error
    assert after > 60


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "*/orders/updates/"),
        ("GET", "*/order_items/"),
        ("GET", "*/integration_actions/*"),
        ("GET", "/api/i2/packages/"),
        ("PATCH", "/api/i2/packages/*"),
        ("POST", "*/batch_requests/"),
        ("PATCH", "*/batch_requests/*"),
    ],
)
@pytest.mark.parametrize("times", [1, 12])
async def test_an_answer_that_never_comes_is_made_good(
    road: Road, kind: str, method: str, path: str, times: int
) -> None:
    packages = await work(road)
    fault = road.kit.sandbox.faults.add(kind, method=method, path=path, next=times)
    for _ in range(5):
        with suppress(FashfedError):
            await road.tell()
        await road.kit.later(minutes=11)
    assert fault.strikes
    road.kit.sandbox.faults.clear()
    await road.kit.later(minutes=41)
    await road.tell()
    await check(road, *packages)


async def test_two_runs_at_once_tell_every_package_once(road: Road) -> None:
    packages = await work(road)
    await asyncio.gather(road.tell(), road.tell())
    assert road.kit.wire.count("PATCH", "/packages/") == 3
    await check(road, *packages)
