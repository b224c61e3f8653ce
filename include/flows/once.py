"""Work that many records need and that is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Results by key, each made by the first who asks while the others wait for it.

    A failure is kept only if ``keep`` says so: a place that is not mapped stays unmapped for this run, while an
    outage may be over at the next question.
    """

    def __init__(self, keep: tuple[type[Exception], ...] = ()) -> None:
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}
        self._keep = keep

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The result for ``key``; raises what ``make`` raised."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_call(make))
        try:
            return await asyncio.shield(task)
        except Exception as error:
            if not isinstance(error, self._keep) and self._tasks.get(key) is task:
                del self._tasks[key]
            raise


async def _call(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
