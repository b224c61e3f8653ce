"""Both flows against the in-process sandbox: everything a ``FlowContext`` needs, made by hand, in virtual time."""

import asyncio
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
from include.clients.transport import Transport
from include.clock import Clock
from include.domain.run import RunReport, Window
from include.flows.context import FlowContext, Tuning
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
from tests.virtual_time import VirtualClock

CHANNEL = "default"


def seeded_sandbox(
    *, seed: int = 1, size: int = 60, packages: int = 0, hub_skew: float = 0.0, market_skew: float = 0.0
) -> Sandbox:
    """A sandbox whose two remotes may each have a wrong clock."""
    hub = Omnitron(Timeline(VirtualClock(hub_skew)))
    market = Fashfed(Timeline(VirtualClock(market_skew)))
    fill(hub, market, seed=seed, size=size, packages=packages, market_url="https://fashfed.sandbox")
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
        self, flow: str, *, window: Window | None = None, tuning: Tuning | None = None, **facts: Any
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
            deadline=self.clock.monotonic() + row.time_limit.total_seconds() * 0.9,
            window=window,
            tuning=tuning or Tuning(),
            **facts,
        )


@dataclass(slots=True)
class Kit:
    """A seeded sandbox and one deployment of ours. ``transport`` and ``store`` may be replaced by wrappers."""

    sandbox: Sandbox
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    tokens: MemoryTokenCache = field(default_factory=MemoryTokenCache)
    transport: Transport | None = None
    clock: VirtualClock = field(default_factory=VirtualClock)

    @classmethod
    def made(cls, *, conf: dict[str, Any] | None = None, **facts: Any) -> "Kit":
        """A kit with ``conf`` merged into the channel's settings; further facts are ``seeded_sandbox``'s."""
        kit = cls(seeded_sandbox(**facts))
        kit.sandbox.omnitron.channel["conf"] |= conf or {}
        return kit

    async def run(self, flow: str, *steps: str, store: Store | None = None, **facts: Any) -> RunReport:
        """One run of a flow, in a process of its own; further facts are those of ``Process.context``."""
        store = store or MemoryStore(self.database, self.clock)
        transport = self.transport or self.sandbox.transport()
        process = await Process.start(self.sandbox, transport, store, self.tokens, random.Random(1))
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

    def store(self) -> MemoryStore:
        """A look into the state database."""
        return MemoryStore(self.database, self.clock)

    async def later(self, **span: float) -> None:
        """Let time pass."""
        await asyncio.sleep(timedelta(**span).total_seconds())
