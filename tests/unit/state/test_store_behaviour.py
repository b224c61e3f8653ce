"""What every store does. Here for the store in memory; ``tests/integration/test_state_postgres.py`` runs the same."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from include.domain.batch import BatchItem, BatchState, Fate
from include.domain.penalty import Penalty
from include.domain.run import Outcome, RunReport, Window
from include.errors import RemoteUnavailable, RunInProgress
from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import (
    ClaimState,
    Event,
    Identity,
    InboxState,
    Incoming,
    LogEntry,
    OpenBatch,
    Received,
    Sent,
    Store,
)

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OpenStore = Callable[[], Awaitable[Store]]


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


def package(market_id: str, *, changed_at: datetime = NOW, **payload: Any) -> Incoming:
    return Incoming(market_id, changed_at, payload)


def a_batch(batch_id: str, **values: Any) -> OpenBatch:
    batch = OpenBatch(batch_id, "default", "stock", "productstock", BatchState.OPENING, NOW)
    return replace(batch, **values)


def report(**values: Any) -> RunReport:
    return RunReport("stock", "default", NOW, **values)


async def market_ids(store: Store, now: datetime = NOW, **values: Any) -> list[str]:
    return [row.market_id for row in await store.due("default", "package", now=now, limit=100, **values)]


async def park(store: Store, market_id: str, due_at: datetime, now: datetime = NOW) -> None:
    penalty = Penalty(first_failed_at=now, failures=1, due_at=due_at)
    await store.park("default", "package", market_id, code="product_unknown", reason="no SKU", penalty=penalty, now=now)


# --- channels and locks -------------------------------------------------------------------------------------


async def test_a_channel_is_born_once(store: Store) -> None:
    assert await store.born_at("default", NOW) == NOW
    assert await store.born_at("default", NOW + MINUTE) == NOW
    assert await store.born_at("tr", NOW + MINUTE) == NOW + MINUTE


async def test_a_content_type_is_held_by_one_process_at_a_time(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    async with store.lock("default", "order", wait=0):
        with pytest.raises(RunInProgress, match="Another run holds order of channel default"):
            async with other.lock("default", "order", wait=0):
                pass
        async with other.lock("default", "productstock", wait=0), other.lock("tr", "order", wait=0):
            pass
    async with other.lock("default", "order", wait=0):
        pass


async def test_a_process_does_not_share_a_lock_with_itself(store: Store) -> None:
    async with store.lock("default", "order", wait=0):
        with pytest.raises(RunInProgress):
            async with store.lock("default", "order", wait=0.01):
                pass


async def test_a_lock_is_let_go_when_the_block_fails(store: Store, open_store: OpenStore) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.lock("default", "order", wait=0):
            _ = 1 / 0
    async with (await open_store()).lock("default", "order", wait=30):
        pass


async def test_the_store_can_be_used_while_it_holds_a_lock(store: Store) -> None:
    async with store.lock("default", "order", wait=0):
        await store.receive("default", "package", [package("1")], now=NOW)
        assert await market_ids(store) == ["1"]


async def test_a_closed_store_reaches_nothing(store: Store) -> None:
    await store.close()
    with pytest.raises(RemoteUnavailable):
        await store.watermark("default", "get_orders")


# --- runs and the record log --------------------------------------------------------------------------------


async def test_a_run_has_no_outcome_until_it_ends(store: Store) -> None:
    await store.start_run(report(), run_id="run 1", step="send")
    [row] = await store.last_runs("default", "stock", 5)
    assert (row["run_id"], row["step"]) == ("run 1", "send")
    assert row["outcome"] is None
    assert row["finished_at"] is None


async def test_a_run_that_ended_says_what_it_did(store: Store) -> None:
    done = report(window=Window(NOW - MINUTE, NOW), seconds=1.5, requests={"fashfed": 3})
    await store.start_run(done, run_id="run 1", step="send")
    done.count("sent", 7)
    done.error("market_refused")
    done.reason = "half \x00 of it"
    await store.finish_run(done, run_id="run 1", step="send", now=NOW + MINUTE)
    [row] = await store.last_runs("default", "stock", 5)
    counts = {"read": 0, "sent": 7, "created": 0, "updated": 0, "parked": 0, "failed": 0, "unchanged": 0}
    assert row == {
        "run_id": "run 1",
        "step": "send",
        "outcome": Outcome.SUCCESS,
        "started_at": NOW,
        "finished_at": NOW + MINUTE,
        "seconds": 1.5,
        "counts": counts,
        "requests": {"fashfed": 3},
        "errors": {"market_refused": 1},
        "reason": "half ? of it",
    }


async def test_a_second_try_of_a_step_replaces_the_first(store: Store) -> None:
    await store.finish_run(report(outcome=Outcome.FAILED), run_id="run 1", step="send", now=NOW)
    await store.start_run(report(), run_id="run 1", step="send")
    assert [row["outcome"] for row in await store.last_runs("default", "stock", 5)] == [None]


async def test_the_same_run_id_in_two_flows_is_two_runs(store: Store) -> None:
    await store.start_run(report(), run_id="scheduled", step="send")
    await store.start_run(RunReport("price", "default", NOW), run_id="scheduled", step="send")
    assert len(await store.last_runs("default", "stock", 5)) == 1
    assert len(await store.last_runs("default", "price", 5)) == 1


async def test_runs_and_log_entries_come_newest_first_and_limited(store: Store) -> None:
    for number in (2, 1, 3):
        at = NOW + number * MINUTE
        await store.start_run(RunReport("stock", "default", at), run_id=f"run {number}", step="send")
        entry = LogEntry(f"log {number}", "batch", "b", True, None, "handled", at)
        await store.log("default", "stock", [entry])
    assert [row["run_id"] for row in await store.last_runs("default", "stock", 2)] == ["run 3", "run 2"]
    assert [entry.log_id for entry in await store.log_entries("default", "stock", 2)] == ["log 3", "log 2"]


async def test_entries_of_one_moment_are_shown_last_written_first(store: Store) -> None:
    entries = [LogEntry(name, "sku", name, False, "market_refused", "bad \ud800 text", NOW) for name in "abc"]
    await store.log("default", "stock", entries)
    found = await store.log_entries("default", "stock", 10)
    assert [entry.log_id for entry in found] == ["c", "b", "a"]
    assert found[0] == replace(entries[2], message="bad ? text")
    assert await store.log_entries("default", "price", 10) == []


# --- batches ------------------------------------------------------------------------------------------------


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
        items=tuple(items),
    )
    assert await store.open_batches("default", "productstock") == [expected]
    await store.change_batch("b1", BatchState.ONGOING, now=NOW + 2 * MINUTE)
    assert await store.open_batches("default", "productstock") == [replace(expected, state=BatchState.ONGOING)]
    await store.change_batch("b1", BatchState.DONE, now=NOW + 3 * MINUTE)
    assert await store.open_batches("default", "productstock") == []


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
    assert await store.open_batches("default", "productstock") == [a_batch("b1", items=())]


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


# --- inbox --------------------------------------------------------------------------------------------------


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


# --- claims -------------------------------------------------------------------------------------------------


async def test_only_the_first_claim_of_an_effect_is_fresh(store: Store, open_store: OpenStore) -> None:
    first = await store.claim("default", "create_order", "P1", {"number": "FF-1"}, now=NOW)
    second = await (await open_store()).claim("default", "create_order", "P1", {"number": "FF-2"}, now=NOW + MINUTE)
    assert (first.fresh, first.state, first.detail, first.made_at) == (True, "open", {"number": "FF-1"}, NOW)
    assert second == replace(first, fresh=False)
    assert (await store.claim("default", "cancel", "P1", {}, now=NOW)).fresh
    assert (await store.claim("tr", "create_order", "P1", {}, now=NOW)).fresh


async def test_a_settled_claim_keeps_and_gains_detail(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {"number": "FF-1", "pk": None}, now=NOW)
    await store.settle_claim("default", "create_order", "P1", {"pk": 5}, now=NOW + MINUTE)
    await store.settle_claim("default", "create_order", "P1", {"note": "again"}, now=NOW + 2 * MINUTE)
    held = await store.claim("default", "create_order", "P1", {}, now=NOW)
    assert (held.state, held.fresh) == (ClaimState.DONE, False)
    assert held.detail == {"number": "FF-1", "pk": 5, "note": "again"}
    assert await store.events("default", "claim:create_order", "P1") == [
        Event("claim:create_order", "P1", None, "open", NOW),
        Event("claim:create_order", "P1", "open", "done", NOW + MINUTE),
    ]


async def test_a_claim_that_was_given_up_can_be_made_again(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {"number": "FF-1"}, now=NOW)
    await store.drop_claim("default", "create_order", "P1", now=NOW + MINUTE)
    assert (await store.claim("default", "create_order", "P1", {}, now=NOW + 2 * MINUTE)).fresh
    changes = [(event.before, event.after) for event in await store.events("default", "claim:create_order", "P1")]
    assert changes == [(None, "open"), ("open", "dropped"), (None, "open")]


async def test_a_done_claim_is_never_given_up_and_an_unclaimed_effect_never_settled(store: Store) -> None:
    await store.claim("default", "create_order", "P1", {}, now=NOW)
    await store.settle_claim("default", "create_order", "P1", {}, now=NOW)
    with pytest.raises(ValueError, match="no open claim of create_order P1"):
        await store.drop_claim("default", "create_order", "P1", now=NOW)
    with pytest.raises(ValueError, match="nobody claimed create_order P2"):
        await store.settle_claim("default", "create_order", "P2", {}, now=NOW)
    assert not (await store.claim("default", "create_order", "P1", {}, now=NOW)).fresh


# --- identities and sent values -----------------------------------------------------------------------------


async def test_one_market_line_may_be_several_hub_items(store: Store) -> None:
    pairs = [Identity("orderitem", "L1", hub_id, {"unit": hub_id}) for hub_id in (12, 3)]
    await store.bind("default", [*pairs, Identity("order", "L1", 99)], now=NOW)
    await store.bind("default", [Identity("orderitem", "L1", 3, {"unit": "changed"})], now=NOW)
    found = await store.identities("default", "orderitem", ["L1", "L2"])
    assert found == {"L1": [Identity("orderitem", "L1", 3, {"unit": "changed"}), pairs[0]]}
    assert await store.identities("tr", "orderitem", ["L1"]) == {}


async def test_the_same_pair_twice_in_one_call_keeps_the_last_detail(store: Store) -> None:
    await store.bind("default", [Identity("order", "P1", 1, {"v": v}) for v in (1, 2)], now=NOW)
    assert await store.identities("default", "order", ["P1"]) == {"P1": [Identity("order", "P1", 1, {"v": 2})]}
    await store.bind("default", [], now=NOW)


async def test_the_last_confirmed_value_of_a_key_is_kept(store: Store) -> None:
    rows = [Sent("A", "5", "2024-01-01T00:00:00Z"), Sent("B", "0", "2024-01-01T00:00:00Z")]
    await store.record_sent("default", "stock", rows, now=NOW)
    assert await store.sent("default", "stock", ["A", "B", "C"]) == {"A": rows[0], "B": rows[1]}
    assert await store.sent("default", "price", ["A"]) == {}
    assert await store.sent("tr", "stock", ["A"]) == {}


@pytest.mark.parametrize(
    ("kept", "given", "replaced"),
    [
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00.5Z", True),  # as text the first is the greater one
        ("2024-01-01T10:00:00.5Z", "2024-01-01T10:00:00Z", False),
        ("2024-01-01T10:00:00+03:00", "2024-01-01T08:00:00Z", True),
        ("2024-01-01T08:00:00Z", "2024-01-01T10:00:00+03:00", False),
        ("2024-01-01T10:00:00.100000Z", "2024-01-01T10:00:00.1Z", True),
        ("no date", "2024-01-01T10:00:00Z", True),
        ("2024-01-01T10:00:00Z", "no date", True),
    ],
)
async def test_a_value_of_an_older_version_never_replaces_a_newer_one(
    store: Store, kept: str, given: str, replaced: bool
) -> None:
    before, after = Sent("A", "5", kept), Sent("A", "6", given)
    await store.record_sent("default", "stock", [before], now=NOW)
    await store.record_sent("default", "stock", [after], now=NOW)
    await store.record_sent("default", "together", [before, after], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": after if replaced else before}
    assert await store.sent("default", "together", ["A"]) == {"A": after if replaced else before}


async def test_a_forgotten_value_is_unknown_and_takes_any_version(store: Store) -> None:
    await store.record_sent("default", "stock", [Sent("A", "5", "2024-01-02T00:00:00Z")], now=NOW)
    await store.forget_sent("default", "stock", ["A", "B"])
    assert await store.sent("default", "stock", ["A"]) == {}
    old = Sent("A", "4", "2024-01-01T00:00:00Z")
    await store.record_sent("default", "stock", [old], now=NOW)
    assert await store.sent("default", "stock", ["A"]) == {"A": old}


# --- watermarks, cache, call budget -------------------------------------------------------------------------


async def test_a_watermark_moves_forward_only(store: Store) -> None:
    assert await store.watermark("default", "get_orders") is None
    for to in (NOW, NOW - MINUTE):
        await store.move_watermark("default", "get_orders", to)
        assert await store.watermark("default", "get_orders") == NOW
    later = (NOW + MINUTE).astimezone(timezone(timedelta(hours=3)))
    await store.move_watermark("default", "get_orders", later)
    assert await store.watermark("default", "get_orders") == NOW + MINUTE
    assert await store.watermark("default", "get_refund_orders") is None


async def test_a_cached_value_is_found_until_it_expires(store: Store) -> None:
    values = {"İzmir": {"pk": 35}, "none": None, "text": "\x00"}
    await store.cache("city", values, expires_at=NOW + MINUTE)
    assert await store.cached("city", ["İzmir", "none", "text", "Ankara"], now=NOW) == values
    assert await store.cached("city", ["İzmir"], now=NOW + MINUTE) == {}
    assert await store.cached("country", ["İzmir"], now=NOW) == {}
    await store.cache("city", {"İzmir": 36}, expires_at=NOW + 2 * MINUTE)
    assert await store.cached("city", ["İzmir"], now=NOW + MINUTE) == {"İzmir": 36}
    await store.uncache("city", ["İzmir", "Ankara"])
    assert await store.cached("city", ["İzmir"], now=NOW) == {}


async def test_calls_are_let_go_as_a_burst_first_and_then_at_the_rate(store: Store) -> None:
    waits = [await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW) for _ in range(4)]
    assert waits == [0, 0, 0.25, 0.5]
    assert await store.lease_calls("omnitron", 2, per_second=4, burst=2, now=NOW) == 0
    assert await store.lease_calls("fashfed", 2, per_second=4, burst=2, now=NOW + 2 * MINUTE) == 0


async def test_the_call_budget_is_shared_by_all_processes(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    assert await store.lease_calls("fashfed", 2, per_second=1, burst=2, now=NOW) == 0
    assert await other.lease_calls("fashfed", 2, per_second=1, burst=2, now=NOW) == 2


async def test_nobody_calls_a_remote_that_asked_for_a_pause_and_nobody_storms_it_afterwards(store: Store) -> None:
    await store.pause_calls("fashfed", NOW + timedelta(seconds=10))
    await store.pause_calls("fashfed", NOW + timedelta(seconds=5))
    waits = [await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW) for _ in range(4)]
    assert waits == [10, 10, 10.25, 10.5]
    assert await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW + MINUTE) == 0


@pytest.mark.parametrize(("calls", "per_second", "burst"), [(3, 1.0, 2), (0, 1.0, 2), (1, 0.0, 2)])
async def test_a_lease_that_can_never_be_kept_is_refused(
    store: Store, calls: int, per_second: float, burst: int
) -> None:
    with pytest.raises(ValueError, match="cannot lease"):
        await store.lease_calls("fashfed", calls, per_second=per_second, burst=burst, now=NOW)
