"""How fast we may call a remote: the seam, and the version for one process."""

from typing import Protocol

from include.clock import Clock


class Limiter(Protocol):
    """One per remote and channel, shared by all who call it (design.md section 10)."""

    async def acquire(self) -> None:
        """Wait until one more request may be sent."""

    async def pause(self, seconds: float) -> None:
        """Let nobody send for this long: the remote said so."""


class LocalLimiter:
    """A token bucket for one process: ``per_second`` on average, ``burst`` at once; None means only pauses count."""

    def __init__(self, clock: Clock, per_second: float | None, burst: int = 1) -> None:
        self._clock = clock
        self._interval = 1 / per_second if per_second else 0.0
        self._slack = self._interval * (burst - 1)
        self._due = 0.0
        self._paused_until = 0.0

    async def acquire(self) -> None:
        """Wait for this caller's turn and for the end of a pause."""
        now = self._clock.monotonic()
        self._due = max(self._due, now) + self._interval
        turn = self._due - self._interval - self._slack
        while (wait := max(turn, self._paused_until) - self._clock.monotonic()) > 0:
            await self._clock.sleep(wait)

    async def pause(self, seconds: float) -> None:
        """Hold everybody back; a longer pause wins over a shorter one."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
