"""Many calls, some at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from include.together import to_their_ends

K = TypeVar("K")
T = TypeVar("T")


async def limited(limit: int, call: Callable[[K], Awaitable[T]], keys: Iterable[K]) -> list[T]:
    """What ``call`` gives for each key, in their order, with at most ``limit`` calls at a time.

    After a failure no further call begins; it is raised when those under way have come to their ends.
    """
    slots = asyncio.Semaphore(limit)
    broken = False

    async def one(key: K) -> T:
        nonlocal broken
        async with slots:
            if broken:
                raise asyncio.CancelledError  # nobody sees it: what failed began earlier, so it comes first
            try:
                return await call(key)
            except BaseException:
                broken = True
                raise

    return await to_their_ends(one(key) for key in keys)
