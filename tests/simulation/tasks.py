"""The tasks that Airflow starts, each in a process of its own that may be killed, stopped or started twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Protocol

from include.clients.omnitron.auth import MemoryTokenCache
from include.errors import FashfedError
from include.flows.context import Tuning
from include.flows.registry import FLOWS, step_function
from include.sandbox import Sandbox
from include.sandbox.fashfed.market import PREPARING
from include.sandbox.timeline import parse
from include.settings import check_flag
from include.shared import SharedLimiter
from include.state.memory import MemoryDatabase, MemoryStore
from tests.simulation.mortal import Leaving, Life, MortalStore, MortalTransport, SimulatedCrash, Trace
from tests.simulation.weather import SmallPages, Weather
from tests.virtual_time import VirtualClock
from tests.worldkit import CHANNEL, Process


class Watch(Protocol):
    """What must be true, looked at from outside; each method raises ``Broken``."""

    def always(self) -> None: ...

    def nothing_held_by(self, process: MemoryStore) -> None: ...

    def everything_shown_is_kept(self, start: datetime, end: datetime, shown_before: set[str]) -> None: ...


WELL = ("ok", "skipped")
"""How a task ends after which the next one of its flow starts."""
_RETRY_DELAY = 30.0


class Tasks:
    """Runs tasks in one world; the invariants are looked at after each."""

    def __init__(
        self,
        sandbox: Sandbox,
        database: MemoryDatabase,
        weather: Weather,
        watch: Watch,
        trace: Trace,
        rng: random.Random,
        leaving: Leaving | None = None,
    ) -> None:
        self.runs: Counter[str] = Counter()
        self.troubles = 0
        """How many did not end well."""
        self.running = 0
        """How many go on now."""
        self.written: list[str] = []
        """Requests that are no reading, since somebody cleared the list."""
        self.tuning = Tuning(
            feed_page=rng.choice((3, 20, 100)),
            batch_objects=rng.choice((10, 100, 300)),
            market_items=rng.choice((2, 10, 50)),
            inbox_page=rng.choice((2, 10, 50)),
            settle_wait=rng.choice((0.0, 20.0)),
        )
        self._largest_page = rng.choice((4, 30, 100))
        self._sandbox = sandbox
        self._database = database
        self._weather = weather
        self._watch = watch
        self._leaving = leaving
        self._trace = trace
        self._rng = rng
        self._clock = VirtualClock()
        self._tokens = MemoryTokenCache()
        self._processes = 0

    async def task(self, flow: str, step: str) -> str:
        """One task; now and then somebody starts the same by hand while it runs."""
        if self._rng.random() >= self._weather.deadly / 4:
            return await self._step_with_retry(flow, step)
        result, other = await asyncio.gather(self._step_with_retry(flow, step), self._step(flow, step))
        return result if other == "ok" else other

    async def _step_with_retry(self, flow: str, step: str) -> str:
        result = await self._step(flow, step)
        if result not in WELL:
            await asyncio.sleep(_RETRY_DELAY)
            result = await self._step(flow, step)
        return result

    async def _step(self, flow: str, step: str) -> str:
        """One task whose process may be killed or stopped, as the weather is."""
        deadly = self._weather.deadly
        dies_at = self._rng.randint(1, self._rng.choice((10, 60, 400))) if self._rng.random() < deadly else None
        stop_after = self._rng.uniform(0, 20) if self._rng.random() < deadly / 3 else None
        return await self.once(flow, step, dies_at=dies_at, stop_after=stop_after)

    async def once(self, flow: str, step: str, *, dies_at: int | None = None, stop_after: float | None = None) -> str:
        """One task of Airflow in a process of its own; says how it ended. It is killed at its ``dies_at``-th await,
        and asked to end after so many seconds."""
        self._processes += 1
        inner = MemoryStore(self._database, self._clock)
        life = Life(f"{flow}.{step}#{self._processes}", inner, dies_at)
        store = MortalStore(inner, life, self._trace, self._leaving)
        way = SmallPages(self._sandbox.transport(), self._sandbox.urls["fashfed"], self._largest_page, self.written)
        transport = MortalTransport(way, life, self._trace, self._rng, self._weather.late)
        self.running += 1
        result = await _ending(life.live(self._work(flow, step, store, transport), stop_after))
        self.running -= 1
        self._trace(f"{life.name} {result}")
        self.troubles += result not in WELL
        self.runs[f"{flow}.{step} {result}"] += 1
        self._watch.always()
        self._watch.nothing_held_by(inner)
        return result

    async def _work(self, flow: str, step: str, store: Any, transport: MortalTransport) -> None:
        row = FLOWS[flow]

        def limiter(remote: str) -> SharedLimiter:
            return SharedLimiter(store, self._clock, remote, per_second=100, burst=100)

        process = await Process.start(self._sandbox, transport, store, self._tokens, self._rng, limiter)
        context = await process.context(flow, tuning=self.tuning)
        if not check_flag(context.settings, row.flag).on:
            raise _SkippedError
        if row.needs and await store.watermark(CHANNEL, row.needs) is None:
            raise _SkippedError
        pulls = flow == "get_orders" and step == "pull"
        shown = self._shown(context.window) if pulls and context.window else set()
        async with asyncio.timeout(row.time_limit.total_seconds()):
            await step_function(row, step)(context)
        if pulls and context.window and not context.report.errors["list_unsteady"]:
            still = shown & self._shown(context.window)
            self._watch.everything_shown_is_kept(context.window.start, context.window.end, still)

    def _shown(self, window: Any) -> set[str]:
        """Packages in Preparing that the market shows for this window now."""
        rows = self._sandbox.fashfed.packages.find("status", PREPARING)
        return {row["number"] for row in rows if window.start <= parse(row["updated_at"]) <= window.end}


class _SkippedError(Exception):
    """The flow is off, or waits for another one."""


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
    except _SkippedError:
        return "skipped"
    return "ok"
