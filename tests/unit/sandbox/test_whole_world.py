"""A world that lives whole orders: everything happens, and a connector without fault keeps both sides equal."""

from dataclasses import asdict, replace

import pytest

from include.sandbox import Sandbox
from include.sandbox.world import Rates, World
from tests.unit.sandbox.callers import HandClock
from tests.unit.sandbox.ideal import IdealConnector

_TURNS = (
    *("partial_cancels", "asked_cancels", "partial_refunds", "seller_cancels", "panel_splits", "oms_splits"),
    *("owner_decisions", "carrier_changes", "refund_decisions", "cancels", "refunds"),
)


def _life(seed: int, *, brand_ships: bool = False, steps: int = 500) -> tuple[World, IdealConnector]:
    """Some busy hours and a quiet end."""
    sandbox = Sandbox.seeded(seed=seed, size=200, packages=20, clock=HandClock())
    for offer in sandbox.fashfed.offers.rows.values():
        offer["stock"] = 100_000
    sandbox.omnitron.channel["conf"]["send_shipping_info"] = brand_ships
    sandbox.oms.is_listened_to = True
    rates = replace(Rates.whole(), parcels_moved=1.5, **dict.fromkeys(_TURNS, 0.15))
    world, connector = World(sandbox, seed=seed, rates=rates), IdealConnector(sandbox)
    for step in range(steps):
        world.step()
        if step % 7 == 0:
            connector.sync()
    _come_to_rest(sandbox, connector)
    return world, connector


def _come_to_rest(sandbox: Sandbox, connector: IdealConnector) -> None:
    for order in sandbox.omnitron.orders.rows.values():
        sandbox.hands.report(order)
    for _ in range(4):
        connector.sync()
        for order in sandbox.omnitron.orders.rows.values():
            sandbox.hands.report(order)
    for plan in sandbox.hands.open_plans():
        sandbox.hands.complete_plan(plan)


@pytest.mark.parametrize("brand_ships", [False, True])
@pytest.mark.parametrize("seed", [1, 5])
def test_nothing_that_happens_keeps_the_two_sides_apart_for_good(seed: int, brand_ships: bool) -> None:
    world, connector = _life(seed, brand_ships=brand_ships)
    differences = [one for one in world.sandbox.order_differences() if one[0] not in connector.odd]
    assert differences == []
    assert world.sandbox.fashfed.backward_attempts == []
    assert all(world.events[name] for name in asdict(Rates()) if name not in ("category_changes", "attribute_drift"))
    assert {item["status"] for item in world.sandbox.omnitron.order_items.rows.values()} >= {"100", "500", "550", "600"}
    assert {claim["status"] for claim in world.sandbox.fashfed.claims.rows.values()} >= {"completed", "rejected"}
    assert world.sandbox.fashfed.owner_decided


def test_a_whole_world_is_the_same_for_the_same_seed() -> None:
    one, other = (_life(3, steps=150)[0].sandbox for _ in range(2))
    assert list(one.fashfed.claims.rows.values()) == list(other.fashfed.claims.rows.values())
    assert one.oms.answers == other.oms.answers
    assert [plan["status"] for plan in one.omnitron.cancellation_plans.rows.values()] == [
        plan["status"] for plan in other.omnitron.cancellation_plans.rows.values()
    ]


def test_the_turns_of_orders_leave_the_other_happenings_as_they_were() -> None:
    calm, whole = (
        World(Sandbox.seeded(size=200, packages=0, clock=HandClock()), seed=4, rates=rates)
        for rates in (Rates.lively(), replace(Rates.lively(), panel_splits=0.5, invoices=1, owner_decisions=1))
    )
    for world in (calm, whole):
        world.step(40)
    assert list(calm.sandbox.fashfed.orders.rows) == list(whole.sandbox.fashfed.orders.rows)
    assert len(whole.sandbox.fashfed.packages) > len(calm.sandbox.fashfed.packages)


def test_without_anybody_who_listens_the_oms_splits_nothing() -> None:
    sandbox = Sandbox.seeded(size=100, packages=40, clock=HandClock())
    IdealConnector(sandbox).sync()
    world = World(sandbox, rates=Rates(orders=0, cancels=0, parcels_moved=0, oms_splits=1))
    world.step(50)
    assert (world.events["oms_splits"], len(sandbox.oms.outbox)) == (0, 0)
    sandbox.oms.is_listened_to = True
    world.step(50)
    event = sandbox.oms.outbox[0]
    payload = event["payload"]
    order = sandbox.hands.order_of(payload["package_number"])
    assert (event["event"]["type"], payload["channel_id"]) == ("package.split", 137)
    assert order
    assert payload["order_number"] == order["number"]
    (group,) = payload["packages"]
    assert all(line["item_id"] in sandbox.fashfed.items.rows for line in group["items"])
    assert len({each["payload"]["package_number"] for each in sandbox.oms.outbox}) == len(sandbox.oms.outbox)
