"""Work side by side that also ends together: nobody goes on behind the back of a caller who has given up.

``asyncio.gather`` alone raises the first failure while the other works go on, with connections that are being closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
K = TypeVar("K")


@overload
async def together(a: Awaitable[A], b: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def together(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def together(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], d: Awaitable[D], /) -> tuple[A, B, C, D]: ...
@overload
async def together(*works: Awaitable[A]) -> tuple[A, ...]: ...
async def together(*works: Awaitable[Any]) -> tuple[Any, ...]:
    """What each work gives, in their order. The first failure ends the others and is raised when all have ended."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return tuple(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def to_their_ends(works: Iterable[Awaitable[A]]) -> list[A]:
    """What each work gives, in their order. Each comes to its own end before the first failure is raised: what writes
    is not broken off because something else fails."""
    tasks = [asyncio.ensure_future(work) for work in works]
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]


async def limited(limit: int, call: Callable[[K], Awaitable[A]], keys: Iterable[K]) -> list[A]:
    """What ``call`` gives for each key, in their order, with at most ``limit`` calls at a time.

    After a failure no further call begins; it is raised when those under way have come to their ends.
    """
    slots = asyncio.Semaphore(limit)
    broken = False

    async def one(key: K) -> A:
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
