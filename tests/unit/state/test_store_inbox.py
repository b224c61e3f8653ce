"""What every store does with the inbox."""

from datetime import datetime
from typing import Any

from include.domain.penalty import Penalty
from include.state.store import Event, InboxState, Incoming, Received, Store
from tests.unit.state.examples import MINUTE, NOW, package


async def market_ids(store: Store, now: datetime = NOW, **values: Any) -> list[str]:
    return [row.market_id for row in await store.due("default", "package", now=now, limit=100, **values)]


async def park(store: Store, market_id: str, due_at: datetime, now: datetime = NOW) -> None:
    penalty = Penalty(first_failed_at=now, failures=1, due_at=due_at)
    await store.park("default", "package", market_id, code="product_unknown", reason="no SKU", penalty=penalty, now=now)


async def test_a_record_is_stored_once_however_often_it_is_shown(store: Store) -> None:
    page = [package("1", total="10.50"), package("2")]
    assert await store.receive("default", "package", page, now=NOW) == Received(new=2, changed=0, known=0)
    assert await store.receive("default", "package", page, now=NOW + MINUTE) == Received(new=0, changed=0, known=2)
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert (row.state, row.first_seen_at, row.due_at) == (InboxState.NEW, NOW, NOW)
    assert row.payload == {"total": "10.50"}
    assert await store.inbox_row("default", "package", "3") is None
    assert await store.inbox_row("default", "claim", "1") is None


async def test_an_empty_page_is_received(store: Store) -> None:
    assert await store.receive("default", "package", [], now=NOW) == Received(0, 0, 0)


async def test_a_record_that_one_page_shows_twice_counts_once_with_its_newest_payload(store: Store) -> None:
    page = [package("1", changed_at=NOW + MINUTE, v=2), package("2"), package("1", v=1)]
    assert await store.receive("default", "package", page, now=NOW) == Received(2, 0, 0)
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert row.payload == {"v": 2}
    assert await market_ids(store) == ["1", "2"]


async def test_a_payload_comes_back_as_it_was_whatever_text_is_in_it(store: Store) -> None:
    payload = {"buyer": "İŞIĞÜ \x00 \ud800", "big": 2**70, "list": [None, True, 1.25, {"a": []}]}
    await store.receive("default", "package", [package("1", **payload)], now=NOW)
    [row] = await store.due("default", "package", now=NOW, limit=1)
    assert row.payload == payload


async def test_a_payload_is_not_shared_with_the_caller(store: Store) -> None:
    payload: dict[str, Any] = {"lines": [1]}
    await store.receive("default", "package", [Incoming("1", NOW, payload)], now=NOW)
    payload["lines"].append(2)
    [row] = await store.due("default", "package", now=NOW, limit=1)
    row.payload["lines"].append(3)
    [again] = await store.due("default", "package", now=NOW, limit=1)
    assert again.payload == {"lines": [1]}


async def test_due_records_come_in_the_order_of_first_sight(store: Store) -> None:
    await store.receive("default", "package", [package("9"), package("3")], now=NOW)
    await store.receive("default", "package", [package("1"), package("9", changed_at=NOW + MINUTE)], now=NOW)
    await store.receive("default", "claim", [package("0")], now=NOW)
    await store.receive("tr", "package", [package("0")], now=NOW)
    assert await market_ids(store) == ["9", "3", "1"]
    assert await market_ids(store, skip=["3", "unknown"]) == ["9", "1"]
    assert len(await store.due("default", "package", now=NOW, limit=2)) == 2
    assert await market_ids(store, NOW - MINUTE) == []


async def test_records_that_failed_before_come_after_those_not_tried_yet(store: Store) -> None:
    await store.receive("default", "package", [package("1"), package("2")], now=NOW)
    await store.park("default", "package", "1", code="c", reason="r", penalty=Penalty(NOW, 1, NOW), now=NOW)
    await store.receive("default", "package", [package("3")], now=NOW)
    assert await market_ids(store) == ["2", "3", "1"]


async def test_a_parked_record_says_why_and_comes_back_when_its_time_has_come(store: Store) -> None:
    await store.receive("default", "package", [package("1"), package("2")], now=NOW)
    penalty = Penalty(NOW, 2, NOW + MINUTE)
    await store.park("default", "package", "1", code="product_unknown", reason="x\x00", penalty=penalty, now=NOW)
    assert await market_ids(store) == ["2"]
    [_, row] = await store.due("default", "package", now=NOW + MINUTE, limit=9)
    assert (row.state, row.code, row.reason) == (InboxState.PARKED, "product_unknown", "x?")
    assert row.penalty == penalty
    assert row.due_at == NOW + MINUTE


async def test_a_newer_version_of_a_parked_record_is_due_at_once(store: Store) -> None:
    await store.receive("default", "package", [package("1", v=1)], now=NOW)
    await park(store, "1", due_at=NOW + 60 * MINUTE)
    newer = package("1", changed_at=NOW + MINUTE, v=2)
    assert await store.receive("default", "package", [newer], now=NOW + MINUTE) == Received(0, 1, 0)
    [row] = await store.due("default", "package", now=NOW + MINUTE, limit=9)
    assert (row.payload, row.changed_at, row.state) == ({"v": 2}, NOW + MINUTE, InboxState.PARKED)
    assert row.penalty == Penalty(NOW, 1, NOW + MINUTE)
    assert row.first_seen_at == NOW


async def test_an_older_or_equal_version_changes_nothing(store: Store) -> None:
    await store.receive("default", "package", [package("1", v=1)], now=NOW)
    for changed_at in (NOW, NOW - MINUTE):
        page = [package("1", changed_at=changed_at, v=0)]
        assert await store.receive("default", "package", page, now=NOW) == Received(0, 0, 1)
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert row.payload == {"v": 1}


async def test_done_and_excluded_records_stay_as_they_are(store: Store) -> None:
    await store.receive("default", "package", [package("1", v=1), package("2", v=1), package("3")], now=NOW)
    await park(store, "1", due_at=NOW)
    await store.finish("default", "package", ["1"], now=NOW)
    await store.exclude("default", "package", "2", rule="made before the channel", now=NOW)
    newer = [package(market_id, changed_at=NOW + MINUTE, v=2) for market_id in "12"]
    assert await store.receive("default", "package", newer, now=NOW + MINUTE) == Received(0, 0, 2)
    await park(store, "1", due_at=NOW)
    await store.exclude("default", "package", "1", rule="late", now=NOW)
    await park(store, "2", due_at=NOW)
    done = await store.inbox_row("default", "package", "1")
    excluded = await store.inbox_row("default", "package", "2")
    assert done is not None
    assert excluded is not None
    assert (done.state, done.payload, done.penalty, done.code, done.reason) == ("done", {"v": 1}, None, None, None)
    assert (excluded.state, excluded.payload, excluded.reason) == ("excluded", {"v": 1}, "made before the channel")
    assert await market_ids(store, NOW + 9 * MINUTE) == ["3"]


async def test_a_record_that_was_applied_after_all_is_done_even_if_somebody_excluded_it(store: Store) -> None:
    await store.receive("default", "package", [package("1")], now=NOW)
    await store.exclude("default", "package", "1", rule="by hand", now=NOW)
    await store.finish("default", "package", ["1", "unknown"], now=NOW)
    row = await store.inbox_row("default", "package", "1")
    assert row is not None
    assert (row.state, row.reason) == (InboxState.DONE, None)


async def test_the_inbox_is_counted_by_state(store: Store) -> None:
    await store.receive("default", "package", [package(number) for number in "12345"], now=NOW)
    await park(store, "1", due_at=NOW)
    await store.finish("default", "package", ["2", "3"], now=NOW)
    counts = {InboxState.NEW: 2, InboxState.PARKED: 1, InboxState.DONE: 2, InboxState.EXCLUDED: 0}
    assert await store.inbox_counts("default", "package") == counts


async def test_each_change_of_an_inbox_row_is_an_event(store: Store) -> None:
    await store.receive("default", "package", [package("1")], now=NOW)
    await store.receive("default", "package", [package("1", changed_at=NOW + MINUTE)], now=NOW)
    await park(store, "1", due_at=NOW, now=NOW + MINUTE)
    await park(store, "1", due_at=NOW, now=NOW + 2 * MINUTE)
    await store.finish("default", "package", ["1"], now=NOW + 3 * MINUTE)
    await store.finish("default", "package", ["1"], now=NOW + 4 * MINUTE)
    assert await store.events("default", "inbox:package", "1") == [
        Event("inbox:package", "1", None, "new", NOW),
        Event("inbox:package", "1", "new", "parked", NOW + MINUTE),
        Event("inbox:package", "1", "parked", "done", NOW + 3 * MINUTE),
    ]
