"""``python -m include.sandbox`` as a process: it says when it is ready, answers over HTTP, and keeps its state."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(omnitron: int, fashfed: int, *options: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "include.sandbox", f"--omnitron-port={omnitron}", f"--fashfed-port={fashfed}"]
    sizes = ["--size=60", "--packages=10", "--no-world"]
    asked = [*command, *sizes, *options]
    with subprocess.Popen(asked, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("Sandbox ready")
            yield process
        finally:
            process.kill()


def _call(port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": token} if token else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def test_both_remotes_answer_and_faults_strike_over_http() -> None:
    omnitron, fashfed = _free_port(), _free_port()
    with _running(omnitron, fashfed):
        status, login = _call(omnitron, "POST", "/api/v1/auth/login/", {"username": "connector", "password": "sandbox"})
        assert status == 200
        _, channel = _call(omnitron, "GET", "/api/v1/channels/137/", token=f"Token {login['key']}")
        assert channel["conf"]["base_url"] == f"http://127.0.0.1:{fashfed}"
        token = channel["conf"]["access_token"]
        assert _call(fashfed, "GET", "/api/i2/packages/?status=2", token=token)[0] == 200
        _call(omnitron, "POST", "/control/faults", {"add": {"kind": "reset_before", "remote": "fashfed", "next": 1}})
        with pytest.raises(ConnectionError):
            _call(fashfed, "GET", "/api/i2/packages/", token=token)
        assert _call(fashfed, "GET", "/api/i2/packages/", token=token)[0] == 200
        assert _call(omnitron, "GET", "/control/requests")[1]["total"] == 5


def test_a_stopped_sandbox_keeps_its_state(tmp_path: Path) -> None:
    omnitron, fashfed = _free_port(), _free_port()
    state = f"--state-file={tmp_path / 'state'}"
    with _running(omnitron, fashfed, state) as process:
        _, made = _call(omnitron, "POST", "/control/orders", {"count": 3})
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    with _running(omnitron, fashfed, state) as process:
        _, orders = _call(omnitron, "GET", "/control/orders")
        assert set(made["packages"]) <= {package["number"] for package in orders["fashfed"]}
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_new_installation_has_nothing_on_sale_and_an_owner_who_takes_his_time() -> None:
    omnitron, fashfed = _free_port(), _free_port()
    with _running(omnitron, fashfed, "--bare", "--on-sale=0", "--approval-seconds=5"):
        products = _call(omnitron, "GET", "/control/products")[1]
        assert (products["on_sale"], len(products["missing"])) == (0, 60)
        assert _call(omnitron, "GET", "/control/approvals")[1]["seconds"] == 5
        assert _call(omnitron, "POST", "/control/channel", {"conf": {"buffer_stock": 2}})[1]["schema"] == {}


def test_a_busy_port_gives_one_line() -> None:
    omnitron, fashfed = _free_port(), _free_port()
    with _running(omnitron, fashfed):
        ports = [f"--omnitron-port={omnitron}", f"--fashfed-port={_free_port()}"]
        command = [sys.executable, "-m", "include.sandbox", *ports, "--size=10"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"The sandbox cannot go on: port {omnitron} is taken"]
