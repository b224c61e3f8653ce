"""Web hooks of chat services, over real HTTP: what Slack and Teams take, and nothing into the own network."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from include.clients.aiohttp_transport import AiohttpTransport
from include.clients.webhook import WebHookCalls
from include.errors import ConfigurationError, FashfedError


@dataclass
class Chat:
    """A chat service on this machine."""

    address: str = ""
    status: int = 200
    taken: list[tuple[str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.path_qs, await request.json()))
        return web.Response(status=self.status, headers={"location": "http://127.0.0.1:9/elsewhere"})


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    service = Chat()
    application = web.Application()
    application.router.add_post("/{path:.*}", service.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    service.address = f"http://127.0.0.1:{port}/hooks/secret?sig=hidden%2Fword"
    yield service
    await runner.cleanup()


async def call(address: str, *, private: bool) -> None:
    hooks = WebHookCalls(AiohttpTransport(where="The web hook of an alarm rule", allow_private_hosts=private))
    try:
        await hooks.call(address, "Stok akışı durdu\nsecond line")
    finally:
        await hooks.aclose()


async def test_a_message_is_one_text_in_json_and_the_address_is_left_as_it_is(chat: Chat) -> None:
    await call(chat.address, private=True)
    assert chat.taken == [("/hooks/secret?sig=hidden%2Fword", {"text": "Stok akışı durdu\nsecond line"})]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_what_is_not_taken_is_said_without_the_address(chat: Chat, status: int) -> None:
    chat.status = status
    with pytest.raises(FashfedError, match=f"it answered {status}") as refusal:
        await call(chat.address, private=True)
    assert len(chat.taken) == 1  # a redirect is not followed
    assert "secret" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254"])
async def test_nothing_is_sent_into_the_own_network(chat: Chat, host: str) -> None:
    with pytest.raises(ConfigurationError, match="private or local address"):
        await call(chat.address.replace("127.0.0.1", host), private=False)
    assert chat.taken == []
