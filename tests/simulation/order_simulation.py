"""One seed of the order side: orders live whole lives, things break, all order flows run, and the invariants hold.

The clocks of Omnitron, of Fashfed and ours differ by up to a quarter of an hour.
"""

import asyncio
import random
from typing import Any

from include.flows.registry import FLOWS
from include.sandbox.rates import Rates
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.catalogue import Article, add_article
from include.sandbox.seed.places import UNKNOWN, add_mapping
from include.sandbox.world import World
from include.state.memory import MemoryDatabase
from tests.simulation.canary import Canary
from tests.simulation.invariants import Broken
from tests.simulation.mortal import Trace
from tests.simulation.order_invariants import OrderInvariants
from tests.simulation.split_calls import SplitCalls
from tests.simulation.tasks import Tasks
from tests.simulation.weather import Weather
from tests.virtual_time import VirtualClock
from tests.worldkit import seeded_sandbox

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_SKEW = 15 * _MINUTE
_OFTEN = (
    *("get_orders", "get_cancel_orders", "get_refund_orders", "send_update_orders", "send_refund_order_status"),
    *("send_cancel_order_items", "split_packages"),
)
_SELDOM = {"get_updated_orders": 24 * _HOUR, "sweep_orders": 12 * _HOUR, "reconcile": 6 * _HOUR}
FLOWS_OF_ORDERS = (*_OFTEN, *_SELDOM)
_BREAKDOWN_EVERY = 72 * _HOUR
_QUIET = 40 * _HOUR
_LIFE = Rates(
    orders=0.4, cancels=0.04, refunds=0.05, restocks=1.0, sales_elsewhere=0.0, reprices=0.0, parcels_moved=1.2,
    new_products=0.0, partial_cancels=0.02, asked_cancels=0.02, partial_refunds=0.02, erp_reports=0.4,
    seller_cancels=0.03, plan_completions=0.3, invoices=0.3, refund_decisions=0.1, owner_decisions=0.08,
    panel_splits=0.03, oms_splits=0.03, carrier_changes=0.02,
)  # fmt: skip


class OrderSimulation:
    """One world that sells, and one deployment of ours in it; ``packages`` were bought before."""

    def __init__(self, seed: int, packages: int = 10) -> None:
        self._rng = random.Random(f"orders {seed}")
        self.clock = VirtualClock()
        self.trace = Trace(self.clock)
        self.sandbox = seeded_sandbox(
            seed=seed,
            size=24,
            packages=packages,
            hub_skew=self._rng.uniform(-_SKEW, _SKEW),
            market_skew=self._rng.uniform(-_SKEW, _SKEW),
        )
        conf = self.sandbox.omnitron.channel["conf"]
        conf["feature_flags"] |= dict.fromkeys(conf["feature_flags"], True)
        conf["send_shipping_info"] = self._rng.random() < 0.5
        self.sandbox.fashfed.claim_quantities = self._rng.random() < 0.5
        self.sandbox.oms.is_listened_to = True
        self.database = MemoryDatabase()
        self._every = self._rng.choice((5, 15, 30)) * _MINUTE
        self._world = World(self.sandbox, seed=seed, rates=_LIFE)
        self.weather = Weather(self.sandbox, self._rng, self.trace)
        self.invariants = OrderInvariants(self.sandbox, self.database)
        self.tasks = Tasks(self.sandbox, self.database, self.weather, self.invariants, self.trace, self._rng)
        self._calls = SplitCalls(self.sandbox, self.database, self.clock, self._rng)

    async def run(self, hours: float) -> None:
        """Trouble first, then quiet. Raises ``Broken``."""
        with Canary() as canary:
            await self.first_runs()
            await self._trouble(hours)
            await self._quiet()
        canary.check()

    async def first_runs(self) -> None:
        """Whoever switches the flows on sees them run once."""
        self.weather.set("still")
        for flow in FLOWS_OF_ORDERS:
            await self.flow(flow)

    async def _trouble(self, hours: float) -> None:
        end = self.clock.monotonic() + hours * _HOUR
        around = [asyncio.ensure_future(life) for life in (self._live(), self.weather.change(longest=30 * _HOUR))]
        try:
            async with asyncio.TaskGroup() as flows:
                for flow in FLOWS_OF_ORDERS:
                    flows.create_task(self._schedule(flow, _SELDOM.get(flow, self._every), end))
        except* Exception as several:  # noqa: BLE001 - whatever it was, out of its group
            raise several.exceptions[0] from None
        finally:
            for task in around:
                task.cancel()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(5 * _MINUTE)
            self._world.step()
            await self._calls.deliver()
            if self._rng.random() < 0.01:
                self.put_right()

    async def _schedule(self, flow: str, every: float, end: float) -> None:
        """One run at a time; sometimes nothing runs for long."""
        while (now := self.clock.monotonic()) < end:
            await asyncio.sleep(every - now % every)
            if self._rng.random() < every / _BREAKDOWN_EVERY:
                await asyncio.sleep(self._rng.uniform(1, 30) * _HOUR)
            await self.flow(flow)

    async def flow(self, flow: str) -> None:
        """One run."""
        for step in FLOWS[flow].steps:
            await self.tasks.task(flow, step)

    async def _quiet(self) -> None:
        self.calm_down()
        until = self.clock.monotonic() + _QUIET
        while self.clock.monotonic() < until:
            await self.quiet_hour()
        await self.flow("reconcile")
        self.invariants.everything_converged()
        await self.replay()

    def calm_down(self) -> None:
        """Nobody buys, nothing breaks, and what was wrong is put right."""
        self.weather.set("still")
        self.trace("quiet")
        self.put_right()

    async def quiet_hour(self) -> None:
        """Everything that is on its way comes nearer to its end."""
        await self._calls.deliver()
        self._finish_what_began()
        for flow in FLOWS_OF_ORDERS:
            await self.flow(flow)
        await asyncio.sleep(_HOUR)

    def _finish_what_began(self) -> None:
        """The brand reports every order to ERP, decides every return and carries out every cancellation."""
        hands = self.sandbox.hands
        for request in hands.open_requests():
            hands.decide(request, "completed")
        for order in [row for row in self.sandbox.omnitron.orders.rows.values() if not row["is_send"]]:
            hands.report(order)
        for plan in hands.open_plans():
            hands.complete_plan(plan)

    async def replay(self) -> None:
        """Once more, and nothing is written: not by any flow."""
        for flow in FLOWS_OF_ORDERS:
            self.tasks.written.clear()
            await self.flow(flow)
            written = [text for text in self.tasks.written if not self._may_be_written(flow, text)]
            if written:
                raise Broken(f"{flow} has nothing to do and writes: {written[:3]}")

    def _may_be_written(self, flow: str, request: str) -> bool:
        """A login, and what a person still has to see to: it is tried again in its time, and said again."""
        waits = self.invariants.waits_for_a_person()
        if flow == "send_refund_order_status" and self.sandbox.fashfed.owner_decided:
            return any(part in request for part in ("/auth/login/", "/batch_requests/", "/error_reports/"))
        tried_again = waits and ("/error_reports/" in request or "/cancel/" in request)
        return tried_again or "/auth/login/" in request

    def put_right(self) -> None:
        """An operator maps what orders wait for."""
        hub = self.sandbox.omnitron
        for city, text in UNKNOWN:
            pk = next(row["pk"] for row in hub.cities.rows.values() if row["name"] == city)
            township: dict[str, Any] = hub.townships.find("city", pk)[0]
            if (text, "sales_channel") not in hub.location_codes["township"].get(township["pk"], []):
                add_mapping(hub, "township", township["pk"], text)
        hub.channel["conf"]["cargo_company_mapping"] |= {UNKNOWN_CARRIER: "4"}
        if not hub.products.find("sku", UNKNOWN_SKU):
            add_article(hub, Article(UNKNOWN_SKU, "ESK-0001", "Eski Sezon Tişört", "", "SYH", "M", 199.9, 199.9), 5)
