"""`make stop`, `make status`, `make reset` and `make logs`: what one does to a run from another terminal."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Final

from include.local.airflow_api import COMPONENTS, AirflowApi
from include.local.config import LocalConfig
from include.local.errors import CannotStart
from include.local.postgres import EmbeddedPostgres
from include.local.processes import end_sessions, recorded_processes
from include.local.run_note import running

_STOP_SECONDS: Final = 60.0
_LAST_LINES: Final = 10


def stop(config: LocalConfig) -> None:
    """End the run of this state folder and whatever a killed one left behind."""
    run = running(config.home)
    if run is not None:
        with suppress(ProcessLookupError):
            os.kill(run["pid"], signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while running(config.home) is not None:
            if time.monotonic() > deadline:
                raise CannotStart(f"Process {run['pid']} has not ended within {_STOP_SECONDS:.0f} s.")
            time.sleep(0.1)
    left = recorded_processes(config.home / "processes.json")
    end_sessions(list(left.values()), grace=5.0)
    print("Stopped." if run or left else "Nothing was running.")


def status(config: LocalConfig) -> None:
    """Print what runs, where, how healthy it is, and since when."""
    run = running(config.home)
    if run is None:
        print(f"Not running. State folder: {config.home}")
    else:
        since = datetime.fromisoformat(run["since"])
        minutes = (datetime.now(UTC) - since).total_seconds() / 60
        print(f"Running since {since.astimezone():%Y-%m-%d %H:%M:%S} ({minutes:.0f} min), process {run['pid']}")
        healthy = AirflowApi(run["airflow"], login=None).healthy()
        print(
            f"Airflow at {run['airflow']}: "
            + ", ".join(f"{n} {'ok' if n in healthy else 'NOT ok'}" for n in COMPONENTS)
        )
    for name, pid in recorded_processes(config.home / "processes.json").items():
        print(f"  {name:14} process {pid}")
    database = EmbeddedPostgres(config.home).pid()
    if database is not None:
        print(f"  {'database':14} process {database}")


def reset(config: LocalConfig, *, sure: bool) -> None:
    """Stop, and remove the state folder with everything in it; asks first unless ``sure``."""
    if not config.home.exists():
        print(f"There is nothing to remove: no {config.home}.")
        return
    if not sure:
        if not sys.stdin.isatty():
            raise CannotStart("Nobody is there to ask; `make reset YES=1` removes all local data without asking.")
        if input(f"Remove {config.home} with all local data? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return
    stop(config)
    if EmbeddedPostgres(config.home).pid() is not None:
        raise CannotStart("The database is still in use by another process; end that first.")
    shutil.rmtree(config.home)
    print(f"Removed {config.home}")


def logs(config: LocalConfig, what: str) -> None:
    """Print the end of the logs and go on with what is added, each line behind the name of its service."""
    files = sorted(config.logs.glob("*.log"))
    chosen = [file for file in files if what in ("", file.stem)]
    if not chosen:
        raise CannotStart(
            f"No log {what or 'yet'} in {config.logs}; there is: {', '.join(f.stem for f in files) or 'none'}"
        )
    width = max(len(file.stem) for file in chosen)
    followed = [(file, file.open(errors="replace")) for file in chosen]
    for file, stream in followed:
        for line in stream.readlines()[-_LAST_LINES:]:
            print(f"{file.stem:{width}} | {line}", end="")
    while True:
        for file, stream in followed:
            for line in _complete_lines(stream):
                print(f"{file.stem:{width}} | {line}", end="", flush=True)
        time.sleep(0.3)


def _complete_lines(stream: IO[str]) -> Iterator[str]:
    while True:
        place = stream.tell()
        line = stream.readline()
        if not line.endswith("\n"):
            stream.seek(place)
            return
        yield line
