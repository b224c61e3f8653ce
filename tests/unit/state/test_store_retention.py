"""What every store empties and deletes after a set time, and what it keeps for good."""

from datetime import timedelta

from include.domain.batch import BatchState
from include.domain.penalty import Penalty
from include.domain.run import Outcome, RunReport
from include.state.store import (
    Comparison,
    Correction,
    Finding,
    Identity,
    InboxState,
    LogEntry,
    Received,
    Store,
    Suggestion,
    SuggestionState,
)
from tests.unit.state.examples import MINUTE, NOW, a_batch, package

DAY = timedelta(days=1)


async def payloads(store: Store) -> dict[str, object]:
    rows = await store.inbox_rows("default", states=[*InboxState])
    return {row.market_id: dict(row.payload) for row in rows}


async def test_payloads_of_what_was_settled_long_ago_are_emptied(store: Store) -> None:
    await store.receive("default", "package", [package(each, buyer="Ada") for each in "12345"], now=NOW)
    await store.receive("tr", "package", [package("1", buyer="Ada")], now=NOW)
    await store.finish("tr", "package", ["1"], now=NOW)
    await store.finish("default", "package", ["1"], now=NOW)
    await store.finish("default", "package", ["1"], now=NOW + 3 * DAY)
    await store.exclude("default", "package", "2", rule="r", now=NOW)
    await store.finish("default", "package", ["3"], now=NOW + 2 * DAY)
    await store.park("default", "package", "4", code="c", reason="r", penalty=Penalty(NOW, 1, NOW), now=NOW)
    whole = {"buyer": "Ada"}
    assert await store.prune_payloads("default", NOW) == 0
    assert await store.prune_payloads("default", NOW + DAY) == 2
    assert await payloads(store) == {"1": {}, "2": {}, "3": whole, "4": whole, "5": whole}
    assert await store.prune_payloads("default", NOW + DAY) == 0
    kept = await store.inbox_row("tr", "package", "1")
    assert kept is not None
    assert kept.payload == whole


async def test_what_was_pruned_is_never_new_again(store: Store) -> None:
    await store.receive("default", "package", [package("1", v=1)], now=NOW)
    await store.finish("default", "package", ["1"], now=NOW)
    await store.prune_payloads("default", NOW + DAY)
    newer = package("1", changed_at=NOW + MINUTE, v=2)
    assert await store.receive("default", "package", [newer], now=NOW + DAY) == Received(0, 0, 1)
    assert await payloads(store) == {"1": {}}
    await store.finish("default", "package", ["1"], now=NOW + DAY)
    assert await store.inbox_states("default", "package", ["1"]) == {"1": InboxState.DONE}


async def test_time_counts_from_the_last_settling(store: Store) -> None:
    await store.receive("default", "package", [package("1", v=1)], now=NOW)
    await store.exclude("default", "package", "1", rule="r", now=NOW)
    await store.reopen("default", "package", ["1"], who="ada", reason="", now=NOW + DAY)
    assert await store.prune_payloads("default", NOW + 9 * DAY) == 0
    await store.finish("default", "package", ["1"], now=NOW + 2 * DAY)
    assert await store.prune_payloads("default", NOW + 2 * DAY) == 0
    assert await store.prune_payloads("default", NOW + 3 * DAY) == 1


async def test_history_goes_when_it_is_old(store: Store) -> None:
    for at, name in ((NOW, "old"), (NOW + 2 * DAY, "young")):
        report = RunReport("stock", "default", at)
        report.outcome = Outcome.SUCCESS
        await store.finish_run(report, run_id=name, step="send", now=at)
        await store.log("default", "stock", [LogEntry(name, "sku", "A", True, None, "m", at)])
        await store.keep_findings("default", "stock", name, [Finding("sku", name, "send")], now=at)
        await store.keep_comparison("default", Comparison("orders", at, {}))
        differs = [Correction(name, "5", "4"), Correction(f"{name} and open", "5", "4")]
        await store.note_corrections("default", "stock", found=differs, agreed=[], gone=[], now=at)
        await store.queue_corrections("default", "stock", [name, f"{name} and open"], now=at)
        await store.note_corrections("default", "stock", found=[], agreed=[name], gone=[], now=at)
        await store.cache("city", {name: 1}, expires_at=at)
        await store.claim("default", "create", name, {}, now=at)
    gone = await store.prune_history("default", NOW + DAY)
    assert gone == {
        "run_reports": 1, "record_log": 1, "findings": 1, "comparisons": 1, "corrections": 1, "suggestions": 0,
        "batches": 0, "events": 1, "incidents": 0, "notices": 0, "cache": 1,
    }  # fmt: skip
    assert [row["run_id"] for row in await store.last_runs("default", "stock", 9)] == ["young"]
    assert [row.log_id for row in await store.log_entries("default", "stock", 9)] == ["young"]
    assert await store.findings("default", "stock", run_id="old") == []
    assert [row.key for row in await store.findings("default", "stock")] == ["young"]
    assert [row.at for row in await store.comparisons("default", "orders", 9)] == [NOW + 2 * DAY]
    assert await store.cached("city", ["old", "young"], now=NOW - DAY) == {"young": 1}
    assert await store.events("default", "claim:create", "old") == []
    assert len(await store.events("default", "claim:create", "young")) == 1
    assert sum((await store.prune_history("tr", NOW + 9 * DAY)).values()) == 1  # the cache is of all channels
    assert len(await store.last_runs("default", "stock", 9)) == 1


async def test_a_step_that_died_goes_as_well(store: Store) -> None:
    await store.start_run(RunReport("stock", "default", NOW), run_id="dead", step="send")
    assert (await store.prune_history("default", NOW + DAY))["run_reports"] == 1


async def test_batches_go_when_they_ended_long_ago(store: Store) -> None:
    for name in ("open", "old", "late"):
        await store.add_batch(a_batch(name))
    await store.change_batch("old", BatchState.FAIL, now=NOW)
    await store.change_batch("late", BatchState.FAIL, now=NOW + 2 * DAY)
    assert (await store.prune_history("default", NOW + DAY))["batches"] == 1
    assert [batch.id for batch in await store.open_batches("default", "productstock")] == ["open"]
    assert (await store.prune_history("default", NOW + DAY))["batches"] == 0
    assert (await store.prune_history("default", NOW + 3 * DAY))["batches"] == 1


async def test_suggestions_go_when_they_were_decided_long_ago(store: Store) -> None:
    rows = [Suggestion(key, 7, "1", SuggestionState.WAITING, NOW) for key in ("old", "late", "waiting")]
    await store.await_approval("default", rows, now=NOW)
    approved = [Suggestion(row.key, 7, "1", SuggestionState.APPROVED, NOW) for row in rows]
    await store.decide("default", approved[:1], now=NOW)
    await store.decide("default", approved[1:2], now=NOW + 2 * DAY)
    assert (await store.prune_history("default", NOW + DAY))["suggestions"] == 1
    assert [row.key for row in await store.suggestions("default", SuggestionState.APPROVED, 9)] == ["late"]
    assert [row.key for row in await store.suggestions("default", SuggestionState.WAITING, 9)] == ["waiting"]


async def test_audits_claims_identities_and_inbox_rows_stay_for_good(store: Store) -> None:
    await store.receive("default", "package", [package("1"), package("2")], now=NOW)
    await store.exclude_by_hand("default", "package", ["1"], who="ada", reason="r", now=NOW)
    await store.claim("default", "create", "1", {}, now=NOW)
    await store.bind("default", [Identity("order", "1", 7)], now=NOW)
    await store.prune_payloads("default", NOW + 9 * DAY)
    await store.prune_history("default", NOW + 9 * DAY)
    assert len(await store.audits("default", 9)) == 1
    assert not (await store.claim("default", "create", "1", {}, now=NOW)).fresh
    assert "1" in await store.identities("default", "order", ["1"])
    assert set(await store.inbox_states("default", "package", ["1", "2"])) == {"1", "2"}
