"""Whatever dies and whichever answer is lost: every item ends where its package is, and no carrier is noted twice."""

import asyncio
from contextlib import suppress

import pytest

from include.errors import FashfedError
from include.sandbox.fashfed import Line
from tests.simulation.mortal import SimulatedCrash
from tests.unit.flows.orders.road import DELIVERED, Road
from tests.unit.flows.orders.shop import Row
from tests.virtual_time import virtual_run
from tests.worldkit import Kit

LOST = ("reset_after", "timeout_before", "error", "invalid_json")
"""What may become of an answer: it is lost or spoilt after the effect, or the effect never came."""


@pytest.fixture
def road(kit: Kit) -> Road:
    """A shop whose packages Fashfed ships."""
    return Road(kit)


async def on_the_way(road: Road) -> list[Row]:
    """Two packages of three units and one, one shipped with another carrier, one delivered."""
    one, two = road.skus[:2]
    first, second = await road.sold(Line(one, 2), Line(two), carrier="yurtici"), await road.sold(carrier="yurtici")
    road.move(first, shipping_company="aras")
    road.move(second, DELIVERED, "7700000002")
    return [first, second]


async def check(road: Road, first: Row, second: Row, *, notes: tuple[int, ...] = (0, 1)) -> None:
    """Every item is where its package is, once; ``notes``: how many notes of a carrier there may be."""
    assert road.states(first) == [("500", "7700000001")] * 3
    assert road.states(second) == [("550", "7700000002")]
    assert road.hub.backward_moves == []
    assert len(road.notes()) in notes
    assert (await road.movement(first)).state == "done"
    assert (await road.movement(second, DELIVERED)).state == "done"
    assert not road.kit.database.locks


async def _dies(after: int) -> bool:
    """A run that dies after so many awaits, and the runs after it. False when it came to its end before that."""
    road = Road(Kit.made(size=8))
    packages = await on_the_way(road)
    died = await road.kit.run_and_die("get_updated_orders", after=after)
    for _ in range(2):
        await road.kit.later(minutes=11)
        await road.take_over()
    await check(road, *packages)
    return died


def test_a_process_that_dies_at_any_await_leaves_nothing_behind_and_does_nothing_twice() -> None:
    after, died = 0, True
    while died:
        after += 1
        try:
            died = virtual_run(_dies(after))
        except (Exception, SimulatedCrash) as error:
            raise AssertionError(f"a process that died at await {after}") from error
    assert after > 40


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/i2/packages/"),
        ("GET", "/api/i2/packages/*/items/"),
        ("GET", "*/order_items/"),
        ("GET", "*/orders/"),
        ("GET", "*/cargos/"),
        ("PATCH", "*/order_items/*"),
        ("POST", "*/order_shipping_infos/"),
    ],
)
@pytest.mark.parametrize("times", [1, 12])
async def test_an_answer_that_never_comes_is_made_good(
    road: Road, kind: str, method: str, path: str, times: int
) -> None:
    packages = await on_the_way(road)
    fault = road.kit.sandbox.faults.add(kind, method=method, path=path, next=times)
    for _ in range(5):
        with suppress(FashfedError):
            await road.take_over()
        await road.kit.later(minutes=8)
    assert fault.strikes
    road.kit.sandbox.faults.clear()
    await road.take_over()
    await check(road, *packages, notes=(0, 1) if method == "POST" else (1,))


async def test_two_runs_at_once_write_everything_once(road: Road) -> None:
    packages = await on_the_way(road)
    await road.take_over("pull")
    road.kit.wire.requests.clear()
    await asyncio.gather(road.take_over("apply"), road.take_over("apply"))
    await check(road, *packages, notes=(1,))
    assert road.kit.wire.count("PATCH", "/order_items/") == 4
