"""The stand-ins over HTTP: one bare ASGI application per remote in front of the same dispatch."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from include.clients.transport import Request, Response
from include.sandbox.control import Control
from include.sandbox.faults import Lost, exchange

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_HOLD_SECONDS = 300.0


class RemoteServer:
    """Answers for one remote; with a ``control``, also for /control/."""

    def __init__(self, remote: str, controlled: Control, *, serves_control: bool) -> None:
        self._remote = remote
        self._control = controlled
        self._serves_control = serves_control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        path: str = scope["path"]
        if path in ("/", "/healthz"):  # the root is what the test button of an HTTP connection asks for
            answer: Response | Lost = Response(200, {"content-type": "text/plain"}, b"ok")
        elif self._serves_control and path.startswith("/control/"):
            answer = self._controlled(scope, request)
        else:
            sandbox = self._control.sandbox
            answer = await exchange(self._remote, sandbox.apps[self._remote], request, sandbox.faults, sandbox.clock)
        if isinstance(answer, Lost):
            await _lose(answer, receive)
            return
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _controlled(self, scope: Scope, request: Request) -> Response:
        client = scope.get("client")
        if client is None or not ip_address(client[0]).is_loopback:
            return Response(403, {"content-type": "application/json"}, b'{"detail":"Control is for loopback clients."}')
        return self._control.dispatch(request, scope["path"].removeprefix("/control/").rstrip("/"))


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "localhost")
    query = tuple(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    url = f"{scope['scheme']}://{host}{scope['path']}"
    return Request(scope["method"], url, query, headers, body or None, _HOLD_SECONDS)


async def _lose(lost: Lost, receive: Receive) -> None:
    """End the connection without an answer; one that hangs is held until the client gives up."""
    if lost.hangs:
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    # ASGI has no way to drop a connection, so the transport behind uvicorn's receive is asked for it.
    receive.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs several of them, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def end(self) -> None:
        self.should_exit = self.force_exit = True


def make_server(app: RemoteServer, host: str, port: int) -> QuietServer:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return QuietServer(config)
