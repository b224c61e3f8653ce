"""The life of orders as Hypothesis plays it: whatever anybody does is one small step, in whatever order.

Steps happen in one virtual loop, so a run of ours that was only begun goes on while others act.
"""

import asyncio
import random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from include.flows.registry import FLOWS
from include.sandbox.fashfed import Line
from tests.lifecycle.happenings import BASKETS, BRAND, BUYERS, MARKETPLACE, RANDOMS, When
from tests.lifecycle.scenes import Scenes
from tests.lifecycle.shop import in_time
from tests.lifecycle.troubles import TROUBLES, Trouble
from tests.simulation.order_simulation import FLOWS_OF_ORDERS
from tests.simulation.split_calls import SplitCalls

_MINUTES = (1, 5, 30, 2 * 60, 13 * 60, 30 * 60)
_LATE = 60.0
"""Seconds within which everything has arrived that was sent."""
_flows = st.sampled_from(FLOWS_OF_ORDERS)
_odd = st.sampled_from(("", "township", "carrier", "sku"))
"""What a buyer's order has that needs a person."""


def somebody_acts(name: str, happenings: dict[str, When]) -> Any:
    """A rule: one of the happenings, or several one after the other."""

    async def step(self: "OrderLives", rng: random.Random, times: int) -> bool:
        return sum(bool(self.happen(happenings, rng)) for _ in range(times)) > 0

    step.__name__ = name
    acts = rule(rng=RANDOMS, times=st.integers(1, 3))(in_time(step))
    return precondition(lambda life: any(when(life) for when in happenings.values()))(acts)


class OrderLives(Scenes):
    """Buyers, brand, marketplace, operator, our flows and their troubles around a few orders."""

    @initialize(
        seed=st.integers(0, 999),
        brand_ships=st.booleans(),
        claims_tell_quantities=st.booleans(),
        baskets=st.lists(BASKETS, min_size=1, max_size=3),
        moves=st.sampled_from((3, 3, 45, 45, 0)),
        rng=RANDOMS,
    )
    @in_time
    async def a_shop_opens(self, baskets: list[list[Line]], moves: int, rng: random.Random, **facts: Any) -> None:
        """Its first orders are new, with the brand, or delivered in part."""
        await self.open(**facts)
        for basket in baskets:
            await self.buy(basket, "")
        if moves:
            await self.run("get_orders")
        for _ in range(moves // 3):
            for _ in range(3):
                self.happen({"parcels_moved": bool}, rng)
            for flow in ("send_update_orders", "get_updated_orders"):
                await self.run(flow)

    # --- buyers, brand and marketplace ----------------------------------------------------------------------------
    @rule(basket=BASKETS, odd=_odd)
    @in_time
    async def a_buyer_orders(self, basket: list[Line], odd: str) -> None:
        await self.buy(basket, odd)

    a_buyer_acts = somebody_acts("a_buyer_acts", BUYERS)
    the_brand_acts = somebody_acts("the_brand_acts", BRAND)
    the_marketplace_acts = somebody_acts("the_marketplace_acts", MARKETPLACE)

    @precondition(lambda life: life.hub.orders.rows)
    @rule(rng=RANDOMS, times=st.integers(1, 8))
    @in_time
    async def parcels_move(self, rng: random.Random, times: int) -> bool:
        return sum(bool(self.happen({"parcels_moved": bool}, rng)) for _ in range(times)) > 0

    @precondition(lambda life: life.sandbox.oms.outbox)
    @rule(rng=RANDOMS)
    @in_time
    async def the_oms_calls(self, rng: random.Random) -> None:
        """Now and then it does not hear our answer, and calls again later."""
        await SplitCalls(self.sandbox, self.shop.database, self.shop.clock, rng).deliver()

    @precondition(lambda life: life.waits_for_an_operator)
    @rule()
    @in_time
    async def an_operator_maps_what_is_unknown(self) -> None:
        self.shop.put_right()
        self.waits_for_an_operator = False

    @rule(minutes=st.sampled_from(_MINUTES))
    @in_time
    async def time_passes(self, minutes: int) -> None:
        await asyncio.sleep(minutes * 60)

    # --- our flows ------------------------------------------------------------------------------------------------
    @rule(flow=_flows)
    @in_time
    async def a_flow_runs(self, flow: str) -> None:
        await self.run(flow)

    @precondition(lambda life: life.last != "all_flows_run")
    @rule()
    @in_time
    async def all_flows_run(self) -> None:
        for flow in FLOWS_OF_ORDERS:
            await self.run(flow)

    @rule(flow=_flows, late=st.sampled_from((0.0, 0.02, 0.2, 1.0)))
    @in_time
    async def a_flow_runs_twice_at_once(self, flow: str, late: float) -> None:
        async def other() -> None:
            await asyncio.sleep(late)
            await self.run(flow)

        await asyncio.gather(self.run(flow), other())

    @rule(flow=_flows, last=st.booleans(), at=st.integers(1, 90))
    @in_time
    async def a_flow_dies(self, flow: str, last: bool, at: int) -> None:
        """Its first or last step, at the n-th await."""
        await self.run(flow, FLOWS[flow].steps[-1 if last else 0], at)

    @precondition(lambda life: len(life.begun) < 3)
    @rule(flow=_flows, seconds=st.sampled_from((0.1, 0.3, 0.6, 1.0, 2.0)))
    @in_time
    async def a_flow_has_come_so_far(self, flow: str, seconds: float) -> None:
        """It goes on when time does; until then the world changes under its hands."""
        self.begun.append(asyncio.get_running_loop().create_task(self.run(flow)))
        await asyncio.sleep(seconds)

    # --- troubles -------------------------------------------------------------------------------------------------
    @rule(trouble=TROUBLES, calls=st.sampled_from((1, 1, 2, 5, 40)))
    @in_time
    async def something_breaks(self, trouble: Trouble, calls: int) -> None:
        kind, facts = trouble
        self.sandbox.faults.add(kind, next=calls, **facts)

    @precondition(lambda life: not life.begun)
    @rule(flow=_flows, late=st.sampled_from((0.02, 0.2)))
    @in_time
    async def requests_of_a_flow_arrive_late(self, flow: str, late: float) -> None:
        """After the run that sent them has given up, but before the next one begins."""
        self.shop.weather.late = late
        await self.run(flow)
        self.shop.weather.late = 0.0
        await asyncio.sleep(_LATE)

    @precondition(lambda life: life.sandbox.faults.rules)
    @rule()
    @in_time
    async def nothing_breaks_any_more(self) -> None:
        self.shop.weather.set("still")

    @rule(dice=st.integers(1, 10))
    @in_time
    async def everything_comes_to_rest(self, dice: int) -> bool:
        """Seldom, because it takes long."""
        if dice != 7:
            return False
        await self.rest()
        return True
