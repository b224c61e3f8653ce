"""Services of a local run: whatever they start ends with them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from include.local.errors import CannotStart
from include.local.processes import Service, Services, end_sessions, recorded_processes

_WITH_GRANDCHILD = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(grandchild.pid, flush=True)
time.sleep(600)
"""
_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def _wait(done: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    started = Services(tmp_path / "processes.json")
    yield started
    started.stop(started.names, grace=2.0)


def _service(folder: Path, name: str, code: str) -> Service:
    return Service(name, (sys.executable, "-c", code), dict(os.environ), folder / "logs" / f"{name}.log")


def _printed(service: Service) -> str:
    _wait(lambda: bool(service.log.read_text().strip()))
    return service.log.read_text().strip()


def test_stopping_a_service_ends_what_it_started(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "parent", _WITH_GRANDCHILD)
    services.start(service)
    grandchild = int(_printed(service))
    services.stop(["parent"], grace=5.0)
    _wait(lambda: not psutil.pid_exists(grandchild))
    assert not psutil.pid_exists(service.process.pid)


def test_a_service_that_does_not_listen_is_killed_after_its_grace(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "deaf", _DEAF)
    services.start(service)
    _printed(service)
    services.stop(["deaf"], grace=0.2)
    assert service.process.returncode == -signal.SIGKILL


def test_a_service_that_ends_is_told_with_its_code_and_log(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "short", "raise SystemExit(3)")
    services.start(service)
    service.process.wait()
    with pytest.raises(CannotStart, match=r"short ended with code 3; see .*short\.log"):
        services.require_alive()


def test_a_service_that_dies_at_once_is_not_started_again(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "short", "raise SystemExit(3)")
    services.start(service)
    service.process.wait()
    with pytest.raises(CannotStart):
        services.restart_dead()


def test_a_service_that_dies_later_is_started_again(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "parent", _WITH_GRANDCHILD)
    services.start(service)
    grandchild = int(_printed(service))
    service.started -= 3600
    service.process.kill()
    service.process.wait()
    assert services.restart_dead() == [f"parent ended with code -9; see {service.log}; started again"]
    assert service.ended() is None
    _wait(lambda: not psutil.pid_exists(grandchild))


def test_what_a_killed_run_left_is_found_again_but_not_a_stranger_with_the_same_number(
    services: Services, tmp_path: Path
) -> None:
    service = _service(tmp_path, "parent", _WITH_GRANDCHILD)
    services.start(service)
    record = tmp_path / "processes.json"
    assert recorded_processes(record) == {"parent": service.process.pid}
    record.write_text(json.dumps({"parent": [service.process.pid, 1.0]}))
    assert recorded_processes(record) == {}


def test_leftovers_are_ended_with_their_descendants(services: Services, tmp_path: Path) -> None:
    service = _service(tmp_path, "parent", _WITH_GRANDCHILD)
    services.start(service)
    grandchild = int(_printed(service))
    end_sessions([service.process.pid], grace=5.0)
    service.process.wait()
    _wait(lambda: not psutil.pid_exists(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_service_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys, time; from pathlib import Path; from include.local.processes import Service\n"
            "service = Service('s', (sys.executable, '-c', 'import time; time.sleep(600)'), dict(os.environ), "
            "Path(sys.argv[1]) / 's.log')\n"
            "service.start(); print(service.process.pid, flush=True); time.sleep(600)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert supervisor.stdout is not None
    service = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    _wait(lambda: not psutil.pid_exists(service) or psutil.Process(service).status() == psutil.STATUS_ZOMBIE)
