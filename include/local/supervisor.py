"""`make run`: starts everything in order, says so, watches it, and ends all of it again."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NoReturn

from include.deployment import channels, dag_id
from include.errors import FashfedError
from include.flows.registry import FLOWS
from include.local import prepare
from include.local.airflow_api import COMPONENTS, AirflowApi
from include.local.airflow_environment import airflow_environment
from include.local.config import LocalConfig
from include.local.console import Console
from include.local.errors import CannotStart
from include.local.first_setup import first_setup, is_used, was_done
from include.local.happening import Happening
from include.local.keys import keys, passwords
from include.local.postgres import EmbeddedPostgres
from include.local.processes import Service, Services, end_sessions, recorded_processes
from include.local.run_note import claim
from include.state.migrations import upgrade

AIRFLOW_SERVICES: Final = {
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "api-server": ("airflow", "api-server", "--workers", "1"),
}
HISTORY: Final = ("include.local.airflow_history", "daily")
NEW_BRAND: Final = ("--on-sale", "0", "--packages", "0", "--bare", "--history", "90")
"""The sandbox's brand has a catalogue, a sales channel and a past month that another system imported; through us it has
sent nothing yet."""
_LOG_SERVER: Final = ("uvicorn", "--factory", "airflow.utils.serve_logs.log_server:get_app", "--no-access-log")
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NEEDED_BYTES: Final = 500_000_000
_READY_SECONDS: Final = 180.0
_STOP_TASKS_SECONDS: Final = 20.0
_STOP_SERVERS_SECONDS: Final = 3.0  # nothing is lost: by then nobody asks them any more
_STOP_SECONDS: Final = 8.0
_WATCH_SECONDS: Final = 3.0


class Stopped(BaseException):
    """Somebody asked us to end: Ctrl-C, SIGTERM or a closed terminal."""


@dataclass
class Supervisor:
    """One local run."""

    config: LocalConfig
    console: Console = field(init=False)
    postgres: EmbeddedPostgres = field(init=False)
    services: Services = field(init=False)
    environment: dict[str, str] = field(init=False)
    airflow: AirflowApi = field(init=False)
    _began: datetime = field(init=False)
    _sandbox_said: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.console = Console(steps=6 if self.config.sandbox else 5)
        self.postgres = EmbeddedPostgres(self.config.home, port=self.config.postgres_port)
        self.services = Services(self.config.home / "processes.json")
        self._began = datetime.now(UTC)

    def run(self) -> int:
        """Start, watch, and stop on every way out; returns the exit code. Raises ``CannotStart`` before any start."""
        lock = claim(self.config.home, self.config.url("airflow"), self._began)
        self._check_room()
        self._end_leftovers()
        self.config.require_free_ports()
        for number in _ENDING:
            signal.signal(number, _stop)
        try:
            self._start()
            self._tell_ready()
            self._watch()
        except Stopped:
            return 0
        except (CannotStart, FashfedError) as reason:
            self.console.say(str(reason))
            return 1
        finally:
            self._stop_everything()
            lock.close()

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.config.home).free
        if free < _NEEDED_BYTES:
            raise CannotStart(
                f"The disk is full: {_NEEDED_BYTES // 10**6} MB are needed in {self.config.home}, "
                f"{free // 10**6} MB are free."
            )

    def _end_leftovers(self) -> None:
        left = recorded_processes(self.config.home / "processes.json")
        if left:
            self.console.say(f"ending what an earlier run left behind: {', '.join(left)}")
            end_sessions(list(left.values()), grace=5.0)

    def _start(self) -> None:
        with self.console.step("database") as found:
            self.postgres.start()
            found.append(self.postgres.uri("").split("@")[1].rstrip("/"))
        self.environment = airflow_environment(self.config, keys(self.config.home), self.postgres)
        self._start_helpers()
        with self.console.step("Airflow database and settings") as found:
            found.append(self._prepare_airflow())
        if self.config.sandbox:
            with self.console.step("sandbox: Omnitron and Fashfed") as found:
                self._wait("waiting for the sandbox", self._sandbox_answers)
                found.append(f"{self.config.catalogue:,} SKUs")
        with self.console.step("connector database") as found:
            if self.config.sandbox and self._sandbox_is_fresh() and is_used(self.postgres.uri("connector")):
                found.append(f"empty for the new sandbox, the old one kept as {self.postgres.set_aside('connector')}")
            upgrade(self.postgres.uri("connector"))
        self._start_airflow()
        with self.console.step("flows") as found:
            self._wait("reading the flows", self._flows_are_known)
            broken = [f"{file} CANNOT BE READ" for file in self.airflow.flows()[1]]
            found.extend([str(len(self._flow_ids)), *broken])

    def _start_helpers(self) -> None:
        """The mail sink and the sandbox start while Airflow's database is brought up to date."""
        mail = ("--port", str(self.config.ports["smtp"]), "--folder", str(self.config.mail))
        self.services.start(self._service("mail-sink", "-m", "include.local.mail_sink", *mail))
        if self.config.sandbox:
            folder = self.config.home / "sandbox"
            folder.mkdir(exist_ok=True)
            ports = [f"--{name}-port={self.config.ports[name]}" for name in ("omnitron", "fashfed")]
            state, size = f"--state-file={folder / 'state'}", f"--size={self.config.catalogue}"
            hook = f"--split-hook={self.config.url('airflow')}/fashfed/api/v1/flows/split-packages"
            token = f"--split-token={self.environment['SPLIT_PACKAGES_SECRET']}"
            service = self._service("sandbox", "-m", "include.sandbox", *ports, state, size, *NEW_BRAND, hook, token)
            self._sandbox_said = service.log.stat().st_size if service.log.exists() else 0
            self.services.start(service)

    def _start_airflow(self) -> None:
        login = ("admin", passwords(self.config.airflow_home)["admin"]) if self.config.roles else None
        self.airflow = AirflowApi(self.config.url("airflow"), login)
        with self.console.step("Airflow"):
            for name, command in AIRFLOW_SERVICES.items():
                self.services.start(self._service(name, "-m", *command))
            # Logs of tasks that still run. Airflow's own command for it would listen on every address of the machine.
            port = ("--port", self.environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"])
            self.services.start(self._service("log-server", "-m", *_LOG_SERVER, *port))
            self.services.start(self._service("history", "-m", *HISTORY))
            self._wait("waiting for Airflow", self._airflow_is_healthy)

    def _service(self, name: str, *arguments: str) -> Service:
        return Service(name, (sys.executable, *arguments), self.environment, self.config.logs / f"{name}.log")

    def _prepare_airflow(self) -> str:
        if prepare.is_done(self.config.home, self.environment):
            return "current"
        service = self._service("prepare", "-m", "include.local.prepare")
        service.start()
        self._wait("migrating (10 s the first time)", lambda: None if service.ended() is None else True)
        if service.process.returncode != 0:
            raise CannotStart(f"Airflow's database could not be prepared; see the end of {service.log}")
        return "brought up to date"

    def _wait(self, text: str, done: Callable[[], bool | float | None]) -> None:
        """Ask until the answer is True; a number is how far it is. Raises ``CannotStart`` when something died."""
        deadline = time.monotonic() + _READY_SECONDS
        while (answer := done()) is not True:
            self.services.require_alive()
            if time.monotonic() > deadline:
                raise CannotStart(f"Gave up after {_READY_SECONDS:.0f} s {text}; see the files in {self.config.logs}")
            self.console.progress(text, answer)
            time.sleep(0.2)

    def _sandbox_answers(self) -> bool:
        return "Sandbox ready" in self._sandbox_words()

    def _sandbox_is_fresh(self) -> bool:
        """Whether it began anew: there was none, or one of another size or form. What we knew of it is then void."""
        return "Sandbox ready (fresh" in self._sandbox_words()

    def _sandbox_words(self) -> str:
        """What it wrote into its log since it was started."""
        text = (self.config.logs / "sandbox.log").read_bytes()
        return text[self._sandbox_said if len(text) >= self._sandbox_said else 0 :].decode(errors="replace")

    def _airflow_is_healthy(self) -> bool | float:
        healthy = self.airflow.healthy(since=self._began)
        return len(healthy) == len(COMPONENTS) or len(healthy) / len(COMPONENTS)

    def _flows_are_known(self) -> bool | float:
        known, broken = self.airflow.flows()
        missing = set(self._flow_ids) - set(known)
        return not missing or bool(broken) or 1 - len(missing) / len(self._flow_ids)

    @property
    def _flow_ids(self) -> list[str]:
        return [dag_id(flow, channel) for channel in channels() for flow in FLOWS.values()]

    def _tell_ready(self) -> None:
        say = self.console.plain
        say(f"\nReady after {self.console.elapsed:.0f} s.")
        say(f"  Airflow           {self.config.url('airflow')}")
        if self.config.roles:
            for user, password in passwords(self.config.airflow_home).items():
                say(f"    login           {user} / {password}")
        else:
            say("    login           none needed: everyone on this machine is admin")
        if self.config.sandbox:
            say(f"  Omnitron sandbox  {self.config.url('omnitron')}")
            say(f"  Fashfed sandbox   {self.config.url('fashfed')}")
        say(f"  Mails             {self.config.mail}")
        say(f"  Logs              {self.config.logs} (make logs)")
        say("Ctrl-C ends everything; the data stays.\n")

    def _watch(self) -> NoReturn:
        """Say what the flows do and start again what dies, until somebody ends us."""
        content_types = {flow.name: flow.content_type for flow in FLOWS.values()}
        uri = self.postgres.uri("connector")
        happening = Happening(uri, content_types, since=self._began)
        patience = 3 + self.config.catalogue // 2500  # the brand puts 5000 products into categories every 5 s
        setup = first_setup(self.airflow, uri, patience) if self._first_setup_is_wanted(uri) else iter(())
        while True:
            told = self.services.restart_dead()
            with _signals_wait():
                told += [*happening.lines(), *([line] if (line := next(setup, "")) else [])]
            for line in told:
                self.console.say(line)
            time.sleep(_WATCH_SECONDS)

    def _first_setup_is_wanted(self, uri: str) -> bool:
        """Only the sandbox is set up unasked: what is written into a real Omnitron is its people's decision."""
        return self.config.sandbox and "default" in channels() and was_done(uri) is False

    def _stop_everything(self) -> None:
        """Tasks first, while the servers they need to close their work are still there; the database last."""
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        self.console.say("stopping")
        self.services.stop(("dag-processor", "triggerer", "scheduler"), grace=_STOP_TASKS_SECONDS)
        self.services.stop(("api-server", "log-server"), grace=_STOP_SERVERS_SECONDS)
        self.services.stop(self.services.names, grace=_STOP_SECONDS)
        self.postgres.stop()
        self.console.say("stopped")


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold back a request to end until the block is over: a query that is broken off complains on the terminal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def _stop(_number: int, _frame: object) -> None:
    raise Stopped
