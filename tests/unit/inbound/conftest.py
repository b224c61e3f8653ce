"""The application as callers meet it, in this process: the sandbox behind it, the store in memory."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from include.bootstrap import OpenChannel, Wiring
from include.clock import Clock
from include.connections import Connection
from include.errors import RemoteUnavailable
from include.flows.registry import FLOWS, step_function
from include.inbound.app import make_app
from include.inbound.credentials import sign
from include.inbound.splits import Outside
from include.remotes import read_settings
from include.sandbox.fashfed import Line
from include.state.memory import MemoryStore
from include.state.store import InboxRow, Store
from tests.unit.flows.orders.splitting import SplitShop
from tests.worldkit import CHANNEL, Kit, Process

SECRET = "a-secret-of-this-test"
PATH = "/api/v1/flows/split-packages"
Row = dict[str, Any]


@dataclass(slots=True)
class Connections:
    """Airflow's connections."""

    known: dict[str, Connection] = field(default_factory=dict)
    are_away: bool = False

    def get(self, conn_id: str) -> Connection | None:
        if self.are_away:
            raise RemoteUnavailable("remote_unreachable", remote="Airflow's database", call="a look", reason="away")
        return self.known.get(conn_id)

    def mask(self, secret: str) -> None:
        """Nothing is logged here."""

    def add(self, conn_id: str, **fields: Any) -> None:
        self.known[conn_id] = Connection(conn_id, **fields)


@dataclass(slots=True)
class Door:
    """The application, and what is behind it."""

    shop: SplitShop
    package: Row
    connections: Connections = field(default_factory=Connections)
    started: list[tuple[str, str]] = field(default_factory=list)
    database_is_away: bool = False
    remotes_are_away: bool = False
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.connections.add("split_packages_default", password=SECRET)
        self.connections.add("omnitron_default", extra={"channel_id": 137})
        self.connections.add("connector_db")
        outside = Outside(self.connections, self._start, self.shop.kit.clock, self._store, self._remotes)
        transport = httpx.ASGITransport(make_app(outside))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://airflow")

    def _start(self, flow: str, channel: str) -> None:
        self.started.append((flow, channel))

    @asynccontextmanager
    async def _store(self, wiring: Wiring, name: str, clock: Clock) -> AsyncIterator[Store]:
        if self.database_is_away:
            raise RemoteUnavailable("state_unreachable", reason="connection refused")
        yield MemoryStore(self.shop.kit.database, self.shop.kit.clock)

    @asynccontextmanager
    async def _remotes(self, wiring: Wiring, store: Store, clock: Clock) -> AsyncIterator[OpenChannel]:
        if self.remotes_are_away:
            raise RemoteUnavailable("remote_unreachable", remote="Omnitron", call="GET", reason="refused")
        kit = self.shop.kit
        process = await Process.start(kit.sandbox, kit.wire, store, kit.tokens, random.Random(1))
        settings = await read_settings(process.hub, None)
        yield OpenChannel(wiring.channel, settings, process.hub, process.market, store, clock)

    # --- calls --------------------------------------------------------------------------------------------
    def body(self, *groups: list[Row], **changes: Any) -> Row:
        """A plain request; without groups it asks for the second line."""
        items = groups or ([{"item_id": f"{self.package['number']}-2"}],)
        packages = [{"items": group} for group in items]
        return {"channel_id": 137, "package_number": self.package["number"], "packages": packages, **changes}

    async def post(self, body: object, secret: str | None = SECRET, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if secret is not None:
            sent.setdefault("authorization", f"Token {secret}")
        return await self.client.post(PATH, content=content, headers=sent)

    async def refused(self, body: object, status: int, code: str, **facts: Any) -> Row:
        """Post what is refused with this status and code; what is said."""
        answer = await self.post(body, **facts)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert set(answer.json()) == {"code", "message", "next_step"}
        return dict(answer.json())

    async def ask(self, key: str, secret: str = SECRET) -> httpx.Response:
        return await self.client.get(f"{PATH}/{key}", headers={"authorization": f"Token {secret}"})

    def signature(self, body: bytes, *, secret: str = SECRET, late: int = 0) -> str:
        return sign(secret, body, int(self.shop.kit.clock.now().timestamp()) - late)

    async def inbox(self) -> list[InboxRow]:
        """The requests that were kept."""
        states = ["new", "parked", "done", "excluded"]
        return await self.shop.kit.store().inbox_rows(CHANNEL, kind="split", states=states)

    async def run(self) -> None:
        """The flow that the endpoint starts."""
        await step_function(FLOWS["split_packages"], "apply")(await self.shop.context())


@pytest.fixture
async def door() -> Door:
    """A package of three dresses and a belt, with its order."""
    shop = SplitShop(Kit.made(size=12))
    shop.kit.conf["feature_flags"] |= {"split_packages": True}
    dress, belt = shop.skus[:2]
    package = shop.buy(Line(dress, 3, price=50), Line(belt, price=30))
    await shop.run()
    return Door(shop, package)
