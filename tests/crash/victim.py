"""Processes that run a flow for real and are killed at a chosen durable write.

``python -m tests.crash.victim`` reads one job a line (JSON) and forks a process for each, so that no process pays for
the imports again. It answers with the exit status of the process (negative: the signal that killed it).
"""

import inspect
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from include import bootstrap
from include.bootstrap import run_steps
from include.clients.aiohttp_transport import AiohttpTransport
from include.clock import SystemClock
from include.connections import Connection
from include.domain.sku_list import typed
from include.errors import RecordFailed
from include.flows.registry import FLOWS, step_function
from include.state.postgres import PostgresStore
from include.state.store import Store
from include.steps import Order
from include.window import Occasion, run_window

_READS = """
    alarm_facts alarm_rules audits batch_items claims close comparisons corrections count_incidents differences
    doubted due events findings holds identities identities_of inbox_counts inbox_row inbox_rows inbox_states incident
    incidents last_failures last_runs lock log_entries notices notices_of open_batches open_corrections sent
    sku_states suggestions unconfirmed watermark
"""
PASSING = frozenset(
    (
        "cache",
        "cached",
        "lease_calls",
        "pause_calls",
        "uncache",
        "start_run",
        "finish_run",
        "note_broken_run",
        "log",
        "born_at",
    )
)
"""What may be lost: caches, call budgets, and notes of what was done for the eyes of people."""
BY_HAND = frozenset(
    ("reopen", "exclude_by_hand", "note_audit", "save_alarm_rule", "delete_alarm_rule", "queue_test_notices")
)
"""What a person does; it is one statement, and whoever was interrupted does it again."""
WRITES = (
    frozenset(name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_"))
    - set(_READS.split())
    - PASSING
    - BY_HAND
)
"""Every durable step of the state database, as its interface names it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a flow. ``dies_at``: the durable write after whose effect the process is killed. ``notes``: a file
    that gets the name of each write. ``ahead``: seconds by which our clock is ahead."""

    flow: str
    hub: str
    database: str
    notes: str
    dies_at: str | None = None
    ahead: float = 0.0
    let_pass: bool = False
    skus: tuple[str, ...] = ()

    def as_line(self) -> str:
        return json.dumps(asdict(self))


class _Source:
    def __init__(self, job: Job, done: Callable[[str], None]) -> None:
        self._job = job
        self._done = done

    def get(self, conn_id: str) -> Connection | None:
        if conn_id == "connector_db":
            parts = urlsplit(self._job.database)
            login = (parts.username or "", parts.password or "")
            return Connection(conn_id, "postgres", parts.hostname or "", parts.port, parts.path[1:], *login)
        if conn_id == "omnitron_default":
            return Connection(conn_id, "http", self._job.hub, None, "", "connector", "sandbox", {"channel_id": 137})
        return None

    def mask(self, secret: str) -> None:
        """Nothing is logged."""

    def mail_server(self) -> "_Mailbox":
        return _Mailbox(self._job, self._done)

    def screens(self) -> str:
        return "https://airflow.example.com"


class _Mailbox:
    """A mail server that writes a line for each mail; before time goes on it refuses those of one operator."""

    def __init__(self, job: Job, done: Callable[[str], None]) -> None:
        self._job = job
        self._done = done

    async def send(self, to: str, subject: str, text: str, *, message_id: str) -> None:
        if to.startswith("late") and not self._job.ahead:
            raise RecordFailed("mail_refused", reason="not now")
        with Path(self._job.notes).with_name("mails").open("a", encoding="utf-8") as mails:
            mails.write(f"{to} {message_id}\n")
        self._done("MAIL")


class _AheadClock(SystemClock):
    ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


def _live(job: Job) -> None:
    """One whole run, or as much of it as the process lives to see."""
    os.environ["FASHFED_ALLOW_PRIVATE_HOSTS"] = "1"
    os.environ["FASHFED_OPERATORS"] = "late@example.com,ops@example.com"
    _AheadClock.ahead = job.ahead
    bootstrap.SystemClock = _AheadClock  # type: ignore[misc]
    logging.getLogger("fashfed").addHandler(logging.NullHandler())
    notes = Path(job.notes).open("a", encoding="utf-8")  # noqa: SIM115 - lives as long as the process

    def done(name: str) -> None:
        notes.write(f"{name}\n")
        notes.flush()
        if name == job.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in WRITES:
        setattr(PostgresStore, name, _noted(name, getattr(PostgresStore, name), done))
    _note_requests(done)
    flow = FLOWS[job.flow]
    window = run_window(Occasion(_AheadClock().now()), flow.look_back) if flow.look_back else None
    skus = typed(job.skus) if job.skus else None
    run_steps(
        Order(flow, "default", "crash", flow.steps, window, sku_list=skus, let_pass=job.let_pass), _Source(job, done)
    )


def _noted(name: str, method: Callable[..., Awaitable[Any]], done: Callable[[str], None]) -> Callable[..., Any]:
    async def call(self: PostgresStore, *args: Any, **kwargs: Any) -> Any:
        answer = await method(self, *args, **kwargs)
        done(f"store.{name}{_about(name, args)}")
        return answer

    return call


def _about(name: str, args: tuple[Any, ...]) -> str:
    """What tells two uses of one method apart: the action of a claim, the kind of a record, the state of a batch."""
    about = args[1] if len(args) > 1 else ""
    if name in ("bind", "rename"):
        about = "+".join(sorted({row.kind for row in about or args[1]}))
    return f"({about})" if isinstance(about, str) and about else ""


def _note_requests(done: Callable[[str], None]) -> None:
    send = AiohttpTransport.send

    async def noted(self: AiohttpTransport, request: Any) -> Any:
        answer = await send(self, request)
        path = urlsplit(request.url).path
        if request.method != "GET" and not path.endswith("/auth/login/"):
            done(f"{request.method} {_general(path)}{_state(request.body)}")
        return answer

    AiohttpTransport.send = noted  # type: ignore[method-assign]


def _general(path: str) -> str:
    path = re.sub(r"^/api/v1/(channel/\d+/)?|^/api/i2/", "", path)
    return re.sub(r"(?<=/)[0-9a-f]{8}-[0-9a-f-]{27}(?=/)|(?<=/)\d+(?=/)", "*", f"/{path}")[1:]


def _state(body: bytes | None) -> str:
    """The state that a batch request is moved to."""
    data = json.loads(body) if body else None
    return f" {data['status']}" if isinstance(data, dict) and isinstance(data.get("status"), str) else ""


def main() -> None:
    """Fork a process for each job; a run that fails by itself ends with status 1."""
    for name in FLOWS:
        step_function(FLOWS[name], FLOWS[name].steps[0])  # imports it
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be_a_victim(Job(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _be_a_victim(job: Job) -> None:
    status = 1
    try:
        _live(job)
        status = 0
    except BaseException as error:  # noqa: BLE001 - told through the notes
        with Path(job.notes).open("a", encoding="utf-8") as notes:
            notes.write(f"! {type(error).__name__}: {error}\n")
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
