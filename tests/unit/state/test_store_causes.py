"""What every store does with records that wait for an event elsewhere."""

from datetime import datetime

from include.domain.penalty import Penalty, wait
from include.state.store import InboxState, Store
from tests.unit.state.examples import MINUTE, NOW, package


async def park(store: Store, market_id: str, cause: str | None, now: datetime = NOW) -> None:
    penalty = wait(now, None, 60 * MINUTE)
    await store.park("default", "package", market_id, code="c", reason="r", penalty=penalty, now=now, cause=cause)


async def parked(store: Store, causes: str) -> None:
    """A record for each letter, which is its cause; market ids count from 1."""
    rows = [package(str(number)) for number, _ in enumerate(causes, start=1)]
    await store.receive("default", "package", rows, now=NOW)
    for row, cause in zip(rows, causes, strict=True):
        await park(store, row.market_id, cause)


async def looked_at(store: Store, now: datetime, limit: int = 9) -> list[tuple[str, str | None]]:
    rows = await store.waiting_causes("default", "package", now=now, limit=limit)
    return [(row.market_id, row.cause) for row in rows]


async def test_a_record_that_waits_has_used_up_no_try_and_comes_back(store: Store) -> None:
    await parked(store, "a")
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert (row.state, row.cause, row.penalty) == (InboxState.PARKED, "a", Penalty(NOW, 0, NOW + 60 * MINUTE))
    assert [each.market_id for each in await store.due("default", "package", now=NOW + 60 * MINUTE, limit=9)] == ["1"]


async def test_each_cause_is_looked_at_by_the_first_record_that_waits_for_it(store: Store) -> None:
    await parked(store, "baba")
    await store.receive("default", "package", [package("5"), package("6")], now=NOW)
    await park(store, "5", None)
    assert await looked_at(store, NOW) == [("1", "b"), ("2", "a")]
    assert await store.waiting_causes("default", "claim", now=NOW, limit=9) == []
    assert await store.waiting_causes("tr", "package", now=NOW, limit=9) == []


async def test_the_cause_that_was_looked_at_longest_ago_comes_first(store: Store) -> None:
    await parked(store, "abca")
    assert await looked_at(store, NOW, limit=1) == [("1", "a")]
    assert await looked_at(store, NOW + MINUTE, limit=1) == [("2", "b")]
    assert await looked_at(store, NOW + 2 * MINUTE) == [("3", "c"), ("1", "a"), ("2", "b")]
    await park(store, "1", "a", now=NOW + 3 * MINUTE)
    assert await looked_at(store, NOW + 4 * MINUTE, limit=1) == [("1", "a")]
    await store.receive("default", "package", [package("5")], now=NOW)
    await park(store, "5", "a")
    await park(store, "1", "d", now=NOW + 5 * MINUTE)
    assert await looked_at(store, NOW + 6 * MINUTE) == [("1", "d"), ("4", "a"), ("2", "b"), ("3", "c")]


async def test_a_cause_counts_as_looked_at_by_whichever_of_its_records_that_was(store: Store) -> None:
    await parked(store, "aab")
    assert await looked_at(store, NOW, limit=1) == [("1", "a")]
    assert await looked_at(store, NOW + MINUTE, limit=1) == [("3", "b")]
    soon = wait(NOW, None, 2 * MINUTE)
    await store.park("default", "package", "1", code="c", reason="r", penalty=soon, now=NOW, cause="a")
    assert await looked_at(store, NOW + 2 * MINUTE, limit=1) == [("2", "a")]
    await park(store, "1", "a", now=NOW + 2 * MINUTE)
    assert await looked_at(store, NOW + 3 * MINUTE) == [("3", "b"), ("1", "a")]


async def test_a_cause_is_not_looked_at_while_its_records_are_due(store: Store) -> None:
    await parked(store, "a")
    assert await looked_at(store, NOW + 60 * MINUTE) == []


async def test_the_records_of_a_cause_that_is_gone_are_due_at_once(store: Store) -> None:
    await parked(store, "abacd")
    await store.finish("default", "package", ["5"], now=NOW)
    later = NOW + MINUTE
    assert await store.wake("default", "package", ["a", "d", "unknown"], now=later) == 2
    assert [row.market_id for row in await store.due("default", "package", now=later, limit=9)] == ["1", "3"]
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert row.penalty == Penalty(NOW, 0, later)
    assert await store.wake("default", "package", ["a"], now=later) == 0


async def test_a_record_that_is_applied_or_parked_for_another_reason_waits_no_more(store: Store) -> None:
    await parked(store, "aa")
    await store.finish("default", "package", ["1"], now=NOW)
    await park(store, "2", None)
    for market_id in "12":
        row = await store.inbox_row("default", "package", market_id)
        assert row is not None
        assert row.cause is None
    assert await looked_at(store, NOW) == []
