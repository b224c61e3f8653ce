"""The processes of a local run: started in sessions of their own, watched, and ended with everything they started."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from include.local import kernel
from include.local.config import PROJECT
from include.local.errors import CannotStart

_KEEP_LOG_BYTES: Final = 20_000_000
_QUICK_DEATH_SECONDS: Final = 20.0


@dataclass(slots=True)
class Service:
    """One process that has to be there for as long as the run lasts."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)
    started: float = field(init=False)

    def start(self) -> None:
        """Start it. Its session is its own, so that a Ctrl-C at the terminal reaches only the supervisor."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _KEEP_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=kernel.die_with_parent,
            )
        self.started = time.monotonic()

    def ended(self) -> str | None:
        """Why it is gone and where to read more, or None while it runs."""
        code = self.process.poll()
        return None if code is None else f"{self.name} ended with code {code}; see {self.log}"

    def died_young(self) -> bool:
        """Whether it ended so soon after its start that starting it again would not help."""
        return time.monotonic() - self.started < _QUICK_DEATH_SECONDS


class Services:
    """All services of one run, in the order they were started."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._services: dict[str, Service] = {}

    def start(self, service: Service) -> None:
        """Start a service and note its process id for `make status` and for the next start."""
        service.start()
        self._services[service.name] = service
        self._write_record()

    def require_alive(self) -> None:
        """Raise ``CannotStart`` when a service has ended."""
        for service in self._services.values():
            if reason := service.ended():
                raise CannotStart(reason)

    def restart_dead(self) -> list[str]:
        """Start again what has ended; returns a line for each. Raises ``CannotStart`` when one does not stay up."""
        lines = []
        for service in self._services.values():
            if reason := service.ended():
                if service.died_young():
                    raise CannotStart(reason)
                end_sessions([service.process.pid], grace=2.0)
                service.start()
                lines.append(f"{reason}; started again")
        if lines:
            self._write_record()
        return lines

    def stop(self, names: Iterable[str], grace: float) -> None:
        """End the named services with all their descendants, politely for ``grace`` seconds, then for good."""
        chosen = [service for name in names if (service := self._services.pop(name, None)) is not None]
        end_sessions([service.process.pid for service in chosen], grace)
        for service in chosen:
            service.process.wait()

    @property
    def names(self) -> list[str]:
        return list(self._services)

    def _write_record(self) -> None:
        rows = {name: identity(service.process.pid) for name, service in self._services.items()}
        self._record.write_text(json.dumps(rows))


def identity(pid: int) -> tuple[int, float] | None:
    """A process id with the moment the process was made: ids are used again, this pair is not."""
    with suppress(psutil.Error):
        return pid, psutil.Process(pid).create_time()
    return None


def recorded_processes(record: Path) -> dict[str, int]:
    """Process ids of the services of the last run that are still the same processes, by name."""
    if not record.exists():
        return {}
    rows: dict[str, list[float] | None] = json.loads(record.read_text())
    return {
        name: int(row[0])
        for name, row in rows.items()
        if row is not None and identity(int(row[0])) == (int(row[0]), row[1])
    }


def end_sessions(leaders: Sequence[int], grace: float) -> None:
    """End every process of these sessions and every descendant of their leaders."""
    members = _members(leaders)
    _signal(members, signal.SIGTERM)
    _, alive = psutil.wait_procs(members, timeout=grace)
    _signal(_members(leaders) | set(alive), signal.SIGKILL)


def end_descendants(of: int, spared: int | None, grace: float) -> None:
    """End everything below a process but the tree of ``spared``.

    Orphans are below it too once it has called ``kernel.adopt_orphans``.
    """
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 1.0), (signal.SIGKILL, 1.0)):
        found = _tree(of) - _tree(spared) - {process for process in _tree(of) if process.pid == spared}
        _signal(found, number)
        psutil.wait_procs(found, timeout=patience)


def _tree(pid: int | None) -> set[psutil.Process]:
    with suppress(psutil.Error):
        return set(psutil.Process(pid).children(recursive=True)) if pid is not None else set()
    return set()


def _members(leaders: Sequence[int]) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in leaders:
                found.update([process, *process.children(recursive=True)])
    return found


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)
