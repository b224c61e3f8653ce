"""The whole state of the stand-ins in one file, so that a second start keeps its data."""

import os
import pickle
import signal
from pathlib import Path

from include.clock import Clock
from include.sandbox.faults import Faults
from include.sandbox.sandbox import Sandbox
from include.sandbox.seed import uncollected

_FORM = 3


def save(sandbox: Sandbox, path: Path, seeded_as: str) -> None:
    """Write the state beside the old file, then put it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    state = (_FORM, seeded_as, sandbox.omnitron, sandbox.fashfed, sandbox.oms)
    with fresh.open("wb") as file, uncollected():
        pickle.dump(state, file, protocol=pickle.HIGHEST_PROTOCOL)
    os.replace(fresh, path)


class Saver:
    """Saves in a child process: writing a large state takes seconds, in which the stand-ins go on answering."""

    def __init__(self, sandbox: Sandbox, path: Path, seeded_as: str) -> None:
        self._what = (sandbox, path, seeded_as)
        self._child: int | None = None

    def start(self) -> None:
        """Save the state of this moment, unless the last save still goes on."""
        if self.busy():
            return
        self._child = os.fork()
        if self._child == 0:
            self._save_and_leave()

    def _save_and_leave(self) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.nice(10)
            save(*self._what)
            status = 0
        finally:
            os._exit(status)

    def busy(self) -> bool:
        """Whether the child still writes."""
        if self._child is not None and os.waitpid(self._child, os.WNOHANG)[0]:
            self._child = None
        return self._child is not None

    def finish(self) -> None:
        """Give up a save that goes on, and save here and now."""
        if self.busy() and self._child is not None:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = None
        save(*self._what)


def load(path: Path, clock: Clock, seeded_as: str) -> Sandbox | None:
    """The state of the last run; None when there is none, or it was seeded otherwise or cannot be read."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, uncollected():
            form, was, hub, market, oms = pickle.load(file)  # noqa: S301 - our own file, in our own folder
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError, TypeError):
        return None
    if (form, was) != (_FORM, seeded_as):
        return None
    hub.timeline.clock = clock
    return Sandbox(hub, market, Faults(), oms)
