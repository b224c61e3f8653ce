"""The fixtures of ``conftest`` for the store in Postgres; tests import them all."""

from collections.abc import AsyncIterator

import pytest

from include.state.postgres import PostgresStore
from include.state.store import Store
from tests.unit.state.examples import OpenStore


@pytest.fixture
async def open_store(state_uri: str) -> AsyncIterator[OpenStore]:
    opened: list[PostgresStore] = []

    async def open_it() -> Store:
        opened.append(await PostgresStore.open(state_uri, name="fashfed-test"))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
