"""What only the store in memory does: processes that share one database, and die."""

import pytest

from include.domain.batch import BatchItem, BatchState
from include.errors import RemoteUnavailable
from include.state.memory import MemoryDatabase, MemoryStore
from tests.unit.state.examples import NOW, a_batch


async def test_a_crashed_process_frees_its_locks_and_writes_nothing_more() -> None:
    database = MemoryDatabase()
    crashed, other = MemoryStore(database), MemoryStore(database)
    await crashed.lock("default", "order", wait=0).__aenter__()
    crashed.crash()
    async with other.lock("default", "order", wait=0):
        pass
    with pytest.raises(RemoteUnavailable, match="this store is closed"):
        await crashed.move_watermark("default", "get_orders", NOW)
    assert await other.watermark("default", "get_orders") is None


async def test_the_block_of_a_crashed_process_cannot_free_the_lock_of_the_next() -> None:
    database = MemoryDatabase()
    crashed, other = MemoryStore(database), MemoryStore(database)
    block = crashed.lock("default", "order", wait=0)
    await block.__aenter__()
    crashed.crash()
    async with other.lock("default", "order", wait=0):
        with pytest.raises(RemoteUnavailable):
            await block.__aexit__(None, None, None)
        assert list(database.locks.values()) == [other]


async def test_the_items_of_a_batch_that_ended_take_no_room() -> None:
    database = MemoryDatabase()
    store = MemoryStore(database)
    await store.add_batch(a_batch("b1"))
    items = [BatchItem(7, "productstock", "2024-01-01T00:00:00Z", "SKU")]
    await store.change_batch("b1", BatchState.INITIALIZED, now=NOW, pk=1, items=items)
    await store.change_batch("b1", BatchState.FAIL, now=NOW)
    assert not database.batch_items


async def test_what_a_process_wrote_is_there_for_the_next() -> None:
    database = MemoryDatabase()
    first = MemoryStore(database)
    await first.move_watermark("default", "get_orders", NOW)
    await first.close()
    assert await MemoryStore(database).watermark("default", "get_orders") == NOW
