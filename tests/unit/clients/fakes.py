"""A clock that jumps instead of waiting, and a transport that answers from a script."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from include.clients.auth import Auth
from include.clients.http import RemoteSession
from include.clients.limiter import LocalLimiter
from include.clients.policy import Policy
from include.clients.transport import Request, Response, TransportError

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class JumpingClock:
    """Sleeping takes no time but moves the clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


def answer(body: object = None, status: int = 200, **headers: str) -> Response:
    """A JSON answer; header names are written with underscores."""
    return Response(
        status,
        {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}},
        b"" if body is None else json.dumps(body).encode(),
    )


def page(rows: list[object], *, more: bool = False, count: int | None = None) -> Response:
    """One page of a list."""
    following = "http://169.254.169.254/steal?page=2" if more else None
    return answer(
        {"count": len(rows) if count is None else count, "next": following, "previous": None, "results": rows}
    )


HTML = Response(200, {"content-type": "text/html"}, b"<html>please log in</html>")
REFUSED_CONNECTION = TransportError("connection refused", reached=False)
BROKEN_CONNECTION = TransportError("the connection broke", reached=True)

Step = Response | Exception | Callable[[Request], Response]


class ScriptedTransport:
    """Answers with the steps in turn; the last one is used again and again."""

    def __init__(self, clock: JumpingClock, *steps: Step) -> None:
        self.clock = clock
        self.steps = list(steps)
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.closed = False

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        self.times.append(self.clock.monotonic())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        await asyncio.sleep(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    async def close(self) -> None:
        self.closed = True

    def bodies(self) -> list[object]:
        return [json.loads(request.body) if request.body else None for request in self.requests]


class FixedHeaders:
    """Credentials that cannot be renewed."""

    async def headers(self, session: RemoteSession) -> Mapping[str, str]:
        return {"authorization": "Token abc"}

    async def renew(self, session: RemoteSession, refused: Mapping[str, str]) -> bool:
        return True


class World:
    """A session with everything around it."""

    def __init__(
        self,
        *steps: Step,
        policy: Policy | None = None,
        auth: Auth | None = None,
        name: str = "Omnitron",
        base: str = "https://omnitron.example",
    ) -> None:
        self.clock = JumpingClock()
        self.transport = ScriptedTransport(self.clock, *steps)
        self.limiter = LocalLimiter(self.clock, None)
        self.session = RemoteSession(
            name,
            base,
            self.transport,
            self.clock,
            self.limiter,
            auth or FixedHeaders(),
            policy or Policy(),
            random.Random(1),
        )
