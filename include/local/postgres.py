"""The embedded PostgreSQL server: a server from a wheel, its data under the state folder (design.md section 11).

The server runs exactly as long as somebody uses it. Each user holds a shared lock on one file; the server's parent
(``postgres_guard``) waits for the exclusive lock and then shuts it down. The kernel drops the lock of a process that is
killed, so no user can leave the server behind.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import psutil

from include.local.errors import CannotStart

ROLE: Final = "fashfed"
DATABASES: Final = ("airflow", "connector")
_PROJECT: Final = Path(__file__).resolve().parents[2]
_LEAST_FREE_BYTES: Final = 50_000_000
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 25.0


class EmbeddedPostgres:
    """One server with the databases ``airflow`` and ``connector``, below ``home`` (the state folder)."""

    def __init__(self, home: Path, *, port: int = 0) -> None:
        """``port`` 0 takes the one of last time, or any free port of the loopback address."""
        self.folder = home.resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = home.resolve() / "logs" / "postgres.log"
        self._port = port
        self._in_use: IO[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Use the server, starting it (and making its data first) if it does not run. Raises ``CannotStart``."""
        if self._in_use is not None and self.running():
            return
        try:
            for folder in (self.folder, self.log.parent):
                folder.mkdir(parents=True, exist_ok=True)
            self._in_use = self._in_use or (self.folder / "in_use").open("w")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            with (self.folder / "starting").open("w") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if not self.running():
                    self._launch()
        except OSError as error:
            raise CannotStart(f"The database under {self.folder} cannot be started: {error}") from error

    def stop(self) -> None:
        """Give the server up. It shuts down, and this waits for it, unless another process uses it."""
        if self._in_use is None:
            return
        alone = True
        try:
            fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Either others use the server too, or the guard was quicker than we and holds the lock already.
            with suppress(BlockingIOError):
                fcntl.flock(self._in_use, fcntl.LOCK_SH | fcntl.LOCK_NB)
                alone = False
        self._in_use.close()
        self._in_use = None
        deadline = time.monotonic() + _STOP_SECONDS
        while alone and self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._guard is not None:
            if alone:
                self._guard.wait(_STOP_SECONDS)
            self._guard.returncode = 0  # left to the others on purpose: no warning about a child not waited for
            self._guard = None

    def running(self) -> bool:
        """Whether the server accepts connections."""
        return self.pid() is not None and self._postmaster_lines()[-1].strip() == "ready"

    def pid(self) -> int | None:
        """The process id of the server, or None if it does not run."""
        lines = self._postmaster_lines()
        if len(lines) < 8:
            return None
        with suppress(psutil.Error, ValueError):
            if psutil.Process(int(lines[0])).name() == "postgres":
                return int(lines[0])
        return None

    def guard_pid(self) -> int | None:
        """The process id of the server's parent, which ends both as soon as nobody uses the server."""
        server = self.pid()
        with suppress(psutil.Error):
            return psutil.Process(server).ppid() if server is not None else None
        return None

    def uri(self, database: str) -> str:
        """Connection address of one database of the running server."""
        if self.pid() is None:
            raise CannotStart(f"The database under {self.folder} does not run.")
        password = (self.folder / "password").read_text()
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{int(self._postmaster_lines()[3])}/{database}"

    def create_database(self, name: str) -> None:
        """Make a database of this name if there is none."""
        import psycopg  # here, because only tests make databases of their own and the rest starts faster without
        from psycopg import sql

        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def set_aside(self, name: str) -> str:
        """Keep a database under another name and make an empty one in its place; gives the other name."""
        import psycopg
        from psycopg import sql

        kept = f"{name}_until_{time.strftime('%Y%m%d_%H%M%S')}"
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(kept))
        try:
            with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
                connection.execute(rename)
        except psycopg.errors.ObjectInUse:
            raise CannotStart(f"The database {name} is still in use by another program; end that first.") from None
        self.create_database(name)
        return kept

    def _postmaster_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _launch(self) -> None:
        """Start the guard, which makes the data and starts the server, and wait until connections are accepted."""
        if self._guard is not None:
            self._guard.wait(_STOP_SECONDS)  # its server is gone, so it goes too
        port = self._port or self._usual_port()
        with self.log.open("ab") as log:
            before = log.tell()
            self._guard = subprocess.Popen(
                [sys.executable, "-m", "include.local.postgres_guard", str(self.folder), str(port)],
                cwd=_PROJECT,
                env={**os.environ, "PYTHONPATH": str(_PROJECT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self.running():
            if self._guard.poll() is not None:
                raise CannotStart(self._explanation(self.log.read_bytes()[before:].decode(errors="replace"), port))
            if time.monotonic() > deadline:
                self._guard.terminate()
                self._guard.wait(_STOP_SECONDS)
                raise CannotStart(f"The database did not start within {_START_SECONDS:.0f} s; see {self.log}")
            time.sleep(0.02)
        (self.folder / "port").write_text(str(port))

    def _usual_port(self) -> int:
        """The port of last time, so that addresses noted elsewhere stay true, or any free one."""
        last = self.folder / "port"
        for wanted in (int(last.read_text()) if last.exists() else 0, 0):
            with socket.socket() as probe, suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", wanted))
                return int(probe.getsockname()[1])
        raise CannotStart("There is no free port on 127.0.0.1 for the database.")

    def _explanation(self, output: str, port: int) -> str:
        if shutil.disk_usage(self.folder).free < _LEAST_FREE_BYTES:
            return f"The disk is full: the database needs room in {self.folder}."
        if "Address already in use" in output:
            return f"Port {port} is taken; choose another one for the database with FASHFED_PORT_POSTGRES."
        telling = [line for line in output.splitlines() if "FATAL:" in line or "error:" in line or "ERROR:" in line]
        reason = telling[-1].split(": ", 1)[-1].strip() if telling else "no reason given"
        return f"The database cannot be started: {reason} (see {self.log})"
