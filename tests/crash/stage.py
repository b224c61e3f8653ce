"""Where crashes are played: the sandbox over real HTTP, a real database, and a snapshot of both to go back to."""

import asyncio
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from include.clock import SystemClock
from include.local.postgres import EmbeddedPostgres
from include.sandbox import Sandbox
from include.sandbox.control import Control
from include.sandbox.faults import Faults
from include.sandbox.http import QuietServer, RemoteServer, make_server
from include.sandbox.world import World
from tests.bench.rig import PROJECT, free_port
from tests.crash.victim import Job

DATABASE, SNAPSHOT = "crash", "crash_snapshot"
KILLED = -signal.SIGKILL


class StageClock(SystemClock):
    """The clock of both remotes; the stage moves it on."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Stage:
    """One sandbox, one database, one starter of victims."""

    postgres: EmbeddedPostgres
    template: str
    folder: Path
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    clock: StageClock = field(default_factory=StageClock)
    control: Control = field(init=False)
    _victims: "subprocess.Popen[str]" = field(init=False)
    _snapshot: bytes = b""

    def __post_init__(self) -> None:
        self.control = Control.__new__(Control)
        self.open()

    @property
    def sandbox(self) -> Sandbox:
        return self.control.sandbox

    @property
    def mails(self) -> Path:
        """The file that gets a line for each mail: to whom, and its Message-ID."""
        return self.folder / "mails"

    @property
    def database(self) -> str:
        return self.postgres.uri(DATABASE)

    def open(self, *, on_sale: float = 0.96) -> None:
        """A fresh world in which nothing was ever done; ``on_sale`` is the share of its products at Fashfed."""
        self.clock.ahead = timedelta(0)
        market = f"http://127.0.0.1:{self.ports[1]}"
        sandbox = Sandbox.seeded(
            size=16, packages=0, clock=self.clock, processing_seconds=0.0, market_url=market, on_sale=on_sale
        )
        flags = sandbox.omnitron.channel["conf"]["feature_flags"]
        flags.update(dict.fromkeys(flags, True))
        self._use(sandbox)
        self._copy(self.template, DATABASE)

    def keep(self) -> None:
        """Remember the world and the database as they are now."""
        self._snapshot = pickle.dumps((self.sandbox.omnitron, self.sandbox.fashfed, self.clock.ahead))
        self._copy(DATABASE, SNAPSHOT)

    def go_back(self) -> None:
        """Have everything as it was kept."""
        hub, market, self.clock.ahead = pickle.loads(self._snapshot)  # noqa: S301 - our own
        hub.timeline.clock = market.timeline.clock = self.clock
        self._use(Sandbox(hub, market, Faults()))
        self._copy(SNAPSHOT, DATABASE)

    def run(self, flow: str, *, dies_at: str | None = None, **facts: Any) -> tuple[int, list[str]]:
        """One run in a process of its own: how it ended, and the durable writes it made. ``facts`` are ``Job``'s."""
        notes = self.folder / "notes"
        notes.write_text("")
        hub = f"http://127.0.0.1:{self.ports[0]}"
        ahead = self.clock.ahead.total_seconds()
        job = Job(flow, hub, self.database, str(notes), dies_at, ahead, **facts)
        assert self._victims.stdin
        assert self._victims.stdout
        self._victims.stdin.write(job.as_line() + "\n")
        self._victims.stdin.flush()
        status = int(self._victims.stdout.readline())
        return status, notes.read_text().splitlines()

    def must_run(self, flow: str, **facts: Any) -> list[str]:
        """One run that ends well."""
        status, writes = self.run(flow, **facts)
        assert status == 0, f"{flow} ended with {status}: {writes[-3:]}"
        return writes

    def later(self, **span: float) -> None:
        """Let time pass on all clocks."""
        self.clock.ahead += timedelta(**span)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the state database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.crash.victim"]
        self._victims = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self) -> None:
        self._victims.kill()
        self._victims.communicate()

    def _use(self, sandbox: Sandbox) -> None:
        self.control.__init__(sandbox, World(sandbox))  # type: ignore[misc]

    def _copy(self, source: str, target: str) -> None:
        with psycopg.connect(self.postgres.uri("postgres"), autocommit=True) as connection:
            names = (sql.Identifier(target), sql.Identifier(source))
            while _is_in_use(connection, target):
                time.sleep(0.05)  # a killed process's connection, or the server's own cleaning, lasts a moment
            for statement in ("drop database if exists {0}", "create database {0} template {1}"):
                connection.execute(sql.SQL(statement).format(*names))


def _is_in_use(connection: psycopg.Connection, database: str) -> bool:
    used = connection.execute("select from pg_stat_activity where datname = %s", (database,))
    return used.fetchone() is not None


@contextmanager
def playing(postgres: EmbeddedPostgres, template: str, folder: Path) -> Iterator[Stage]:
    """A stage with both remotes served and victims at hand."""
    stage = Stage(postgres, template, folder)
    servers = [
        make_server(RemoteServer(remote, stage.control, serves_control=False), "127.0.0.1", port)
        for remote, port in zip(("omnitron", "fashfed"), stage.ports, strict=True)
    ]
    thread = threading.Thread(target=lambda: asyncio.run(_serve(servers)), daemon=True)
    thread.start()
    stage.start()
    try:
        yield stage
    finally:
        stage.stop()
        for server in servers:
            server.end()
        thread.join(timeout=10)


async def _serve(servers: list[QuietServer]) -> None:
    await asyncio.gather(*(server.serve() for server in servers))
