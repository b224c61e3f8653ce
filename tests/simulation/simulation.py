"""One seed: the world moves, things break, all flows run on schedule, and the invariants are watched."""

import asyncio
import random
import re
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from include.flows.registry import FLOWS
from include.sandbox.timeline import micro
from include.state.memory import MemoryDatabase
from tests.simulation.canary import Canary
from tests.simulation.catalogue import Catalogue
from tests.simulation.comparison import comparison_is_right
from tests.simulation.invariants import Broken, Invariants
from tests.simulation.mortal import Trace, task_factory
from tests.simulation.order_simulation import OrderSimulation
from tests.simulation.people import People
from tests.simulation.tasks import Tasks
from tests.simulation.weather import Weather
from tests.virtual_time import VirtualClock, VirtualLoop
from tests.worldkit import seeded_sandbox

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_EVERY = {"stock": _MINUTE, **dict.fromkeys(("product", "price", "delete_product", "get_orders"), 5 * _MINUTE)}
_SELDOM = {"reconcile": 3 * _HOUR}
_SETUP = ("category_node", "category_attributes", "default_attributes")
"""Each is started by the success of the one before."""
_SETUP_EVERY = 3 * _HOUR
_COMPARE = 0.3
"""Chance that the weekly comparison falls on a time of setup."""
_NOTHING = re.compile("POST .*/auth/login/")
_ALLOWED = {"category_attributes": re.compile("PATCH .*/(category_nodes|integration_actions)/[0-9]+/")}
"""What a flow writes that has nothing to do: a login, and the turns that categories take."""
_BREAKDOWN_EVERY = 36 * _HOUR
_CLEAN_RUNS = 5
_QUIET = 28 * _HOUR
_QUIET_EVERY = 30 * _MINUTE


@dataclass(frozen=True, slots=True)
class Result:
    """How a seed went. ``broken`` is the invariant that did not hold."""

    seed: int
    broken: str | None
    runs: Counter[str]
    orders: int
    digest: str
    last: tuple[str, ...]


class Both:
    """Everything that is watched of the catalogue and of the import of orders."""

    def __init__(self, invariants: Invariants, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._invariants = invariants
        self.nothing_held_by = invariants.nothing_held_by
        self.everything_shown_is_kept = invariants.everything_shown_is_kept

    def always(self) -> None:
        """After each task."""
        self._invariants.always()
        self._catalogue.always()


class Simulation:
    """One world and one deployment of ours in it."""

    def __init__(self, seed: int, size: int) -> None:
        self._rng = random.Random(f"simulation {seed}")
        self.clock = VirtualClock()
        self.trace = Trace(self.clock)
        self.sandbox = seeded_sandbox(
            seed=seed,
            size=size,
            packages=40,
            on_sale=self._rng.choice((0.0, 0.5, 0.96, 0.96)),
            hub_skew=self._rng.uniform(-90, 90),
            market_skew=self._rng.uniform(-90, 90),
        )
        self.sandbox.omnitron.channel["conf"]["feature_flags"] |= dict.fromkeys(_EVERY, True)
        self.sandbox.fashfed.approval_seconds = self._rng.choice((0.0, 90.0, 3600.0))
        self.database = MemoryDatabase()
        self.people = People(self.sandbox, seed, self._rng)
        self.weather = Weather(self.sandbox, self._rng, self.trace)
        self.invariants = Invariants(self.sandbox, self.database, self.people)
        self.catalogue = Catalogue(self.sandbox, self.database, self.people)
        self.tasks = Tasks(
            self.sandbox,
            self.database,
            self.weather,
            Both(self.invariants, self.catalogue),
            self.trace,
            self._rng,
            self.catalogue.arrivals.leaving,
        )
        self._clean_since: list[str] = []

    async def run(self, hours: float) -> None:
        """Trouble first, then quiet. Raises ``Broken``."""
        with Canary() as canary:
            await self._trouble(hours)
            await self._quiet()
        canary.check()

    async def _trouble(self, hours: float) -> None:
        end = self.clock.monotonic() + hours * _HOUR
        around = [asyncio.ensure_future(life) for life in (self._world(), self.weather.change())]
        try:
            async with asyncio.TaskGroup() as flows:
                flows.create_task(self._schedule_setup(end))
                for flow, every in (_EVERY | _SELDOM).items():
                    flows.create_task(self._schedule(flow, every, end))
        except* Exception as several:  # noqa: BLE001 - whatever it was, out of its group
            raise several.exceptions[0] from None
        finally:
            for task in around:
                task.cancel()

    async def _world(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE)
            self.people.minute()

    async def _schedule(self, flow: str, every: float, end: float) -> None:
        """One run at a time; a longer run leaves out the ticks it covers. Sometimes nothing runs for long."""
        while (now := self.clock.monotonic()) < end:
            await asyncio.sleep(every - now % every)
            if self._rng.random() < every / _BREAKDOWN_EVERY:
                await asyncio.sleep(self._rng.uniform(1, 20) * _HOUR)
            await self._flow(flow)

    async def _schedule_setup(self, end: float) -> None:
        """The chain of setup flows, again and again; one that fails is tried again soon."""
        while self.clock.monotonic() < end:
            done = await self._setup()
            if self._rng.random() < _COMPARE:
                await self._flow("compare_attributes")
            await asyncio.sleep(self._rng.uniform(0.3, 1) * _SETUP_EVERY if done else 10 * _MINUTE)

    async def _setup(self) -> bool:
        for flow in _SETUP:
            if await self._flow(flow) != "ok":
                return False
        return True

    async def _quiet(self) -> None:
        """Nothing breaks, nobody buys, everything is mapped: now it must all come right."""
        self.weather.set("still")
        self.trace("quiet")
        self.people.go_home()
        for _ in range(2):  # products of a category that became a parent move when its children are drawn
            await self._setup()
            await self._flow("compare_attributes")
            self.people.merchant()
        self.people.release_the_penalised()
        self.people.repair(self.catalogue.arrivals.overtaken)
        until = self.clock.monotonic() + _QUIET
        while self.clock.monotonic() < until:
            await asyncio.sleep(_QUIET_EVERY)
            for flow in _EVERY:
                await self._flow(flow)
        await asyncio.sleep(_MINUTE)
        for flow in (*_EVERY, *_SELDOM):  # what was tried once more at the very end is settled
            await self._flow(flow)
        self.invariants.everything_converged()
        self.catalogue.everything_converged()
        comparison_is_right(self.sandbox, self.database)
        await self._replay()

    async def _replay(self) -> None:
        """Once more, and nothing is written: not by any flow."""
        for flow in (*_EVERY, *_SELDOM, *_SETUP, "compare_attributes"):
            self.tasks.written.clear()
            await self._flow(flow)
            written = [text for text in self.tasks.written if not _ALLOWED.get(flow, _NOTHING).match(text)]
            if written:
                raise Broken(f"{flow} has nothing to do and writes: {written[:3]}")

    async def _flow(self, flow: str) -> str:
        """One run; says how its last step ended."""
        began, struck = micro(self.sandbox.omnitron.timeline.now()), self.weather.struck
        penalties, troubles = self.catalogue.newest_penalty, self.tasks.troubles
        results = [await self.tasks.task(flow, step) for step in FLOWS[flow].steps]
        undisturbed = self.weather.struck == struck and not self.weather.late and self.people.alone
        clean = undisturbed and all(result == "ok" for result in results)
        if flow == "stock":
            self._stock_was_right(clean, began)
        elif clean and flow == "get_orders":
            self.invariants.no_batch_open("order")
        if clean and troubles == self.tasks.troubles and not self.tasks.running:
            self.catalogue.new_penalties_have_reasons(FLOWS[flow].content_type, penalties)
        return results[-1]

    def _stock_was_right(self, clean: bool, began: str) -> None:
        """A change has to be on the market after some clean runs: it may first have to wait until a batch is settled
        whose other calls the market does not answer."""
        if not clean:
            self._clean_since.clear()
            return
        self._clean_since = [*self._clean_since[1 - _CLEAN_RUNS :], began]
        if len(self._clean_since) == _CLEAN_RUNS and self.tasks.tuning.settle_wait:
            self.invariants.nothing_oversold(self._clean_since[0])


def simulate(seed: int, hours: float, *, size: int = 60) -> Result:
    """Live through ``hours`` of virtual time and the quiet after it."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_lived(lambda: Simulation(seed, size), seed, hours))


def simulate_orders(seed: int, hours: float) -> Result:
    """The same for the order side alone, with all its flows."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_lived(lambda: OrderSimulation(seed), seed, hours))


async def _lived(make: Callable[[], Simulation | OrderSimulation], seed: int, hours: float) -> Result:
    asyncio.get_running_loop().set_task_factory(task_factory)
    simulation = make()
    broken = None
    try:
        await simulation.run(hours)
    except Broken as error:
        broken = str(error)
    except Exception:  # noqa: BLE001 - a fault of ours is a finding, too
        broken = traceback.format_exc()
    trace = simulation.trace
    orders = len(simulation.sandbox.omnitron.orders)
    return Result(seed, broken, simulation.tasks.runs, orders, trace.digest(), tuple(trace.last))
