"""A run that is told to stop closes what it holds first."""

import asyncio
import os
import signal
import threading

import pytest

from include.stopping import StoppedBySignal, run_to_end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_run_close_what_it_holds_and_then_raises_stopped(number: signal.Signals) -> None:
    closed = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    with pytest.raises(StoppedBySignal, match=f"stopped by {number.name}"):
        run_to_end(work())
    assert closed


def test_further_signals_do_not_break_the_closing() -> None:
    closed = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(10):
                await asyncio.sleep(0)
            closed.append(True)

    with pytest.raises(StoppedBySignal):
        run_to_end(work())
    assert closed


def test_the_signal_handlers_of_before_are_put_back() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        assert run_to_end(asyncio.sleep(0, "result")) == "result"
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


def test_outside_the_main_thread_the_work_just_runs() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(run_to_end(asyncio.sleep(0, "result"))))
    thread.start()
    thread.join()
    assert found == ["result"]
