"""What every store does with batches."""

from dataclasses import replace

import pytest

from include.domain.batch import BatchItem, BatchState, Fate
from include.errors import RunInProgress
from include.state.store import Event, Store
from tests.unit.state.examples import MINUTE, NOW, a_batch


async def test_a_batch_keeps_what_is_known_of_it_until_it_is_done(store: Store) -> None:
    items = [
        BatchItem(7, "productstock", "2024-01-01T00:00:00.10Z", "SKU-ı", "3", Fate.FAILED, "ticket", "c", "a\x00b")
    ]
    await store.add_batch(a_batch("b1"))
    await store.change_batch("b1", BatchState.INITIALIZED, now=NOW, pk=11)
    await store.change_batch("b1", BatchState.COMMIT, now=NOW, local_batch_id="local", items=items)
    await store.change_batch("b1", BatchState.SENT_TO_REMOTE, now=NOW + MINUTE)
    expected = a_batch(
        "b1",
        state=BatchState.SENT_TO_REMOTE,
        pk=11,
        local_batch_id="local",
        sent_at=NOW + MINUTE,
    )
    assert await store.open_batches("default", "productstock") == [expected]
    assert await store.batch_items("b1") == items
    await store.change_batch("b1", BatchState.ONGOING, now=NOW + 2 * MINUTE)
    assert await store.open_batches("default", "productstock") == [replace(expected, state=BatchState.ONGOING)]
    assert await store.batch_items("b1") == items
    await store.change_batch("b1", BatchState.DONE, now=NOW + 3 * MINUTE)
    assert await store.open_batches("default", "productstock") == []
    assert await store.batch_items("b1") == await store.batch_items("unknown") == []


async def test_open_batches_come_oldest_first_and_only_of_their_content_type(store: Store) -> None:
    await store.add_batch(a_batch("late", opened_at=NOW + MINUTE))
    await store.add_batch(a_batch("early"))
    await store.add_batch(a_batch("same time"))
    await store.add_batch(a_batch("other type", content_type="productprice"))
    await store.add_batch(a_batch("other channel", channel="tr"))
    found = await store.open_batches("default", "productstock")
    assert [batch.id for batch in found] == ["early", "same time", "late"]


@pytest.mark.parametrize("wrong", [BatchState.SENT_TO_REMOTE, BatchState.ONGOING, BatchState.DONE])
async def test_an_illegal_step_of_a_batch_is_refused_and_changes_nothing(store: Store, wrong: BatchState) -> None:
    await store.add_batch(a_batch("b1"))
    with pytest.raises(ValueError, match=f"b1 may not go from opening to {wrong}"):
        await store.change_batch("b1", wrong, now=NOW, pk=11)
    assert await store.open_batches("default", "productstock") == [a_batch("b1")]


async def test_a_batch_is_added_once_and_must_be_known(store: Store) -> None:
    await store.add_batch(a_batch("b1"))
    with pytest.raises(ValueError, match="b1 exists already"):
        await store.add_batch(a_batch("b1"))
    with pytest.raises(ValueError, match="b2 is not known"):
        await store.change_batch("b2", BatchState.FAIL, now=NOW)


async def test_a_batch_without_the_pk_of_omnitron_can_only_fail(store: Store) -> None:
    await store.add_batch(a_batch("b1"))
    with pytest.raises(ValueError, match="b1 may not become initialized without a pk"):
        await store.change_batch("b1", BatchState.INITIALIZED, now=NOW)
    await store.change_batch("b1", BatchState.FAIL, now=NOW)
    assert await store.open_batches("default", "productstock") == []


async def test_a_second_batch_of_the_same_type_is_refused_while_one_is_in_commit(store: Store) -> None:
    for name in ("b1", "b2"):
        await store.add_batch(a_batch(name))
        await store.change_batch(name, BatchState.INITIALIZED, now=NOW, pk=1)
    await store.change_batch("b1", BatchState.COMMIT, now=NOW)
    await store.change_batch("b1", BatchState.COMMIT, now=NOW)
    with pytest.raises(RunInProgress, match="Omnitron still holds batch b1 of productstock in commit"):
        await store.change_batch("b2", BatchState.COMMIT, now=NOW)
    await store.change_batch("b1", BatchState.SENT_TO_REMOTE, now=NOW)
    await store.change_batch("b2", BatchState.COMMIT, now=NOW)


async def test_each_change_of_a_batch_is_an_event_and_a_repeated_state_is_none(store: Store) -> None:
    await store.add_batch(a_batch("b1"))
    for number, state in enumerate(("initialized", "commit", "commit", "fail"), 1):
        await store.change_batch("b1", BatchState(state), now=NOW + number * MINUTE, pk=1)
    assert await store.events("default", "batch", "b1") == [
        Event("batch", "b1", None, "opening", NOW),
        Event("batch", "b1", "opening", "initialized", NOW + 1 * MINUTE),
        Event("batch", "b1", "initialized", "commit", NOW + 2 * MINUTE),
        Event("batch", "b1", "commit", "fail", NOW + 4 * MINUTE),
    ]
