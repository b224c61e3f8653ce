"""The production transport against a real server on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from include.clients import aiohttp_transport
from include.clients.aiohttp_transport import AiohttpTransport
from include.clients.transport import Request, TransportError
from include.errors import ConfigurationError

pytestmark = pytest.mark.enable_socket

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server with one handler for everything; gives its base URL."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    made = AiohttpTransport(where="Base URL", allow_private_hosts=True)
    yield made
    await made.close()


async def test_a_request_arrives_as_it_was_made(serve, transport):
    seen = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(
            method=request.method,
            path=request.raw_path,
            query=list(request.query.items()),
            body=await request.read(),
            token=request.headers["authorization"],
        )
        return web.json_response({"ok": "İ"}, status=201, headers={"Retry-After": "3"})

    base = await serve(handler)
    request = Request(
        "POST",
        base + "/api/i2/packages/31%2F..%2Fx/",
        (("status", "a"), ("status", "b"), ("name", "Kadıköy & co"), ("at", "2026-03-02T10:00:00+03:00")),
        {"authorization": "Token t"},
        b'{"a": 1}',
    )
    response = await transport.send(request)
    assert (response.status, response.headers["retry-after"]) == (201, "3")
    assert response.body.decode() == '{"ok": "\\u0130"}'
    assert seen["method"] == "POST"
    assert seen["path"].startswith("/api/i2/packages/31%2F..%2Fx/?")
    assert tuple(seen["query"]) == request.query
    assert seen["body"] == b'{"a": 1}'
    assert seen["token"] == "Token t"


async def test_a_redirect_is_an_answer(serve, transport):
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})

    assert (await transport.send(Request("GET", await serve(handler) + "/"))).status == 302


async def test_no_answer_in_time_may_have_been_acted_on(serve, transport):
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    with pytest.raises(TransportError) as caught:
        await transport.send(Request("POST", await serve(handler) + "/", timeout=1.0))
    assert caught.value.reached


async def test_a_slow_body_is_no_answer_in_time_either(serve, transport):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"a"')
        await asyncio.sleep(30)
        return response

    with pytest.raises(TransportError) as caught:
        await transport.send(Request("GET", await serve(handler) + "/", timeout=1.0))
    assert caught.value.reached


async def test_a_connection_that_breaks_may_have_been_acted_on(serve, transport):
    async def handler(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    with pytest.raises(TransportError) as caught:
        await transport.send(Request("POST", await serve(handler) + "/"))
    assert caught.value.reached


async def test_a_refused_connection_never_left(transport):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransportError) as caught:
        await transport.send(Request("POST", f"http://127.0.0.1:{port}/"))
    assert not caught.value.reached


async def test_a_name_that_is_not_known_never_left(transport):
    with pytest.raises(TransportError) as caught:
        await transport.send(Request("POST", "http://nowhere.invalid/"))
    assert not caught.value.reached


async def test_an_endless_answer_is_cut_off(serve, transport, monkeypatch):
    monkeypatch.setattr(aiohttp_transport, "MAX_BODY", 100_000)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 200_000)

    with pytest.raises(TransportError) as caught:
        await transport.send(Request("GET", await serve(handler) + "/"))
    assert caught.value.reached


async def test_loopback_is_refused_where_private_hosts_are_not_allowed(serve):
    async def handler(request: web.Request) -> web.Response:
        raise AssertionError("it must not arrive")

    base = await serve(handler)
    guarded = AiohttpTransport(where="Base URL")
    try:
        for url in (base, base.replace("127.0.0.1", "localhost")):
            with pytest.raises(ConfigurationError) as caught:
                await guarded.send(Request("GET", url + "/"))
            assert caught.value.code == "private_host"
    finally:
        await guarded.close()


async def test_connections_are_used_again(serve, transport):
    ports = set()

    async def handler(request: web.Request) -> web.Response:
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.json_response({})

    base = await serve(handler)
    for _ in range(5):
        await transport.send(Request("GET", base + "/"))
    assert len(ports) == 1


async def test_nothing_is_sent_after_the_connections_were_closed(serve, transport):
    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    address = await serve(handler)
    await transport.send(Request("GET", address + "/"))
    await transport.close()
    with pytest.raises(RuntimeError, match="closed"):
        await transport.send(Request("GET", address + "/"))
