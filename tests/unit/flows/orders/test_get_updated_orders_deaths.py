"""Whatever dies and whichever answer is lost: every item ends where its package is, and no carrier is noted twice."""

import asyncio

import pytest

from include.sandbox.fashfed import Line
from tests.unit.flows.orders.mortal import Trial, lost_answers
from tests.unit.flows.orders.road import DELIVERED, Road
from tests.unit.flows.orders.shop import Row
from tests.worldkit import Kit


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


async def check(road: Road, packages: list[Row]) -> None:
    """Every item is where its package is, and a carrier is noted once at most."""
    first, second = packages
    assert road.states(first) == [("500", "7700000001")] * 3
    assert road.states(second) == [("550", "7700000002")]
    assert road.hub.backward_moves == []
    assert len(road.notes()) <= 1
    assert (await road.movement(first)).state == "done"
    assert (await road.movement(second, DELIVERED)).state == "done"
    assert not road.kit.database.locks


TRIAL = Trial("get_updated_orders", Road, on_the_way, check, after_death=(11, 11), while_lost=(5, 8), after_loss=(0,))


def test_a_process_that_dies_at_any_await_leaves_nothing_behind_and_does_nothing_twice() -> None:
    assert TRIAL.dies_at_every_await() > 40


@lost_answers(
    ("GET", "/api/i2/packages/"),
    ("GET", "/api/i2/packages/*/items/"),
    ("GET", "*/order_items/"),
    ("GET", "*/orders/"),
    ("GET", "*/cargos/"),
    ("PATCH", "*/order_items/*"),
    ("POST", "*/order_shipping_infos/"),
)
async def test_an_answer_that_never_comes_is_made_good(kind: str, method: str, path: str, times: int) -> None:
    road = await TRIAL.loses(kind, method, path, times)
    assert method == "POST" or len(road.notes()) == 1


async def test_two_runs_at_once_write_everything_once(road: Road) -> None:
    packages = await on_the_way(road)
    await road.take_over("pull")
    road.kit.wire.requests.clear()
    await asyncio.gather(road.take_over("apply"), road.take_over("apply"))
    await check(road, packages)
    assert len(road.notes()) == 1
    assert road.kit.wire.count("PATCH", "/order_items/") == 4
