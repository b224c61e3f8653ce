"""`python -m include.local`: one clear line where it cannot start, and no orphan however it ends.

Airflow itself is not waited for here; ``test_airflow_runs_the_flows`` does that.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import psutil
import pytest

from include.local.config import PORTS, free_port
from include.local.postgres import EmbeddedPostgres

PROJECT = Path(__file__).resolve().parents[2]


def _wait(done: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@dataclass
class Local:
    """One state folder with ports of its own."""

    home: Path
    ports: dict[str, int]
    process: "subprocess.Popen[str] | None" = None

    def environment(self, **more: str) -> dict[str, str]:
        ports = {f"FASHFED_PORT_{name.upper()}": str(port) for name, port in self.ports.items()}
        return {**os.environ, **ports, "FASHFED_HOME": str(self.home), **more}

    def command(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "include.local", *arguments],
            cwd=PROJECT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def start(self) -> None:
        """Start a run and wait until the mail sink listens: by then the database is up and Airflow being prepared."""
        with (self.home.parent / "run.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "include.local", "run"],
                cwd=PROJECT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            )
        _wait(self._mail_sink_listens)

    def _mail_sink_listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home.parent / "run.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.ports["smtp"])) == 0

    @property
    def supervisor(self) -> int:
        return int(json.loads((self.home / "run.json").read_text())["pid"])

    def processes(self) -> list[psutil.Process]:
        """Every process that has this state folder in its environment or on its command line."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = " ".join([*process.cmdline(), process.environ().get("FASHFED_HOME", "")])
                if str(self.home) in told and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    one = Local(tmp_path / "state", {name: free_port() for name in PORTS})
    yield one
    if one.process is not None:
        with suppress(ProcessLookupError):
            one.process.kill()
        one.process.wait()
        one.command("stop")


def _only_line(result: "subprocess.CompletedProcess[str]") -> str:
    assert result.returncode == 1
    lines = [line for line in (result.stdout + result.stderr).splitlines() if line]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("name", sorted(PORTS))
def test_a_busy_port_is_one_line_that_names_the_way_out(local: Local, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", local.ports[name]))
        taken.listen()
        told = _only_line(local.command("run"))
    assert told.startswith(f"Port {local.ports[name]} ({name}) is taken")
    assert f"FASHFED_PORT_{name.upper()}=" in told
    assert not EmbeddedPostgres(local.home).pid()


def test_nonsense_in_the_environment_is_one_line(local: Local) -> None:
    assert "FASHFED_AUTH is 'ldap'" in _only_line(local.command("run", FASHFED_AUTH="ldap"))


def test_a_state_folder_that_cannot_be_made_is_one_line(local: Local) -> None:
    local.home.write_text("a file where the state folder should be")
    assert str(local.home) in _only_line(local.command("run"))


def test_a_second_run_of_the_same_folder_is_refused_and_the_first_goes_on(local: Local) -> None:
    local.start()
    told = _only_line(local.command("run"))
    assert told.startswith(f"It is running already: http://127.0.0.1:{local.ports['airflow']}")
    assert local.process is not None
    assert local.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_the_code_is_0(local: Local, number: signal.Signals) -> None:
    local.start()
    assert local.process is not None
    assert len(local.processes()) > 3
    local.process.send_signal(number)
    assert local.process.wait(60) == 0
    assert local.processes() == []


def test_a_killed_supervisor_leaves_no_process_behind(local: Local) -> None:
    local.start()
    assert local.process is not None
    os.kill(local.supervisor, signal.SIGKILL)
    assert local.process.wait(60) != 0
    _wait(lambda: local.processes() == [])


def test_a_killed_starter_leaves_no_process_behind(local: Local) -> None:
    local.start()
    assert local.process is not None
    local.process.kill()
    local.process.wait()
    _wait(lambda: local.processes() == [])


def test_a_start_that_fails_midway_ends_what_it_had_started(local: Local) -> None:
    (local.home / "logs").mkdir(parents=True)
    (local.home / "sandbox").write_text("a file where the folder of the sandbox should be")
    result = local.command("run")
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    assert "sandbox" in result.stdout + result.stderr
    assert local.processes() == []


def test_stop_ends_the_run_and_status_says_what_there_is(local: Local) -> None:
    assert local.command("status").stdout.startswith("Not running.")
    local.start()
    status = local.command("status").stdout
    assert status.startswith("Running since ")
    assert "mail-sink" in status
    assert "database" in status
    assert local.command("stop").stdout == "Stopped.\n"
    assert local.processes() == []
    assert local.command("stop").stdout == "Nothing was running.\n"


def test_reset_asks_first_and_then_removes_everything(local: Local) -> None:
    local.start()
    assert "YES=1" in _only_line(local.command("reset"))
    assert local.home.exists()
    assert local.command("reset", "--yes").returncode == 0
    assert not local.home.exists()
    assert local.processes() == []


def test_the_mail_sink_keeps_what_it_receives(local: Local) -> None:
    local.start()
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "stock late", "airflow@example.com", "ops@example.com"
    mail.set_content("The run is late.")
    with ExitStack() as stack:
        server = stack.enter_context(SMTP("127.0.0.1", local.ports["smtp"], timeout=10))
        server.send_message(mail)
    (kept,) = (local.home / "mail").glob("*.eml")
    assert "Subject: stock late" in kept.read_text()
    assert kept.parent.stat().st_mode & 0o077 == 0


def test_logs_of_a_service_that_has_none_are_refused_with_the_names_there_are(local: Local) -> None:
    (local.home / "logs").mkdir(parents=True)
    (local.home / "logs" / "scheduler.log").write_text("a line\n")
    assert _only_line(local.command("logs", "schedular")).endswith("there is: scheduler")
