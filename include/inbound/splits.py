"""What becomes of a split request: looked at as far as the remotes answer, kept, and its flow started."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from include.bootstrap import ConnectionSource, OpenChannel, Wiring, open_remotes, open_store
from include.catalogue import CATALOGUE
from include.clock import Clock, SystemClock
from include.errors import ConfigurationError, FashfedError, RecordFailed, RetryNow
from include.flows.orders.package_contents import look_up_split
from include.inbound.bodies import Asked
from include.mapping.split_request import SplitRequest
from include.settings import ChannelSettings, check_flag
from include.state.store import InboxRow, InboxState, Incoming, Store

FLOW: Final = "split_packages"
_SPLIT: Final = "split"
"""Inbox kind of the requests, and the claim of the split that one causes."""
_LOOK_SECONDS: Final = 4.0
"""How long a caller waits for what Omnitron and Fashfed say; beyond that the flow looks instead."""
_STORE_SECONDS: Final = 15.0
_UNCHANGING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of every request: one that was accepted is never replaced by a later one."""
_STATUS: Final = {
    InboxState.NEW: "accepted",
    InboxState.PARKED: "waiting",
    InboxState.DONE: "done",
    InboxState.EXCLUDED: "excluded",
}

log = logging.getLogger("fashfed")


@dataclass(frozen=True, slots=True)
class Outside:
    """What requests need of the world. ``start`` starts a flow of a channel; it may fail."""

    source: ConnectionSource
    start: Callable[[str, str], None]
    clock: Clock = field(default_factory=SystemClock)
    open_store: Callable[[Wiring, str, Clock], AbstractAsyncContextManager[Store]] = open_store
    open_remotes: Callable[[Wiring, Store, Clock], AbstractAsyncContextManager[OpenChannel]] = open_remotes


async def receive(outside: Outside, channel: str, asked: Asked) -> Mapping[str, str]:
    """Keep a request; its correlation id, and whether it is new ("accepted") or a repetition ("duplicate").

    Raises ``RecordFailed`` (split_...) for what cannot be done; after any other ``FashfedError`` it was not kept.
    """
    key = asked.request.correlation_id(channel)
    async with _opened(outside, channel) as (wiring, store):
        if asked.channel_id not in (None, wiring.hub.extra_id("channel_id")):
            raise RecordFailed("split_channel_foreign", channel_id=asked.channel_id)
        before = await store.inbox_row(channel, _SPLIT, key)
        if before is None:
            await _look(outside, wiring, store, asked.request)
            before = await _keep(outside, store, channel, key, asked.request)
    # what was pruned cannot be compared any more
    if before and before.payload and SplitRequest.model_validate(before.payload).content != asked.request.content:
        raise RecordFailed("split_request_reused", request_id=asked.request.request_id)
    return {"correlation_id": key, "status": "duplicate" if before else "accepted"}


async def tell(outside: Outside, channel: str, key: str) -> Mapping[str, Any]:
    """What became of a request. Raises ``RecordFailed`` (split_unknown_request)."""
    async with _opened(outside, channel) as (_, store):
        row = await store.inbox_row(channel, _SPLIT, key)
        claim = (await store.claims(channel, _SPLIT, [key])).get(key)
    if row is None:
        raise RecordFailed("split_unknown_request", correlation_id=key)
    told: dict[str, Any] = {"correlation_id": key, "status": _STATUS[row.state]}
    if row.state is InboxState.DONE and claim:
        told |= {"package_number": claim.detail.get("package"), "new_packages": claim.detail.get("parts")}
    if row.reason:
        told |= {"message": row.reason}
    if row.code in CATALOGUE:
        told |= {"code": row.code, "next_step": CATALOGUE[row.code].next_step}
    return told


async def start(outside: Outside, channel: str) -> None:
    """Start the flow; when that fails, its schedule does it some minutes later."""
    try:
        await asyncio.to_thread(outside.start, FLOW, channel)
    except Exception as error:  # noqa: BLE001 - the request is kept, whatever Airflow says
        log.warning("Split Packages could not be started at once (%s); its schedule will", type(error).__name__)


@asynccontextmanager
async def _opened(outside: Outside, channel: str) -> AsyncIterator[tuple[Wiring, Store]]:
    """The channel's connections and its store."""
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            wiring = await asyncio.to_thread(Wiring.read, channel, outside.source)
            async with outside.open_store(wiring, FLOW, outside.clock) as store:
                yield wiring, store
    except TimeoutError:
        raise RetryNow("split_not_stored", detail=f"no answer within {_STORE_SECONDS:.0f} seconds") from None


async def _look(outside: Outside, wiring: Wiring, store: Store, request: SplitRequest) -> None:
    """Refuse what the flow would refuse, as far as that can be seen now."""
    try:
        async with asyncio.timeout(_LOOK_SECONDS), outside.open_remotes(wiring, store, outside.clock) as opened:
            _require_on(opened.settings)
            await look_up_split(opened.hub, opened.market, opened.settings, request)
    except RecordFailed:
        raise
    except (FashfedError, TimeoutError) as trouble:
        log.info("A split request is kept without a look at its package: %s", trouble or "no answer in time")


def _require_on(settings: ChannelSettings) -> None:
    try:
        decision = check_flag(settings, FLOW)
    except ConfigurationError as error:
        raise RecordFailed("split_off", reason=error.message) from None
    if not decision.on:
        raise RecordFailed("split_off", reason=decision.reason)


async def _keep(outside: Outside, store: Store, channel: str, key: str, request: SplitRequest) -> InboxRow | None:
    """Keep it; gives the row of somebody who was quicker."""
    row = Incoming(key, _UNCHANGING, request.model_dump(mode="json"))
    received = await store.receive(channel, _SPLIT, [row], now=outside.clock.now())
    return None if received.new else await store.inbox_row(channel, _SPLIT, key)
