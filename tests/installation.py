"""A whole local installation for a test: what `make run` starts, on free ports and in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psutil
import psycopg

from include.local.postgres import EmbeddedPostgres
from tests.control import Control

T = TypeVar("T")

_PROJECT = Path(__file__).resolve().parents[1]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_START_SECONDS = 300.0
_STOP_SECONDS = 60.0
_OVER = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class Installation:
    """Airflow as an operator sees it, the sandbox's control, and the connector's own database."""

    url: str
    control: Control
    home: Path
    supervisor: int

    # --- runs ---------------------------------------------------------------------------------------------
    def trigger(self, dag: str, given: Mapping[str, Any] | None = None) -> str:
        """Start a run by hand, with what is ``given`` in its form; its id."""
        body = {"logical_date": None, "conf": dict(given or {})}
        return str(self._call(f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """The runs of a DAG, the newest first."""
        return list(self._call(f"/api/v2/dags/{dag}/dagRuns?order_by=-run_after&limit=50")["dag_runs"])

    def run(self, dag: str, run: str) -> dict[str, Any]:
        """One run."""
        return dict(self._call(f"/api/v2/dags/{dag}/dagRuns/{quote(run)}"))

    def end_of(self, dag: str, run: str, seconds: float = 90.0) -> dict[str, str]:
        """Wait until the run is over; the state of the run (under "") and of each task."""
        over = wait_for(
            f"the end of {dag} {run}",
            lambda: found if (found := self.run(dag, run))["state"] in _OVER else None,
            seconds,
        )
        return {"": over["state"], **{name: task["state"] for name, task in self.tasks(dag, run).items()}}

    def tasks(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """The task instances of a run by task id."""
        found = self._call(f"/api/v2/dags/{dag}/dagRuns/{quote(run)}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def log(self, dag: str, run: str, task: str, attempt: int = 1) -> str:
        """What the log screen of the task shows."""
        path = f"/api/v2/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task}/logs/{attempt}?full_content=true"
        return json.dumps(self._call(path)["content"], ensure_ascii=False)

    def ask(self, path: str, body: Mapping[str, Any] | None = None, *, secret: str) -> tuple[int, dict[str, Any]]:
        """What the connector's own endpoints answer to somebody who knows a secret: status and JSON."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", "Authorization": f"Token {secret}"}
        request = urllib.request.Request(f"{self.url}/fashfed{path}", data, headers)  # noqa: S310 - a loopback address
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def pause(self, dag: str, *, paused: bool) -> None:
        """Switch the schedule of a DAG off or on."""
        self._call(f"/api/v2/dags/{dag}", {"is_paused": paused}, method="PATCH")

    # --- processes and data ------------------------------------------------------------------------------
    def task_process(self, task: Mapping[str, Any]) -> psutil.Process:
        """The process in which a task instance runs at this moment."""
        for process in psutil.Process(self.supervisor).children(recursive=True):
            with suppress(psutil.Error):
                if " ".join(process.cmdline()).strip() == f"airflow worker -- {task['id']}":
                    return process
        raise AssertionError(f"task {task['task_id']} does not run")

    def run_as_airflow(self, *arguments: str) -> str:
        """What Python prints that runs in the environment of Airflow's processes. Fails with it."""
        processes = psutil.Process(self.supervisor).children(recursive=True)
        history = next(process for process in processes if "include.local.airflow_history" in process.cmdline())
        command, both = [sys.executable, *arguments], {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        ended = subprocess.run(command, cwd=_PROJECT, env=history.environ(), text=True, check=False, **both)
        assert ended.returncode == 0, ended.stdout
        return str(ended.stdout)

    def rows(self, query: str, database: str = "connector", **values: Any) -> list[tuple[Any, ...]]:
        """What a query gives of the connector's own database, or of Airflow's."""
        with psycopg.connect(self.uri(database)) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def change(self, *statements: str, database: str = "connector", **values: Any) -> None:
        """Carry statements out in a database, in one transaction."""
        with psycopg.connect(self.uri(database)) as connection:
            for statement in statements:
                connection.execute(statement.encode(), values or None)

    def uri(self, database: str) -> str:
        return EmbeddedPostgres(self.home).uri(database)

    def _call(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if path != "/auth/token":
            headers["Authorization"] = f"Bearer {self._call('/auth/token')['access_token']}"
        request = urllib.request.Request(  # noqa: S310 - always a loopback address
            self.url + path, json.dumps(body).encode() if body is not None else None, headers, method=method
        )
        with _DIRECT.open(request, timeout=30) as answer:
            return dict(json.load(answer))


def wait_for(what: str, done: Callable[[], T | None], seconds: float) -> T:
    """Ask until there is an answer. Fails with what it waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = done()
        if answer is not None:
            return answer
        time.sleep(0.25)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@contextmanager
def installed(home: Path, environment: Mapping[str, str]) -> Iterator[Installation]:
    """Run everything until the block ends, and nothing longer."""
    ports = {name: _free_port() for name in ("airflow", "omnitron", "fashfed", "smtp")}
    variables = {f"FASHFED_PORT_{name.upper()}": str(port) for name, port in ports.items()}
    log = home / "make-run.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "include.local", "run"],
            cwd=_PROJECT,
            env={**os.environ, **variables, **environment, "FASHFED_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, log)
        yield Installation(
            f"http://127.0.0.1:{ports['airflow']}",
            Control(f"http://127.0.0.1:{ports['omnitron']}"),
            home,
            process.pid,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    def ready() -> bool | None:
        if process.poll() is not None:
            raise AssertionError(f"it did not start:\n{log.read_text()}")
        return True if "\nReady after" in log.read_text() else None

    wait_for(f"`make run` to be ready ({log})", ready, _START_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
