"""The screens as a browser meets them: a real server on loopback, a real state database, Airflow played.

``python -m tests.ui.served --state <folder> --port 8899`` shows them on the state folder of a local run (or a copy).
"""

import argparse
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import uvicorn
from fastapi import FastAPI, HTTPException, Request

from include.alarms.outbox import MailServer
from include.bootstrap import ConnectionSource
from include.clock import Clock, SystemClock
from include.connections import Connection, from_environment
from include.dashboard.access import Right, Visitor
from include.dashboard.app import make_app
from include.dashboard.world import World
from include.local.config import free_port
from include.local.postgres import EmbeddedPostgres
from include.state import migrations

ROLES = {
    "viewer": frozenset({Right.READ}),
    "op": frozenset({Right.READ, Right.OPERATE}),
    "admin": frozenset(Right),
}


class Cookies:
    """Access by a cookie that names the role, or the role that everybody has."""

    def __init__(self, everybody: str | None = None) -> None:
        self._everybody = everybody

    async def visitor(self, request: Request) -> Visitor:
        role = request.cookies.get("role") or self._everybody
        if role not in ROLES:
            raise HTTPException(401, "Not authenticated")
        return Visitor(role, ROLES[role])


@dataclass
class PlayedAirflow:
    """Remembers what it was asked; its runs are what the test says."""

    started: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)
    backfilled: list[tuple[str, datetime, datetime, bool, str]] = field(default_factory=list)
    hours: int = 12
    """Between two slots of every DAG."""
    known: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    is_paused: set[str] = field(default_factory=set)

    def start(self, dag: str, given: Mapping[str, Any], who: str) -> str:
        self.started.append((dag, given, who))
        return f"manual__{len(self.started)}"

    def backfill(self, dag: str, start: datetime, end: datetime, again: bool, who: str) -> int:
        self.backfilled.append((dag, start, end, again, who))
        return len(self.backfilled)

    def slots(self, dag: str, start: datetime, end: datetime, again: bool) -> Sequence[datetime]:
        every = self.hours * 3600
        first, last = -(-start.timestamp() // every), end.timestamp() // every
        return [datetime.fromtimestamp(slot * every, UTC) for slot in range(int(first), int(last) + 1)]

    def backfills(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        made = [
            {"id": number, "start": start, "end": end, "who": who, "created_at": end, "completed_at": None}
            | {"states": {"running": 1, "queued": len(self.slots(dag, start, end, again)) - 1}}
            for number, (of, start, end, again, who) in enumerate(self.backfilled, start=1)
            if of == dag
        ]
        return made[::-1][:limit]

    def runs(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return self.known.get(dag, [])[:limit]

    def run(self, dag: str, run_id: str) -> Mapping[str, Any] | None:
        return next((run for run in self.known.get(dag, []) if run["run_id"] == run_id), None)

    def unfinished(self, dags: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found = {dag: [run for run in self.known.get(dag, []) if run["state"] in ("running", "queued")] for dag in dags}
        return {dag: runs[0] for dag, runs in found.items() if runs}

    def paused(self, dags: Sequence[str]) -> frozenset[str]:
        return frozenset(self.is_paused & set(dags))


@dataclass(frozen=True)
class Connections:
    """The state database, and whatever else the environment or the test names."""

    state_uri: str
    others: Mapping[str, Connection] = field(default_factory=dict)

    def get(self, conn_id: str) -> Connection | None:
        if conn_id == "connector_db":
            at = urlsplit(self.state_uri)
            name = unquote(at.path.strip("/"))
            login, password = unquote(at.username or ""), unquote(at.password or "")
            return Connection(conn_id, "postgres", at.hostname or "", at.port, name, login, password)
        return self.others.get(conn_id) or from_environment(conn_id)

    def mask(self, secret: str) -> None:
        """Nothing is logged here."""

    def mail_server(self) -> MailServer:
        raise AssertionError("screens send no mail")

    def screens(self) -> str:
        return "http://airflow.test"


@dataclass(frozen=True)
class Served:
    """Running screens."""

    url: str
    airflow: PlayedAirflow
    app: FastAPI

    def ask(self, path: str, role: str | None = None, **more: Any) -> httpx.Response:
        """GET a page as somebody with that role (None: not signed in)."""
        return self._send("GET", path, role, more)

    def post(self, path: str, role: str | None = None, *, from_page: bool = True, **more: Any) -> httpx.Response:
        """POST a form (``data``, ``files``) as a browser does from one of our pages, or not."""
        more["headers"] = {**({"Sec-Fetch-Site": "same-origin"} if from_page else {}), **more.get("headers", {})}
        return self._send("POST", path, role, more)

    def _send(self, method: str, path: str, role: str | None, more: Mapping[str, Any]) -> httpx.Response:
        cookies = {"role": role} if role else {}
        with httpx.Client(base_url=self.url, cookies=cookies, timeout=30, trust_env=False) as client:
            return client.request(method, f"{self.url}/{path.lstrip('/')}", **more)


@contextmanager
def served(
    source: ConnectionSource, *, everybody: str | None = None, clock: Clock | None = None, port: int = 0
) -> Iterator[Served]:
    """Serve the screens under /fashfed, as Airflow does."""
    airflow = PlayedAirflow()
    app = make_app(World(source, Cookies(everybody), airflow, clock or SystemClock()))
    outer = FastAPI(openapi_url=None)
    outer.mount("/fashfed", app)
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(outer, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Served(f"http://127.0.0.1:{port}/fashfed", airflow, app)
    finally:
        server.should_exit = True
        thread.join(20)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True, help="a folder that holds postgres/")
    parser.add_argument("--port", type=int, default=8899)
    parser.add_argument("--role", choices=ROLES, default="admin")
    asked = parser.parse_args()
    postgres = EmbeddedPostgres(asked.state)
    postgres.start()
    migrations.upgrade(postgres.uri("connector"))
    try:
        with served(Connections(postgres.uri("connector")), everybody=asked.role, port=asked.port) as running:
            print(f"{running.url}/", flush=True)
            threading.Event().wait()
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
