"""Time as a collaborator: flows read and wait on a clock that is passed in (design.md section 8)."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What flows, clients and the sandbox may know about time."""

    def now(self) -> datetime:
        """The current moment as aware UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Wait the given seconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
