"""The HTTP application in front of the stand-ins, called as a server would call it."""

import json
from typing import Any

import pytest

from include.sandbox import Sandbox
from include.sandbox.control import Control
from include.sandbox.http import RemoteServer
from include.sandbox.world import World


class Connection:
    """One request and what came back. uvicorn's cycle has the transport that a dropped connection is asked of."""

    def __init__(self, path: str, client: str, method: str = "GET", body: bytes = b"", query: bytes = b"") -> None:
        self.scope = {
            "type": "http", "scheme": "http", "method": method, "path": path, "query_string": query,
            "headers": [(b"host", b"here:8802"), (b"authorization", b"fashfed-sandbox-access-token")],
            "client": (client, 5000),
        }  # fmt: skip
        self.transport = self
        self.aborted = False
        self.sent: list[dict[str, Any]] = []
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    def abort(self) -> None:
        self.aborted = True

    async def receive(self) -> dict[str, Any]:
        return self._messages.pop(0) if self._messages else {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.fixture
def servers(sandbox: Sandbox) -> dict[str, RemoteServer]:
    control = Control(sandbox, World(sandbox))
    return {
        "omnitron": RemoteServer("omnitron", control, serves_control=True),
        "fashfed": RemoteServer("fashfed", control, serves_control=False),
    }


async def _ask(server: RemoteServer, path: str, client: str = "127.0.0.1", **facts: Any) -> Connection:
    connection = Connection(path, client, **facts)
    await server(connection.scope, connection.receive, connection.send)
    return connection


@pytest.mark.parametrize(
    ("client", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.1.2.3", 403), ("172.17.0.1", 403)]
)
async def test_control_answers_loopback_clients_only(
    servers: dict[str, RemoteServer], client: str, status: int
) -> None:
    connection = await _ask(servers["omnitron"], "/control/state", client)
    assert connection.sent[0]["status"] == status


async def test_control_is_not_on_the_market(servers: dict[str, RemoteServer]) -> None:
    assert (await _ask(servers["fashfed"], "/control/state")).sent[0]["status"] == 404


async def test_links_lead_to_the_address_that_was_asked(servers: dict[str, RemoteServer]) -> None:
    connection = await _ask(servers["fashfed"], "/api/i2/packages/", query=b"limit=2&status=2")
    page = json.loads(connection.sent[1]["body"])
    assert page["next"] == "http://here:8802/api/i2/packages/?limit=2&status=2&page=2"


@pytest.mark.parametrize(("kind", "aborted"), [("reset_before", True), ("timeout_after", False)])
async def test_a_lost_answer_sends_nothing(
    servers: dict[str, RemoteServer], sandbox: Sandbox, kind: str, aborted: bool
) -> None:
    sandbox.faults.add(kind)
    connection = await _ask(servers["fashfed"], "/api/i2/packages/")
    assert (connection.sent, connection.aborted) == ([], aborted)


async def test_health_is_told_without_a_token(servers: dict[str, RemoteServer]) -> None:
    for server in servers.values():
        assert (await _ask(server, "/healthz", "10.1.2.3")).sent[0]["status"] == 200
