"""Many calls, some at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


async def limited(limit: int, call: Callable[[K], Awaitable[T]], keys: Iterable[K]) -> list[T]:
    """What ``call`` gives for each key, in their order, with at most ``limit`` calls at a time; the first failure is
    raised."""
    slots = asyncio.Semaphore(limit)

    async def one(key: K) -> T:
        async with slots:
            return await call(key)

    return await asyncio.gather(*(one(key) for key in keys))
