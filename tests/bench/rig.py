"""What a measurement runs on: the sandbox in a process of its own, a fresh database, the client as a fresh process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError

import psutil

from include.local.postgres import EmbeddedPostgres
from tests.control import Control

PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A client process that did its run. ``wall_seconds`` is its whole life, imports included."""

    report: dict[str, Any]
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Rig:
    """One sandbox and one database."""

    control: Control
    environment: Mapping[str, str]
    sandbox: psutil.Process
    database: psutil.Process

    def run(self, *flows: str) -> list[Finished]:
        """Run flows side by side, each once, as a person would. Raises ``RuntimeError`` with the log of one that does
        not succeed."""
        with TemporaryDirectory() as folder, ExitStack() as started:
            running = [_start(flow, self.environment, Path(folder)) for flow in flows]
            for one in running:
                started.callback(one.process.kill)  # nothing goes on after another has failed
            return [one.finish() for one in running]

    def cpu_seconds(self) -> tuple[float, float]:
        """What the sandbox and the database have used up so far."""
        database = _cpu(self.database) + self.database.cpu_times().children_user
        database += self.database.cpu_times().children_system
        for child in self.database.children():
            with suppress(psutil.NoSuchProcess):
                database += _cpu(child)
        return _cpu(self.sandbox), database


@dataclass(frozen=True, slots=True)
class _Running:
    flow: str
    process: "subprocess.Popen[bytes]"
    began: float
    out: Path
    log: Path

    def finish(self) -> Finished:
        _, status, usage = os.wait4(self.process.pid, 0)  # also says how large the process got
        self.process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - self.began
        if self.process.returncode != 0:
            text = self.log.read_text() + self.out.read_text()
            raise RuntimeError(f"{self.flow} ended with code {self.process.returncode}:\n{text[-4000:]}")
        report = json.loads(self.out.read_text())
        return Finished(report, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _start(flow: str, environment: Mapping[str, str], folder: Path) -> _Running:
    out, log = folder / f"{flow}.json", folder / f"{flow}.log"
    command = [sys.executable, "-m", "include.run", flow]
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=PROJECT, env={**os.environ, **environment}, stdout=stdout, stderr=stderr
        )
    return _Running(flow, process, time.monotonic(), out, log)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def rig(postgres: EmbeddedPostgres, name: str, *, size: int, on_sale: float = 0.96) -> Iterator[Rig]:
    """A sandbox with ``size`` SKUs, this share of them on sale, and no life of its own; an empty database ``name``."""
    omnitron, fashfed = free_port(), free_port()
    postgres.create_database(name)
    command = [sys.executable, "-m", "include.sandbox", f"--omnitron-port={omnitron}", f"--fashfed-port={fashfed}"]
    options = [f"--size={size}", f"--on-sale={on_sale}", "--packages=0", "--no-world"]
    control = Control(f"http://127.0.0.1:{omnitron}")
    with subprocess.Popen([*command, *options], cwd=PROJECT, stdout=subprocess.DEVNULL) as sandbox:
        try:
            _wait_for(control, sandbox)
            hub = {
                "conn_type": "http",
                "host": control.url,
                "login": "connector",
                "password": "sandbox",
                "extra": {"channel_id": 137},
            }
            environment = {
                "AIRFLOW_CONN_OMNITRON_DEFAULT": json.dumps(hub),
                "AIRFLOW_CONN_CONNECTOR_DB": postgres.uri(name),
                "FASHFED_ALLOW_PRIVATE_HOSTS": "1",
            }
            yield Rig(control, environment, psutil.Process(sandbox.pid), psutil.Process(postgres.pid()))
        finally:
            sandbox.terminate()


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(control: Control, sandbox: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if sandbox.poll() is not None:
            raise RuntimeError(f"the sandbox ended with code {sandbox.returncode}")
        try:
            control.get("state")
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the sandbox did not answer within {_START_SECONDS:.0f} s")
