"""What people ask beside running flows: what is ready, what a run found. Opens no more than the answer needs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TypeVar

from include.bootstrap import ConnectionSource, required_connection
from include.clients.limiter import LocalLimiter
from include.clients.omnitron.auth import MemoryTokenCache
from include.clock import SystemClock
from include.remotes import hub_client, read_settings
from include.settings import ChannelSettings, ReadinessRow, readiness
from include.shared import OMNITRON_PER_SECOND, SharedLimiter, SharedToken
from include.state.postgres import PostgresStore
from include.state.store import Difference, Finding, Store
from include.stopping import run_to_end

T = TypeVar("T")

_FINDINGS_PAGE = 10_000


def read_readiness(channel: str, source: ConnectionSource) -> list[ReadinessRow]:
    """What each feature flag of the channel needs and has. Asks Omnitron only and needs no state database."""
    connection, market = required_connection(source, f"omnitron_{channel}"), source.get(f"fashfed_{channel}")
    clock = SystemClock()

    async def read() -> list[ReadinessRow]:
        async with AsyncExitStack() as stack:
            hub = hub_client(connection, clock, LocalLimiter(clock, None), MemoryTokenCache())
            stack.push_async_callback(hub.session.close)
            return readiness(await read_settings(hub, market))

    return run_to_end(read())


async def ask_settings(channel: str, source: ConnectionSource, store: Store) -> ChannelSettings:
    """The settings of the channel as Omnitron has them now, by the token and within the call budget that all workers
    share. Raises ``FashfedError``."""
    connection = await asyncio.to_thread(required_connection, source, f"omnitron_{channel}")
    market, clock = await asyncio.to_thread(source.get, f"fashfed_{channel}"), SystemClock()
    tokens = await asyncio.to_thread(SharedToken, store, clock, connection, source.mask)  # its key takes time to make
    hub = hub_client(connection, clock, SharedLimiter.of(connection, store, clock, OMNITRON_PER_SECOND), tokens)
    try:
        return await read_settings(hub, market)
    finally:
        await hub.session.close()


def last_success(channel: str, flow: str, source: ConnectionSource) -> datetime | None:
    """When the flow of that name last succeeded; only of flows that others need (``Flow.needs``). Raises
    ``FashfedError`` when the state database cannot be asked."""

    async def ask(store: Store) -> datetime | None:
        return await store.watermark(channel, flow)

    return ask_store(source, ask)


def read_findings(
    channel: str, flow: str, source: ConnectionSource, *, run_id: str | None = None, limit: int | None = None
) -> list[Finding]:
    """What a run of the flow found (None: the run that kept something last). Raises ``FashfedError``."""

    async def ask(store: Store) -> list[Finding]:
        found: list[Finding] = []
        while limit is None or len(found) < limit:
            wanted = _FINDINGS_PAGE if limit is None else min(_FINDINGS_PAGE, limit - len(found))
            page = await store.findings(channel, flow, run_id=run_id, limit=wanted, offset=len(found))
            found += page
            if len(page) < wanted:
                break
        return found

    return ask_store(source, ask)


def read_differences(channel: str, kind: str, source: ConnectionSource, *, limit: int) -> list[Difference]:
    """Where both sides do not agree, the oldest first. Raises ``FashfedError``."""
    return ask_store(source, lambda store: store.differences(channel, kind, limit))


def ask_store(source: ConnectionSource, ask: Callable[[Store], Awaitable[T]]) -> T:
    """What ``ask`` says of the state database. Raises ``FashfedError``."""

    async def opened() -> T:
        uri = required_connection(source, "connector_db").postgres_uri
        store = await PostgresStore.open(uri, name="fashfed-question", clock=SystemClock())
        try:
            return await ask(store)
        finally:
            await store.close()

    return run_to_end(opened())
