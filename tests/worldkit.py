"""Both flows against the in-process sandbox: everything a ``FlowContext`` needs, made by hand, in virtual time."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from include.clients.fashfed.auth import AccessToken
from include.clients.fashfed.client import FashfedClient
from include.clients.http import RemoteSession
from include.clients.limiter import Limiter, LocalLimiter
from include.clients.omnitron.auth import MemoryTokenCache, TokenCache, TokenLogin
from include.clients.omnitron.client import OmnitronClient
from include.clients.transport import Request, Response, Transport, TransportError
from include.clock import Clock
from include.domain.run import RunReport, Window
from include.flows.context import FlowContext, Retention, Tuning
from include.flows.registry import FLOWS, step_function
from include.remotes import read_settings
from include.sandbox import Sandbox
from include.sandbox.fashfed import Fashfed
from include.sandbox.faults import Faults
from include.sandbox.omnitron import Omnitron
from include.sandbox.seed import fill
from include.sandbox.timeline import Timeline
from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import Store
from tests.simulation.mortal import Life, MortalStore, MortalTransport, SimulatedCrash, Trace, task_factory
from tests.virtual_time import VirtualClock

CHANNEL = "default"
KEPT = Retention(payloads=timedelta(days=30), history=timedelta(days=90))


def seeded_sandbox(
    *,
    seed: int = 1,
    size: int = 60,
    packages: int = 0,
    hub_skew: float = 0.0,
    market_skew: float = 0.0,
    on_sale: float = 0.96,
    bare: bool = False,
) -> Sandbox:
    """A sandbox whose two remotes may each have a wrong clock; further facts are ``Sandbox.seeded``'s."""
    hub = Omnitron(Timeline(VirtualClock(hub_skew)))
    market = Fashfed(Timeline(VirtualClock(market_skew)))
    url = "https://fashfed.sandbox"
    fill(hub, market, seed=seed, size=size, packages=packages, market_url=url, on_sale=on_sale, bare=bare)
    return Sandbox(hub, market, Faults(seed))


@dataclass(slots=True)
class Process:
    """One process of ours: its own sessions and store handle over shared data."""

    hub: OmnitronClient
    market: FashfedClient
    store: Store
    clock: Clock

    @classmethod
    async def start(
        cls,
        sandbox: Sandbox,
        transport: Transport,
        store: Store,
        tokens: TokenCache,
        rng: random.Random,
        limiter: Callable[[str], Limiter] | None = None,
    ) -> "Process":
        """Read the channel as the composition root does and open both remotes."""
        clock = VirtualClock()
        limit = limiter or (lambda _: LocalLimiter(clock, None))
        login = TokenLogin(sandbox.username, sandbox.password, tokens, "omnitron_default")
        session = RemoteSession(
            "Omnitron", sandbox.urls["omnitron"], transport, clock, limit("omnitron"), login, rng=rng
        )
        access = AccessToken(sandbox.access_token)
        market = RemoteSession("Fashfed", sandbox.urls["fashfed"], transport, clock, limit("fashfed"), access, rng=rng)
        return cls(OmnitronClient(session, sandbox.channel_id), FashfedClient(market), store, clock)

    async def context(
        self,
        flow: str,
        *,
        window: Window | None = None,
        tuning: Tuning | None = None,
        retention: Retention = KEPT,
        **facts: Any,
    ) -> FlowContext:
        """What a step of the flow is given."""
        row = FLOWS[flow]
        now = self.clock.now()
        if window is None and row.look_back:
            window = Window.back_from(now, row.look_back)
        return FlowContext(
            flow=flow,
            channel=CHANNEL,
            channel_id=self.hub.channel_id,
            settings=await read_settings(self.hub, None),
            hub=self.hub,
            market=self.market,
            store=self.store,
            clock=self.clock,
            report=RunReport(flow, CHANNEL, now, window),
            retention=retention,
            deadline=self.clock.monotonic() + row.time_limit.total_seconds() * 0.9,
            window=window,
            tuning=tuning or Tuning(),
            **facts,
        )


Interceptor = Callable[[Request], Response | TransportError | None]
"""What the network does with a request instead of carrying it; None lets it pass."""


class Wire:
    """The way to the sandbox: keeps every request, and may be told to answer some itself."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.requests: list[Request] = []
        self.interceptors: list[Interceptor] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        for interceptor in self.interceptors:
            answer = interceptor(request)
            if isinstance(answer, TransportError):
                raise answer
            if answer is not None:
                return answer
        return await self._inner.send(request)

    async def close(self) -> None:
        """Nothing is held open."""

    def bodies(self, method: str, ending: str) -> list[Any]:
        """What was sent to paths with this ending."""
        return [
            json.loads(request.body or b"null")
            for request in self.requests
            if request.method == method and request.url.endswith(ending)
        ]

    def count(self, method: str, part: str) -> int:
        """Requests whose path holds this part."""
        return sum(request.method == method and part in request.url for request in self.requests)


@dataclass(slots=True)
class Kit:
    """A seeded sandbox and one deployment of ours."""

    sandbox: Sandbox
    wire: Wire
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    tokens: MemoryTokenCache = field(default_factory=MemoryTokenCache)
    clock: VirtualClock = field(default_factory=VirtualClock)

    @classmethod
    def made(cls, *, conf: dict[str, Any] | None = None, **facts: Any) -> "Kit":
        """A kit with ``conf`` merged into the channel's settings; further facts are ``seeded_sandbox``'s."""
        sandbox = seeded_sandbox(**facts)
        kit = cls(sandbox, Wire(sandbox.transport()))
        kit.sandbox.omnitron.channel["conf"] |= conf or {}
        return kit

    async def run(self, flow: str, *steps: str, store: Store | None = None, **facts: Any) -> RunReport:
        """One run of a flow, in a process of its own; further facts are those of ``Process.context``."""
        store = store or MemoryStore(self.database, self.clock)
        process = await Process.start(self.sandbox, self.wire, store, self.tokens, random.Random(1))
        context = await process.context(flow, **facts)
        try:
            for step in steps or FLOWS[flow].steps:
                await step_function(FLOWS[flow], step)(context)
        finally:
            context.report.requests = {
                "omnitron": process.hub.session.requests,
                "fashfed": process.market.session.requests,
            }
            await store.close()
        return context.report

    async def run_and_die(
        self, flow: str, *steps: str, after: int | None = None, on: str = "", effect: bool = True
    ) -> bool:
        """One run in a process that dies: after so many awaits, or on a write to a path with the ending ``on``,
        which then has its ``effect`` or not. False when the run came to its end before that."""
        asyncio.get_running_loop().set_task_factory(task_factory)
        inner = MemoryStore(self.database, self.clock)
        life = Life(flow, inner, after)

        def kill(request: Request) -> TransportError | None:
            if on and request.method != "GET" and request.url.endswith(on):
                life.die()
            return TransportError("killed", reached=True) if life.dead and not effect else None

        async def work() -> None:
            store = MortalStore(inner, life, trace)
            transport = MortalTransport(self.wire, life, trace, random.Random(1), late=0)
            process = await Process.start(self.sandbox, transport, store, self.tokens, random.Random(1))
            context = await process.context(flow)
            for step in steps or FLOWS[flow].steps:
                await step_function(FLOWS[flow], step)(context)

        trace = Trace(self.clock)
        self.wire.interceptors.append(kill)
        try:
            await life.live(work(), None)
        except SimulatedCrash:
            return True
        finally:
            self.wire.interceptors.remove(kill)
        return False

    def store(self) -> MemoryStore:
        """A look into the state database."""
        return MemoryStore(self.database, self.clock)

    @property
    def conf(self) -> dict[str, Any]:
        """The channel's settings in Omnitron."""
        settings: dict[str, Any] = self.sandbox.omnitron.channel["conf"]
        return settings

    async def later(self, **span: float) -> None:
        """Let time pass."""
        await asyncio.sleep(timedelta(**span).total_seconds())
