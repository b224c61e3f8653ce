"""Work that many records need and that is done once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Results by key, each made by the first who asks while the others wait for it.

    A failure is kept only if ``keep`` says so: a place that is not mapped stays unmapped for this run, while an
    outage may be over at the next question. Work that nobody waits for any more is broken off.
    """

    def __init__(self, keep: tuple[type[Exception], ...] = ()) -> None:
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}
        self._waiting = Counter[asyncio.Task[T]]()
        self._keep = keep

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The result for ``key``; raises what ``make`` raised."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_call(make))
        self._waiting[task] += 1
        try:
            return await asyncio.shield(task)
        except Exception as error:
            if not isinstance(error, self._keep):
                self._forget(key, task)
            raise
        finally:
            self._waiting[task] -= 1
            if not self._waiting[task]:
                del self._waiting[task]
                await self._break_off(key, task)

    async def _break_off(self, key: Hashable, task: asyncio.Task[T]) -> None:
        if not task.done():
            self._forget(key, task)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]


async def _call(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
