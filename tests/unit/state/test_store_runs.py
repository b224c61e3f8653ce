"""What every store does with channels, locks, runs and the record log."""

from dataclasses import replace
from typing import Any

import pytest

from include.domain.run import Outcome, RunReport, Window
from include.errors import RemoteUnavailable, RunInProgress
from include.state.store import LogEntry, Store
from tests.unit.state.examples import MINUTE, NOW, OpenStore, package


def report(**values: Any) -> RunReport:
    return RunReport("stock", "default", NOW, **values)


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
        assert await store.inbox_row("default", "package", "1")


async def test_a_closed_store_reaches_nothing(store: Store) -> None:
    await store.close()
    with pytest.raises(RemoteUnavailable):
        await store.watermark("default", "get_orders")


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
    done.reason, done.code = "half \x00 of it", "refused"
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
        "code": "refused",
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
    told = replace(entries[0], log_id="d", message="no", request="POST /stocks/\x00", response="no", run_id="run 1")
    await store.log("default", "stock", [told])
    assert (await store.log_entries("default", "stock", 1))[0] == replace(told, request="POST /stocks/?")
    assert await store.log_entries("default", "price", 10) == []
