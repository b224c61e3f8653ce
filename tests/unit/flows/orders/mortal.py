"""A process of ours that dies at a chosen await: from then on nothing it does has an effect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from include.clients.transport import Request, Response, Transport
from include.state.memory import MemoryStore
from tests.worldkit import Wire


class Killed(BaseException):
    """The process is gone. Nothing may catch it, and what ``finally`` blocks try comes to nothing."""


@dataclass(slots=True)
class Life:
    """Counts the awaits of a process, and ends it at ``dies_at``."""

    dies_at: int
    lived: int = 0

    def breathe(self) -> None:
        self.lived += 1
        if self.lived >= self.dies_at:
            raise Killed


class MortalWire(Wire):
    """The network as a mortal process sees it: it may die before a request leaves, or before its answer comes."""

    def __init__(self, inner: Transport, life: Life) -> None:
        super().__init__(inner)
        self._life = life

    async def send(self, request: Request) -> Response:
        self._life.breathe()
        await asyncio.sleep(0.01)
        answer = await super().send(request)
        self._life.breathe()
        return answer


class MortalStore:
    """The state database as a mortal process sees it."""

    def __init__(self, inner: MemoryStore, life: Life) -> None:
        self._inner = inner
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._life.breathe()
            await asyncio.sleep(0)
            result = await method(*args, **kwargs)
            self._life.breathe()
            return result

        return call

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def lock(self, channel: str, content_type: str, *, wait: float) -> AsyncIterator[None]:
        self._life.breathe()
        async with self._inner.lock(channel, content_type, wait=wait):
            yield
