"""What every store does (``test_store_*.py``) is tested here on the store in memory; the same tests run on Postgres in
``tests/integration/test_state_postgres.py``."""

import pytest

from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import Store
from tests.unit.state.examples import OpenStore


@pytest.fixture
def open_store() -> OpenStore:
    """Each call is another process that opens the same data."""
    database = MemoryDatabase()

    async def open_it() -> Store:
        return MemoryStore(database)

    return open_it


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
