"""Processes that may die at any await, and the network and database as they see them."""

import asyncio
import contextvars
import hashlib
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from include.clients.transport import Request, Response, Transport, TransportError
from include.clock import Clock
from include.state.memory import MemoryStore

_LIFE: contextvars.ContextVar["Life | None"] = contextvars.ContextVar("life", default=None)
_NETWORK = contextvars.Context()
"""What is on its way belongs to no process: it arrives although its sender has died."""


class SimulatedCrash(BaseException):
    """The process is gone, in the middle of whatever it did. Nothing may catch it."""


class LeftBehind(Exception):
    """Work goes on although the process that began it has come to its end."""


class Trace:
    """What happened, as a hash that two replays of one seed share, and the last lines in full."""

    def __init__(self, clock: Clock, keep: int = 60) -> None:
        self._clock = clock
        self._hash = hashlib.sha256()
        self.last: deque[str] = deque(maxlen=keep)
        self.lines = 0

    def __call__(self, line: str) -> None:
        text = f"{self._clock.now().isoformat()} {line}"
        self._hash.update(text.encode())
        self.last.append(text)
        self.lines += 1

    def digest(self) -> str:
        return self._hash.hexdigest()


class Life:
    """One process: which tasks are its own, and after how many awaits it dies (None: of old age)."""

    def __init__(self, name: str, store: MemoryStore, dies_at: int | None) -> None:
        self.name = name
        self.born = asyncio.get_running_loop().time()
        self.dead = False
        self.awaits = 0
        self.tasks: list[asyncio.Task[Any]] = []
        self.submitted: dict[tuple[str, str], str] = {}
        """Content type and SKU -> version of the value that is about to leave."""
        self._store = store
        self._dies_at = dies_at

    def breathe(self) -> None:
        """One more await; perhaps the last."""
        self.check()
        self.awaits += 1
        if self.awaits == self._dies_at:
            self.die()
            self.check()

    def die(self) -> None:
        """Nothing of this process happens any more."""
        self.dead = True
        self._store.crash()
        for task in self.tasks:
            task.cancel()

    def check(self) -> None:
        if self.dead:
            raise SimulatedCrash(self.name)

    async def live(self, work: Coroutine[Any, Any, None], stop_after: float | None) -> None:
        """Do the work; ``stop_after`` seconds later it is asked to end, as by a signal."""
        own = contextvars.copy_context()
        own.run(_LIFE.set, self)
        task = asyncio.get_running_loop().create_task(work, context=own)
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, task.cancel)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            self.die()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            raise
        try:
            rest = [other for other in self.tasks if not other.done()]
            for other in rest:
                other.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        finally:
            self._store.crash()
        if self.dead:
            raise SimulatedCrash(self.name)
        if rest:
            raise LeftBehind(f"{self.name} has come to its end while {rest[0].get_coro()} goes on")
        task.result()


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
    """Notes for every task which process it belongs to."""
    task = asyncio.Task(work, loop=loop, **options)
    context = options.get("context")
    life = context[_LIFE] if context is not None and _LIFE in context else None if context is not None else _LIFE.get()
    if life is not None:
        life.tasks.append(task)
    return task


Leaving = Callable[[Life, str, Any], None]
"""Told of the values of a content type that a process is about to send."""


class MortalStore:
    """A store whose process may die before or after every call has had its effect."""

    def __init__(self, inner: MemoryStore, life: Life, trace: Trace, leaving: Leaving | None = None) -> None:
        self._inner = inner
        self._life = life
        self._trace = trace
        self._leaving = leaving

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._life.breathe()
            await asyncio.sleep(0)
            self._life.check()
            if name == "submit" and self._leaving:
                self._leaving(self._life, args[1], args[2])
            result = await method(*args, **kwargs)
            self._trace(f"{self._life.name} store.{name}")
            self._life.breathe()
            return result

        return call

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def lock(self, channel: str, content_type: str, *, wait: float) -> AsyncIterator[None]:
        self._life.breathe()
        async with self._inner.lock(channel, content_type, wait=wait):
            self._trace(f"{self._life.name} holds {content_type}")
            self._life.breathe()
            yield
            self._life.check()


@dataclass(slots=True)
class Sending:
    """A request on its way: whose it is, the versions it carries, and whether its sender still waits for the answer."""

    life: Life
    versions: Mapping[tuple[str, str], str]
    awaited: bool = True


SENDING: contextvars.ContextVar[Sending | None] = contextvars.ContextVar("sending", default=None)
"""What is arriving just now."""


class MortalTransport:
    """The network of one process: it takes time, may deliver late, and goes on without the process."""

    def __init__(self, inner: Transport, life: Life, trace: Trace, rng: random.Random, late: float) -> None:
        self._inner = inner
        self._life = life
        self._trace = trace
        self._rng = rng
        self._late = late

    async def send(self, request: Request) -> Response:
        self._life.breathe()
        what = f"{self._life.name} {request.method} {urlsplit(request.url).path}"
        late = self._rng.random() < self._late
        delay = request.timeout + self._rng.uniform(0, 20) if late else self._rng.uniform(0.002, 0.06)
        sending = Sending(self._life, dict(self._life.submitted))
        network = _NETWORK.copy()
        network.run(SENDING.set, sending)
        way = asyncio.get_running_loop().create_task(self._carry(request, delay, what), context=network)
        try:
            async with asyncio.timeout(request.timeout + 0.5):
                answer = await asyncio.shield(way)
        except TimeoutError:
            raise TransportError("timed out", reached=True) from None
        finally:
            sending.awaited = False
            self._life.check()
        self._life.breathe()
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def _carry(self, request: Request, delay: float, what: str) -> Response | TransportError:
        await asyncio.sleep(delay)
        try:
            answer = await self._inner.send(request)
        except TransportError as error:
            self._trace(f"{what} {error.reason}")
            return error
        self._trace(f"{what} {answer.status}")
        return answer

    async def close(self) -> None:
        """Nothing is held open."""
