"""What tests of the screens do with the state database themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from include.state.postgres import PostgresStore

T = TypeVar("T")


class Do(Protocol):
    """Does one thing with the store, and gives what that gives."""

    def __call__(self, work: Callable[[PostgresStore], Awaitable[T]]) -> T: ...


def doing(uri: str) -> Do:
    """Works on the database at this address; in a thread of its own, because a browser's loop may run in this one."""

    def do(work: Callable[[PostgresStore], Awaitable[T]]) -> T:
        async def alone() -> T:
            store = await PostgresStore.open(uri)
            try:
                return await work(store)
            finally:
                await store.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, alone()).result()

    return do
