"""The connector's memory in a process: the store of unit tests and of the simulation.

``MemoryDatabase`` is what would survive a crash, ``MemoryStore`` one process that uses it. JSON values are copied on
their way in and out as they are by Postgres, so nobody shares an object with the database.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from include.clock import Clock, SystemClock
from include.errors import RunInProgress
from include.state import rules
from include.state.memory.alarms import Alarms
from include.state.memory.batches import Batches
from include.state.memory.claims import Claims
from include.state.memory.comparisons import Comparisons
from include.state.memory.database import MemoryDatabase
from include.state.memory.findings import Findings
from include.state.memory.holds import Holds
from include.state.memory.ledger import Ledger
from include.state.memory.people import People
from include.state.memory.retention import Retention
from include.state.memory.runs import Runs
from include.state.memory.shared import Shared
from include.state.memory.skus import Skus
from include.state.memory.suggestions import Suggestions
from include.state.store import LOCK_POLL, Event

__all__ = ["MemoryDatabase", "MemoryStore"]


class MemoryStore(
    Runs, Batches, People, Claims, Ledger, Findings, Comparisons, Skus, Suggestions, Holds, Shared, Retention, Alarms
):
    """One process's way to a ``MemoryDatabase``; ``store.Store`` says what its methods do."""

    def __init__(self, database: MemoryDatabase | None = None, clock: Clock | None = None) -> None:
        super().__init__(database or MemoryDatabase())
        self._clock = clock or SystemClock()

    async def close(self) -> None:
        self.crash()

    def crash(self) -> None:
        """The process is gone: its locks are free, and nothing it still tries reaches the data."""
        self._closed = True
        for key in [key for key, holder in self._database.locks.items() if holder is self]:
            del self._database.locks[key]

    async def born_at(self, channel: str, now: datetime) -> datetime:
        return self._data.channels.setdefault(channel, now)

    @asynccontextmanager
    async def lock(self, channel: str, content_type: str, *, wait: float) -> AsyncIterator[None]:
        key = (channel, content_type)
        deadline = self._clock.monotonic() + wait
        while key in self._data.locks:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise RunInProgress("run_in_progress", content_type=content_type, channel=channel, seconds=wait)
            await self._clock.sleep(min(LOCK_POLL, left))
        self._data.locks[key] = self
        try:
            yield
            if self._database.locks.get(key) is not self:
                raise rules.unusable(f"the lock on {content_type} was lost")
        finally:
            if self._database.locks.get(key) is self:
                del self._database.locks[key]

    async def events(self, channel: str, subject: str, key: str) -> list[Event]:
        return list(self._data.events[channel, subject, key])
