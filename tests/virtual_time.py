"""Time that costs nothing: an event loop that jumps to its next timer, and clocks that read it."""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import Any

from include.clock import Clock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; the moment at which every virtual loop begins."""


class Deadlock(RuntimeError):
    """Every task waits for another one and no timer is set."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves the loop's time on by what it would have waited."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock("nothing is ready and nothing is timed")
        self.elapsed += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """``asyncio.sleep`` and ``asyncio.timeout`` work as ever; only nobody really waits."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed


class VirtualClock:
    """The clock of a virtual loop. ``skew`` is how many seconds it goes ahead of the true time."""

    def __init__(self, skew: float = 0.0) -> None:
        self._skew = timedelta(seconds=skew)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic()) + self._skew

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def virtual_run(main: Any) -> Any:
    """Run a coroutine in a virtual loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


_: type[Clock] = VirtualClock
