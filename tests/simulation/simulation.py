"""One seed: the world moves, things break, both flows run on schedule, and the invariants are watched."""

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from include.clients.omnitron.auth import MemoryTokenCache
from include.errors import FashfedError
from include.flows.context import Tuning
from include.flows.registry import FLOWS, step_function
from include.sandbox.fashfed.market import PREPARING
from include.sandbox.timeline import micro, parse
from include.shared import SharedLimiter
from include.state.memory import MemoryDatabase, MemoryStore
from tests.simulation.canary import Canary
from tests.simulation.invariants import Broken, Invariants
from tests.simulation.mortal import Life, MortalStore, MortalTransport, SimulatedCrash, Trace, task_factory
from tests.simulation.people import People
from tests.simulation.weather import SmallPages, Weather
from tests.virtual_time import VirtualClock, VirtualLoop
from tests.worldkit import Process, seeded_sandbox

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_EVERY = {"stock": _MINUTE, "get_orders": 5 * _MINUTE}
_RETRY_DELAY = 30.0
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


def simulate(seed: int, hours: float, *, size: int = 150) -> Result:
    """Live through ``hours`` of virtual time and the quiet after it."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_simulate(seed, hours, size))


async def _simulate(seed: int, hours: float, size: int) -> Result:
    asyncio.get_running_loop().set_task_factory(task_factory)
    simulation = Simulation(seed, size)
    broken = None
    try:
        with Canary() as canary:
            await simulation.run(hours)
        canary.check()
    except Broken as error:
        broken = str(error)
    except Exception:  # noqa: BLE001 - a fault of ours is a finding, too
        broken = traceback.format_exc()
    trace = simulation.trace
    orders = len(simulation.sandbox.omnitron.orders)
    return Result(seed, broken, simulation.runs, orders, trace.digest(), tuple(trace.last))


class Simulation:
    """One world and one deployment of ours in it."""

    def __init__(self, seed: int, size: int) -> None:
        self._rng = random.Random(f"simulation {seed}")
        self.clock = VirtualClock()
        self.trace = Trace(self.clock)
        self.runs: Counter[str] = Counter()
        self.sandbox = seeded_sandbox(
            seed=seed,
            size=size,
            packages=40,
            hub_skew=self._rng.uniform(-90, 90),
            market_skew=self._rng.uniform(-90, 90),
        )
        self.database = MemoryDatabase()
        self._tokens = MemoryTokenCache()
        self.people = People(self.sandbox, seed, self._rng)
        self.weather = Weather(self.sandbox, self._rng, self.trace)
        self.invariants = Invariants(self.sandbox, self.database, self.people)
        self._tuning = Tuning(
            feed_page=self._rng.choice((3, 20, 100)),
            batch_objects=self._rng.choice((10, 100, 300)),
            market_items=self._rng.choice((2, 10, 50)),
            inbox_page=self._rng.choice((2, 10, 50)),
            settle_wait=self._rng.choice((0.0, 20.0)),
        )
        self._largest_page = self._rng.choice((4, 30, 100))
        self._processes = 0
        self._clean_since: list[str] = []

    async def run(self, hours: float) -> None:
        """Trouble first, then quiet. Raises ``Broken``."""
        end = self.clock.monotonic() + hours * _HOUR
        around = [asyncio.ensure_future(life) for life in (self._world(), self.weather.change())]
        try:
            async with asyncio.TaskGroup() as flows:
                for flow in _EVERY:
                    flows.create_task(self._schedule(flow, end))
        except* Exception as several:  # noqa: BLE001 - whatever it was, out of its group
            raise several.exceptions[0] from None
        finally:
            for task in around:
                task.cancel()
        await self._quiet()

    async def _world(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE)
            self.people.minute()

    async def _schedule(self, flow: str, end: float) -> None:
        """One run at a time; a longer run leaves out the ticks it covers. Sometimes nothing runs for long."""
        while (now := self.clock.monotonic()) < end:
            await asyncio.sleep(_EVERY[flow] - now % _EVERY[flow])
            if self._rng.random() < _EVERY[flow] / _BREAKDOWN_EVERY:
                await asyncio.sleep(self._rng.uniform(1, 20) * _HOUR)
            await self._flow(flow)

    async def _quiet(self) -> None:
        """Nothing breaks, nobody buys, everything is mapped: now it must all come right."""
        self.weather.set("still")
        self.trace("quiet")
        self.people.go_home()
        until = self.clock.monotonic() + _QUIET
        while self.clock.monotonic() < until:
            for flow in _EVERY:
                await self._flow(flow)
            await asyncio.sleep(_QUIET_EVERY)
        self.invariants.everything_converged()

    async def _flow(self, flow: str) -> None:
        began, struck = micro(self.sandbox.omnitron.timeline.now()), self.weather.struck
        results = [await self._task(flow, step) for step in FLOWS[flow].steps]
        undisturbed = self.weather.struck == struck and not self.weather.late and self.people.alone
        clean = undisturbed and all(result == "ok" for result in results)
        if flow == "stock":
            self._stock_was_right(clean, began)
        elif clean:
            self.invariants.no_batch_open("order")

    def _stock_was_right(self, clean: bool, began: str) -> None:
        """A change has to be on the market after some clean runs: it may first have to wait until a batch is settled
        whose other calls the market does not answer."""
        if not clean:
            self._clean_since.clear()
            return
        self._clean_since = [*self._clean_since[1 - _CLEAN_RUNS :], began]
        if len(self._clean_since) == _CLEAN_RUNS and self._tuning.settle_wait:
            self.invariants.nothing_oversold(self._clean_since[0])

    async def _task(self, flow: str, step: str) -> str:
        """One task; now and then somebody starts the same by hand while it runs."""
        if self._rng.random() >= self.weather.deadly / 4:
            return await self._step_with_retry(flow, step)
        result, other = await asyncio.gather(self._step_with_retry(flow, step), self._step(flow, step))
        return result if other == "ok" else other

    async def _step_with_retry(self, flow: str, step: str) -> str:
        result = await self._step(flow, step)
        if result != "ok":
            await asyncio.sleep(_RETRY_DELAY)
            result = await self._step(flow, step)
        return result

    async def _step(self, flow: str, step: str) -> str:
        """One task of Airflow in a process of its own; says how it ended."""
        self._processes += 1
        inner = MemoryStore(self.database, self.clock)
        deadly = self.weather.deadly
        dies_at = self._rng.randint(1, self._rng.choice((10, 60, 400))) if self._rng.random() < deadly else None
        stop_after = self._rng.uniform(0, 20) if self._rng.random() < deadly / 3 else None
        life = Life(f"{flow}.{step}#{self._processes}", inner, dies_at)
        store = MortalStore(inner, life, self.trace)
        way = SmallPages(self.sandbox.transport(), self.sandbox.urls["fashfed"], self._largest_page)
        transport = MortalTransport(way, life, self.trace, self._rng, self.weather.late)
        result = await _ending(life.live(self._work(flow, step, store, transport), stop_after))
        self.trace(f"{life.name} {result}")
        self.runs[f"{flow}.{step} {result}"] += 1
        self.invariants.always()
        self.invariants.nothing_held_by(inner)
        return result

    async def _work(self, flow: str, step: str, store: Any, transport: MortalTransport) -> None:
        row = FLOWS[flow]

        def limiter(remote: str) -> SharedLimiter:
            return SharedLimiter(store, self.clock, remote, per_second=100, burst=100)

        process = await Process.start(self.sandbox, transport, store, self._tokens, self._rng, limiter)
        context = await process.context(flow, tuning=self._tuning)
        shown = self._shown(context.window) if step == "pull" and context.window else set()
        async with asyncio.timeout(row.time_limit.total_seconds()):
            await step_function(row, step)(context)
        if context.window and step == "pull":
            still = shown & self._shown(context.window)
            self.invariants.everything_shown_is_kept(context.window.start, context.window.end, still)

    def _shown(self, window: Any) -> set[str]:
        """Packages in Preparing that the market shows for this window now."""
        rows = self.sandbox.fashfed.packages.find("status", PREPARING)
        return {row["number"] for row in rows if window.start <= parse(row["updated_at"]) <= window.end}


async def _ending(life: Awaitable[None]) -> str:
    try:
        await life
    except SimulatedCrash:
        return "killed"
    except asyncio.CancelledError:
        return "stopped"
    except TimeoutError:
        return "out of time"
    except FashfedError as error:
        return error.code
    return "ok"
