"""A clock that is moved by hand and callers of both stand-ins through the in-process transport."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from include.clients.transport import Request, Response
from include.sandbox import Sandbox

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class HandClock:
    """Sleeping moves the clock and takes no time."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Caller:
    """Calls one stand-in with a token; paths are below ``prefix``. Gives (status, data)."""

    sandbox: Sandbox
    remote: str
    prefix: str = ""
    token: str | None = None
    sent: list[Request] = field(default_factory=list)

    async def raw(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None, **options: Any
    ) -> Response:
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        content = json.dumps(body).encode() if body is not None else None
        pairs = tuple((name, str(value)) for name, value in (query or {}).items())
        url = f"{self.sandbox.urls[self.remote]}{path if path.startswith('/') else self.prefix + path}"
        request = Request(method, url, pairs, options.pop("headers", headers), content, **options)
        return await self.sandbox.transport().send(request)

    async def call(self, method: str, path: str, query: Any = None, body: Any = None) -> tuple[int, Any]:
        answer = await self.raw(method, path, query, body)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self.call("GET", path, query)

    async def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        status, data = await self.call("GET", path, query)
        assert status == 200, data
        return list(data["results"])

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.call("POST", path, None, body)

    async def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.call("PATCH", path, None, body)

    async def login(self) -> None:
        status, data = await self.post(
            "/api/v1/auth/login/", {"username": self.sandbox.username, "password": self.sandbox.password}
        )
        assert status == 200
        self.token = data["key"]


def batch_object(row: Mapping[str, Any], model: str = "productstock", **facts: Any) -> dict[str, Any]:
    """A feed row as a batch names it."""
    return {"pk": row["pk"], "content_type": model, "version_date": row["modified_date"], "remote_id": None, **facts}


async def open_batch(hub: Caller) -> int:
    status, batch = await hub.post("batch_requests/", {"channel": 137})
    assert status == 201
    return int(batch["pk"])


async def move_batch(hub: Caller, pk: int, status: str, **facts: Any) -> tuple[int, Any]:
    return await hub.patch(f"batch_requests/{pk}/", {"channel": 137, "status": status, **facts})


async def commit(hub: Caller, objects: list[dict[str, Any]], content_type: str = "productstock") -> int:
    pk = await open_batch(hub)
    status, answer = await move_batch(hub, pk, "commit", content_type=content_type, objects=objects)
    assert status == 200, answer
    return pk
