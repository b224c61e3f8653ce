"""What a measurement runs on: the sandbox in a process of its own, a fresh database, the client as a fresh process."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from include.local.postgres import EmbeddedPostgres
from tests.control import Control

PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0


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

    def run(self, flow: str) -> Finished:
        """Run a flow once as a person would. Raises ``RuntimeError`` with its log when it does not succeed."""
        began = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as log:
            command = [sys.executable, "-m", "include.run", flow]
            environment = {**os.environ, **self.environment}
            with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=log) as process:
                _, status, usage = os.wait4(process.pid, 0)  # also says how large the process got
                process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - began
            out.seek(0)
            log.seek(0)
            if process.returncode != 0:
                text = (log.read() + out.read()).decode(errors="replace")
                raise RuntimeError(f"{flow} ended with code {process.returncode}:\n{text[-4000:]}")
            report = json.loads(out.read())
        return Finished(report, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def rig(postgres: EmbeddedPostgres, name: str, *, size: int) -> Iterator[Rig]:
    """A sandbox with ``size`` SKUs and no life of its own, and an empty database of this name."""
    omnitron, fashfed = free_port(), free_port()
    postgres.create_database(name)
    command = [sys.executable, "-m", "include.sandbox", f"--omnitron-port={omnitron}", f"--fashfed-port={fashfed}"]
    options = [f"--size={size}", "--packages=0", "--no-world"]
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
            yield Rig(
                control,
                {
                    "AIRFLOW_CONN_OMNITRON_DEFAULT": json.dumps(hub),
                    "AIRFLOW_CONN_CONNECTOR_DB": postgres.uri(name),
                    "FASHFED_ALLOW_PRIVATE_HOSTS": "1",
                },
            )
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
