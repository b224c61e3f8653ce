"""Running a flow so that whoever stops it lets it close what it holds (design.md section 6)."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """The run was broken off and has closed what it held. The text says by what."""


class StoppedBySignal(Stopped):
    """Somebody told the process to end."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}")
        self.number = number


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` in an event loop of its own. SIGTERM and SIGINT cancel it; then ``StoppedBySignal`` is raised.

    Only the first signal counts: the ones after it must not break the closing. The handlers that were there before
    are put back. Outside the main thread, where Python has no signals, the work just runs.
    """
    return asyncio.run(_until_signal(work))


async def _until_signal(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    told: list[StoppedBySignal] = []

    def stop(number: signal.Signals) -> None:
        if not told:
            told.append(StoppedBySignal(number))
            task.cancel(str(told[0]))

    with _handlers(stop):
        try:
            return await task
        except asyncio.CancelledError:
            if told:
                raise told[0] from None
            raise


@contextmanager
def _handlers(stop: Callable[[signal.Signals], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
