"""The whole state of the stand-ins in one file, so that a second start keeps its data."""

import os
import pickle
from pathlib import Path

from include.clock import Clock
from include.sandbox.faults import Faults
from include.sandbox.sandbox import Sandbox

_FORM = 1


def save(sandbox: Sandbox, path: Path, seeded_as: str) -> None:
    """Write the state beside the old file, then put it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        pickle.dump((_FORM, seeded_as, sandbox.omnitron, sandbox.fashfed), file, protocol=pickle.HIGHEST_PROTOCOL)
    os.replace(fresh, path)


def load(path: Path, clock: Clock, seeded_as: str) -> Sandbox | None:
    """The state of the last run; None when there is none, or it was seeded otherwise or cannot be read."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file:
            form, was, hub, market = pickle.load(file)  # noqa: S301 - our own file, in our own folder
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError, TypeError):
        return None
    if (form, was) != (_FORM, seeded_as):
        return None
    hub.timeline.clock = clock
    return Sandbox(hub, market, Faults())
