"""The store in Postgres and the one in memory, step by step: what is true of one is true of the other."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from include.domain.penalty import Penalty
from include.domain.run import Outcome, RunReport
from include.state.alarms import Watched
from include.state.memory import MemoryStore
from include.state.store import (
    Audit,
    Comparison,
    Correction,
    Difference,
    Finding,
    Hold,
    Identity,
    InboxState,
    Incoming,
    LogEntry,
    Sent,
    SkuState,
    Store,
    Suggestion,
    SuggestionState,
)
from tests.unit.state.examples import NOW, a_batch
from tests.unit.state.on_postgres import *  # noqa: F403

STEPS = ("feature_flag", "send", "settle", "send+settle")


@pytest.mark.parametrize("seed", range(5))
async def test_a_random_history_leaves_both_stores_alike(store: Store, seed: int) -> None:
    dice, memory = random.Random(seed), MemoryStore()
    now = NOW
    for _ in range(350):
        now += timedelta(seconds=dice.choice((0, 0, 1, 60, 3600)))
        name, arguments, values = random_call(dice, now)
        answers = [await answer(each, name, arguments, values) for each in (memory, store)]
        assert answers[0] == answers[1], (name, arguments, values)


def a_run(dice: random.Random, moment: datetime) -> RunReport:
    """A run that began at a moment which no other run has: both stores then know which is the newest."""
    at = moment - timedelta(minutes=dice.randint(1, 30), microseconds=dice.randint(1, 10**6))
    run = RunReport(dice.choice(("stock", "price")), "default", at)
    run.outcome, run.seconds = dice.choice([*Outcome]), dice.randint(0, 99)
    run.reason = None if run.outcome is Outcome.SKIPPED else dice.choice((None, "dry run", "away"))
    run.code = dice.choice((None, "refused"))
    run.counts["read"], run.errors["refused"] = dice.randint(0, 3), dice.randint(0, 2)
    return run


async def answer(store: Store, name: str, arguments: tuple[Any, ...], values: dict[str, Any]) -> object:
    try:
        return await getattr(store, name)(*arguments, **values)
    except ValueError as error:
        return str(error)


def state_of(sku: str, dice: random.Random) -> SkuState:
    code = dice.choice(["c", "d", None])
    yes = dice.random() < 0.5
    return SkuState(sku, 7, "n", yes, yes, True, not yes, yes, yes, Decimal("1.50"), None, 3, 3, 2, code, code)


def random_call(dice: random.Random, now: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    keys = [str(number) for number in range(8)]
    key, some = dice.choice(keys), dice.sample(keys, dice.randint(0, 4))
    moment = now + timedelta(minutes=dice.randint(-90, 90))
    penalty = Penalty(now, dice.randint(0, 3), moment)
    hands, ago = {"who": "ada", "reason": key, "now": now}, now - timedelta(minutes=dice.randint(0, 900))
    waiting, past = SuggestionState.WAITING, min(moment, now)
    inbox, version = ("default", "package"), moment.astimezone(UTC).isoformat()
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("receive", (*inbox, [Incoming(each, moment, {"v": dice.random()}) for each in some * 2]), {"now": now}),
        ("due", inbox, {"now": now, "limit": dice.randint(0, 9), "skip": some}),
        ("inbox_row", (*inbox, key), {}),
        ("inbox_counts", inbox, {}),
        ("inbox_states", (*inbox, some), {}),
        ("inbox_rows", ("default",), {"kind": dice.choice(["package", None]), "states": dice.sample([*InboxState], 2),
                                      "code": dice.choice(["c", None]), "limit": 5, "offset": dice.randint(0, 1)}),
        *[("park", (*inbox, key), {"code": "c", "reason": "r", "penalty": penalty, "now": now,
                                   "cause": dice.choice([None, "x", "y", "z"])})] * 2,
        ("waiting_causes", inbox, {"now": now, "limit": dice.randint(1, 3)}),
        ("wake", (*inbox, dice.sample("xyz", 2)), {"now": now}),
        ("reopen", (*inbox, some), hands),
        ("exclude_by_hand", (*inbox, some), hands),
        ("note_audit", ("default", Audit("ada", "assign", "inbox:package", key, "r", moment)), {}),
        ("audits", ("default", 5), {}),
        ("finish", (*inbox, some), {"now": now}),
        ("exclude", (*inbox, key), {"rule": "r", "now": now}),
        ("events", ("default", "inbox:package", key), {}),
        ("claim", ("default", "create", key, {"n": dice.random()}), {"now": now}),
        ("claims", ("default", "create", some), {}),
        ("settle_claim", ("default", "create", key, {"m": dice.random()}), {"now": now}),
        ("drop_claim", ("default", "create", key), {"now": now}),
        ("events", ("default", "claim:create", key), {}),
        ("bind", ("default", [Identity("order", each, dice.randint(1, 3), {"v": key}) for each in some]), {"now": now}),
        ("identities", ("default", "order", some), {}),
        ("rename", ("default", [Identity("order", each, dice.randint(1, 3), {"v": key}) for each in some]),
         {"now": now}),
        ("identities_of", ("default", "order", [1, 3]), {}),
        ("record_sent", ("default", "stock", [Sent(each, key, version) for each in some]), {"now": now}),
        ("submit", ("default", "stock", [Sent(each, key, version) for each in some]), {"now": now}),
        ("doubt_sent", ("default", "stock", some[:2]), {}),
        ("forget_sent", ("default", "stock", some[:1]), {}),
        ("sent", ("default", "stock", keys), {}),
        ("log", ("default", "stock", [LogEntry(each, "sku", key, True, None, "m", moment) for each in some]), {}),
        ("log_entries", ("default", "stock", 5), {}),
        ("keep_findings", ("default", "stock", key, [Finding("sku", each, "send") for each in some]), {"now": now}),
        ("findings", ("default", "stock"), {"run_id": dice.choice([key, None]), "limit": 3, "offset": 1}),
        ("await_approval", ("default", [Suggestion(each, 7, dice.choice([version, "1"]), waiting, now)
                                        for each in some]), {"now": now}),
        ("suggestions", ("default", dice.choice([*SuggestionState]), 5), {}),
        ("decide", ("default", [Suggestion(key, 7, "1", dice.choice([*SuggestionState]), now, key)]), {"now": now}),
        ("events", ("default", "suggestion", key), {}),
        ("hold", ("default", "price", [Hold(each, 7, dice.choice("12"), "9", "1", now) for each in some]), {}),
        ("holds", ("default", "price", dice.choice([some, None])), {}),
        ("let_pass", ("default", "price", dice.choice([some, None])), {"now": now}),
        ("drop_holds", ("default", "price", some[:1]), {}),
        ("events", ("default", "hold:price", key), {}),
        ("keep_comparison", ("default", Comparison("orders", moment, {"total": key})), {}),
        ("comparisons", ("default", "orders", 3), {}),
        ("note_differences", ("default", "order"), {
            "checked": some, "found": [Difference(each, "c", key) for each in dice.sample(keys, 2)], "now": now}),
        ("differences", ("default", "order"), {"limit": 4, "offset": dice.randint(0, 1)}),
        ("keep_sku_states", ("default", [state_of(each, dice) for each in some]), {"now": now}),
        ("sku_states", ("default",), {"limit": 3, "offset": dice.randint(0, 1)}),
        ("note_corrections", ("default", "price"), {"found": [Correction(each, key, "1") for each in some[:2]],
                                                    "agreed": some[2:3], "gone": some[3:], "now": now}),
        ("queue_corrections", ("default", "price", some), {"now": now}),
        ("open_corrections", ("default", "price"), {}),
        ("unconfirmed", ("default", "stock", moment), {}),
        ("doubted", ("default", "stock", keys), {}),
        ("last_failures", ("default", "sku", keys), {}),
        ("start_run", (a_run(dice, past),), {"run_id": key, "step": dice.choice(("send", "settle"))}),
        ("finish_run", (a_run(dice, past),), {"run_id": key, "step": dice.choice(STEPS), "now": past}),
        ("last_runs", ("default", "stock", 99), {}),
        ("add_batch", (a_batch(f"{key}-{now.timestamp()}", opened_at=moment),), {}),
        ("alarm_facts", ("default",), {
            "now": now, "runs_since": [(ago, "stock"), (moment, "price")], "parked_before": [ago, now],
            "differing_before": [moment], "flows": [Watched("stock", "settle", 900), Watched("price", "send", 60)]}),
        ("settle_alarms", ("default", []), {"watching_since": ago, "now": now}),
        ("events", ("default", "difference:order", key), {}),
        ("prune_payloads", ("default", ago), {}),
        ("prune_history", ("default", ago), {}),
        ("move_watermark", ("default", "get_orders", moment), {}),
        ("watermark", ("default", "get_orders"), {}),
        ("cache", ("city", dict.fromkeys(some, version)), {"expires_at": moment}),
        ("cached", ("city", keys), {"now": now}),
        ("uncache", ("city", some), {}),
        ("lease_calls", ("fashfed", dice.randint(1, 4)), {"per_second": 0.7, "burst": 4, "now": now}),
        ("pause_calls", ("fashfed", moment), {}),
    ]  # fmt: skip
    return dice.choice(calls)
