"""Records that the tests of the store are made of."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from include.domain.batch import BatchState
from include.state.store import Incoming, OpenBatch, Store

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OpenStore = Callable[[], Awaitable[Store]]


def package(market_id: str, *, changed_at: datetime = NOW, **payload: Any) -> Incoming:
    return Incoming(market_id, changed_at, payload)


def a_batch(batch_id: str, **values: Any) -> OpenBatch:
    batch = OpenBatch(batch_id, "default", "stock", "productstock", BatchState.OPENING, NOW)
    return replace(batch, **values)
