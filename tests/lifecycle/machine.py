"""The life of orders as Hypothesis plays it: whatever anybody does is one small step, in whatever order.

Steps happen in one virtual loop, so a run of ours that was only begun goes on while others act.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from include.flows.registry import FLOWS
from include.sandbox.fashfed import Line
from include.sandbox.fashfed.market import DELIVERED, PREPARING
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.places import UNKNOWN
from tests.lifecycle.shop import ShopLife, in_time
from tests.lifecycle.troubles import TROUBLES, Trouble
from tests.simulation.order_simulation import FLOWS_OF_ORDERS
from tests.simulation.split_calls import SplitCalls

_MINUTES = (1, 5, 30, 2 * 60, 13 * 60, 30 * 60)
_TOGETHER = 90.0
"""Seconds after which nobody takes what a buyer's package is split into for packages that were bought beside it."""
_LATE = 60.0
"""Seconds within which everything has arrived that was sent."""
_OPEN = ("open", "waiting", "approved")
_flows = st.sampled_from(FLOWS_OF_ORDERS)
_randoms = st.randoms(use_true_random=False)
_lines = st.builds(
    Line,
    st.sampled_from("0123"),
    st.integers(1, 3),
    price=st.sampled_from((100.0, 59.99)),
    discount=st.sampled_from((0.0, 10.0, 0.05)),
    parcel=st.integers(0, 1),
)
_baskets = st.lists(_lines, min_size=1, max_size=3)
_odd = st.sampled_from(("", "", "", "", "township", "carrier", "sku"))
"""What a buyer's order has that needs a person."""
When = Callable[["OrderLives"], object]


def there_are(status: int) -> When:
    """Packages of a status."""
    return lambda life: life.market.packages.find("status", status)


def sent_to_erp(sent: bool) -> When:
    """Orders that ERP knows, or does not know yet."""
    return lambda life: any(order["is_send"] is sent for order in life.hub.orders.rows.values())


_BUYERS: dict[str, When] = {
    **dict.fromkeys(("cancels", "partial_cancels", "asked_cancels"), there_are(PREPARING)),
    **dict.fromkeys(("refunds", "partial_refunds"), there_are(DELIVERED)),
}
_BRAND: dict[str, When] = {
    "erp_reports": sent_to_erp(False),
    **dict.fromkeys(("seller_cancels", "invoices"), sent_to_erp(True)),
    "plan_completions": lambda life: life.sandbox.hands.open_plans(),
    "refund_decisions": lambda life: life.sandbox.hands.open_requests(),
    **dict.fromkeys(("panel_splits", "oms_splits"), there_are(PREPARING)),
}
_MARKETPLACE: dict[str, When] = {
    "owner_decisions": lambda life: any(claim["status"] in _OPEN for claim in life.market.claims.rows.values()),
    "carrier_changes": there_are(PREPARING),
    "parcels_moved": lambda life: life.hub.orders.rows,
}
"""Happenings of a living world (``Rates``), and when there is something that they may happen to."""


def somebody_acts(name: str, happenings: dict[str, When]) -> Any:
    """A rule: one of the happenings, or several one after the other."""

    async def step(self: "OrderLives", rng: random.Random, times: int) -> bool:
        return sum(self.happen(happenings, rng) for _ in range(times)) > 0

    step.__name__ = name
    acts = rule(rng=_randoms, times=st.integers(1, 3))(in_time(step))
    return precondition(lambda life: any(when(life) for when in happenings.values()))(acts)


class OrderLives(ShopLife):
    """Buyers, brand, marketplace, operator, our flows and their troubles around a few orders."""

    @initialize(
        seed=st.integers(0, 999),
        brand_ships=st.booleans(),
        claims_tell_quantities=st.booleans(),
        baskets=st.lists(_baskets, min_size=1, max_size=3),
        moves=st.sampled_from((0, 3, 45)),
        rng=_randoms,
    )
    @in_time
    async def a_shop_opens(self, baskets: list[list[Line]], moves: int, rng: random.Random, **facts: Any) -> None:
        """Its first orders are new, with the brand, or delivered in part."""
        await self.open(**facts)
        for basket in baskets:
            await self._buy(basket, "")
        if moves:
            await self.run("get_orders")
        for _ in range(moves // 3):
            for _ in range(3):
                self.happen({"parcels_moved": bool}, rng)
            for flow in ("send_update_orders", "get_updated_orders"):
                await self.run(flow)

    # --- buyers, brand and marketplace ----------------------------------------------------------------------------
    @rule(basket=_baskets, odd=_odd)
    @in_time
    async def a_buyer_orders(self, basket: list[Line], odd: str) -> None:
        await self._buy(basket, odd)

    async def _buy(self, basket: list[Line], odd: str) -> None:
        self.waits_for_an_operator |= bool(odd)
        skus = self.sandbox.skus_on_sale()
        lines = [replace(line, sku=skus[int(line.sku)]) for line in basket]
        if odd == "sku":
            lines.append(Line(UNKNOWN_SKU, 1, 199.9))
        place = dict(zip(("city", "township"), UNKNOWN[0], strict=True)) if odd == "township" else {}
        self.sandbox.place_order(lines, place, carrier=UNKNOWN_CARRIER if odd == "carrier" else "aras")
        await asyncio.sleep(_TOGETHER)

    a_buyer_acts = somebody_acts("a_buyer_acts", _BUYERS)
    the_brand_acts = somebody_acts("the_brand_acts", _BRAND)
    the_marketplace_acts = somebody_acts("the_marketplace_acts", _MARKETPLACE)

    def happen(self, happenings: dict[str, When], rng: random.Random) -> bool:
        """One of those that are possible: the one that was chosen, else the next."""
        possible = [name for name, when in happenings.items() if when(self)]
        first = rng.randrange(len(possible)) if len(possible) > 1 else 0
        for name in [*possible[first:], *possible[:first]]:
            turns = next(turns for turns in self.turns if hasattr(turns, name))
            turns.rng = rng
            if getattr(turns, name)():
                note(f"    {name}")
                self.happened[name] += 1
                return True
        return False

    @precondition(lambda life: life.hub.orders.rows)
    @rule(rng=_randoms, times=st.integers(1, 8))
    @in_time
    async def parcels_move(self, rng: random.Random, times: int) -> bool:
        return sum(self.happen({"parcels_moved": bool}, rng) for _ in range(times)) > 0

    @precondition(lambda life: life.sandbox.oms.outbox)
    @rule(rng=_randoms)
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

    @rule(another_time=st.integers(0, 9))
    @in_time
    async def everything_comes_to_rest(self, another_time: int) -> bool:
        """Seldom, because it takes long."""
        if another_time:
            return False
        await self.rest()
        return True
