"""The embedded PostgreSQL server: it runs while somebody uses it, keeps its data, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from include.local.errors import CannotStart
from include.local.postgres import EmbeddedPostgres

PROJECT = Path(__file__).resolve().parents[2]
_USER = """
import sys, time
from pathlib import Path
from include.local.postgres import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1]))
postgres.start()
print(postgres.pid(), flush=True)
time.sleep(600)
"""


def _wait(done: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose data is made once."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def other_user(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the server of the same folder."""
    process = subprocess.Popen([sys.executable, "-c", _USER, str(home)], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdecimal()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_has_both_databases_and_our_role_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    for name in ("airflow", "connector"):
        with psycopg.connect(postgres.uri(name)) as connection:
            row = connection.execute("SELECT current_database(), current_setting('is_superuser')").fetchone()
        assert row == (name, "off")


def test_a_database_set_aside_keeps_its_data_under_another_name(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("aside")
    with psycopg.connect(postgres.uri("aside")) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.commit()
        with pytest.raises(CannotStart, match="still in use"):
            postgres.set_aside("aside")
    other = postgres.set_aside("aside")
    with psycopg.connect(postgres.uri(other)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with psycopg.connect(postgres.uri("aside")) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


def test_data_survives_a_stop(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.uri("connector")) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    postgres.stop()
    assert postgres.pid() is None
    postgres.start()
    with psycopg.connect(postgres.uri("connector")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_address_stays_the_same_after_a_stop(postgres: EmbeddedPostgres) -> None:
    before = postgres.uri("connector")
    postgres.stop()
    postgres.start()
    assert postgres.uri("connector") == before


def test_a_second_start_uses_the_running_server(postgres: EmbeddedPostgres) -> None:
    before = postgres.pid()
    postgres.start()
    assert postgres.pid() == before


def test_it_listens_on_loopback_and_wants_a_password(postgres: EmbeddedPostgres) -> None:
    port = int(postgres.uri("").split(":")[-1].rstrip("/"))
    for user in ("fashfed", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{user}:wrong@127.0.0.1:{port}/connector")


def test_it_stays_while_another_process_uses_it(
    postgres: EmbeddedPostgres, other_user: "subprocess.Popen[str]"
) -> None:
    postgres.stop()
    assert postgres.running()
    other_user.send_signal(signal.SIGTERM)
    _wait(lambda: postgres.pid() is None)


def test_a_killed_user_does_not_leave_the_server_behind(home: Path, other_user: "subprocess.Popen[str]") -> None:
    server = EmbeddedPostgres(home)
    assert server.running()
    other_user.kill()
    _wait(lambda: server.pid() is None)
    assert "database system is shut down" in server.log.read_text()


def test_a_server_whose_guard_is_killed_ends_cleanly(postgres: EmbeddedPostgres) -> None:
    guard = postgres.guard_pid()
    assert guard is not None
    os.kill(guard, signal.SIGKILL)
    _wait(lambda: postgres.pid() is None)
    postgres.start()
    assert postgres.running()


def test_a_database_is_made_once(postgres: EmbeddedPostgres) -> None:
    for _ in range(2):
        postgres.create_database("extra")
    with psycopg.connect(postgres.uri("extra")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("extra",)


def test_data_that_a_broken_start_left_half_made_is_made_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    server = EmbeddedPostgres(tmp_path)
    server.start()
    assert server.running()
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the database's own user may not enter")
def test_it_runs_in_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "state")
    server.start()
    try:
        assert closed.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(server.uri("connector")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = EmbeddedPostgres(tmp_path, port=port)
        with pytest.raises(CannotStart, match=f"^Port {port} is taken") as refused:
            server.start()
        server.stop()
    assert "\n" not in str(refused.value)


def test_the_address_of_a_server_that_does_not_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="does not run"):
        EmbeddedPostgres(tmp_path).uri("connector")
