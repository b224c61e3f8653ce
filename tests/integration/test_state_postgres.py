"""The store in Postgres: the behaviour of every store, and what only a real database can show."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any

import psycopg
import pytest

from include.domain.batch import BatchItem, BatchState
from include.domain.penalty import Penalty
from include.errors import RemoteUnavailable, RunInProgress
from include.local.postgres import EmbeddedPostgres
from include.state import postgres as postgres_store
from include.state.memory import MemoryStore
from include.state.postgres import PostgresStore
from include.state.store import Identity, Incoming, LogEntry, Sent, Store
from tests.unit.state.test_store_behaviour import *  # noqa: F403
from tests.unit.state.test_store_behaviour import NOW, OpenStore, a_batch, package

HOLD_A_LOCK = """
import asyncio, sys
from include.state.postgres import PostgresStore

async def hold():
    store = await PostgresStore.open(sys.argv[1])
    async with store.lock("default", "order", wait=0):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture
async def open_store(state_uri: str) -> AsyncIterator[OpenStore]:
    opened: list[PostgresStore] = []

    async def open_it() -> Store:
        opened.append(await PostgresStore.open(state_uri, name="fashfed-test"))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


def end_connections(uri: str, which: str = "true") -> int:
    """End the server's side of the connections to a database, as a failover does; returns how many there were."""
    with psycopg.connect(uri, autocommit=True) as connection:
        mine = "datname = current_database() and pid <> pg_backend_pid()"
        ended = connection.execute(
            f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {mine} and {which}"  # noqa: S608
        )
        return len(ended.fetchall())


HOLDS_A_LOCK = "pid in (select pid from pg_locks where locktype = 'advisory')"


# --- locks --------------------------------------------------------------------------------------------------


async def test_the_lock_of_a_killed_process_is_free(store: Store, state_uri: str) -> None:
    arguments = (sys.executable, "-c", HOLD_A_LOCK, state_uri)
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        with pytest.raises(RunInProgress):
            await store.lock("default", "order", wait=0).__aenter__()
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with store.lock("default", "order", wait=30):
        pass


async def test_a_lock_that_was_lost_inside_the_block_is_noticed(store: Store, state_uri: str) -> None:
    block = store.lock("default", "order", wait=0)
    await block.__aenter__()
    assert end_connections(state_uri, HOLDS_A_LOCK) == 1
    with pytest.raises(RemoteUnavailable):
        await block.__aexit__(None, None, None)


async def test_who_waits_for_a_lock_gets_it_when_it_is_free(store: Store, open_store: OpenStore) -> None:
    other, order = await open_store(), []

    async def wait() -> None:
        async with other.lock("default", "order", wait=60):
            order.append("other")

    async with store.lock("default", "order", wait=0):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.05)
        order.append("first")
    await waiting
    assert order == ["first", "other"]


async def test_a_lock_needs_no_connection_of_a_pool_that_is_used_up(store: Store) -> None:
    async def use() -> None:
        async with store.lock("default", f"type {random.random()}", wait=0):
            await store.watermark("default", "get_orders")

    await asyncio.gather(*(use() for _ in range(20)))


async def test_a_cancelled_run_lets_its_lock_go(store: Store, open_store: OpenStore) -> None:
    held = asyncio.Event()

    async def hold() -> None:
        async with store.lock("default", "order", wait=0):
            held.set()
            await asyncio.sleep(600)

    holding = asyncio.create_task(hold())
    await held.wait()
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    async with (await open_store()).lock("default", "order", wait=30):
        pass


# --- a database in trouble ----------------------------------------------------------------------------------


async def test_a_restart_between_two_calls_passes_unnoticed(store: Store, state_uri: str) -> None:
    await store.move_watermark("default", "get_orders", NOW)
    assert end_connections(state_uri) > 0
    assert await store.watermark("default", "get_orders") == NOW


async def test_a_connection_lost_in_the_middle_of_a_call_is_one_readable_error(
    store: Store,
    state_uri: str,
) -> None:
    with psycopg.connect(state_uri) as blocker:
        blocker.execute("lock table watermarks")
        asking = asyncio.create_task(store.watermark("default", "get_orders"))
        async with asyncio.timeout(30):
            while not end_connections(state_uri, "wait_event_type = 'Lock'"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        with pytest.raises(RemoteUnavailable, match="state database") as caught:
            await asking
    assert "\n" not in str(caught.value)


async def test_a_database_that_went_away_is_one_readable_error(
    postgres: EmbeddedPostgres,
    migrated: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_store, "_PATIENCE", 0.5)
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        connection.execute(f"create database gone template {migrated}")
        store = await PostgresStore.open(postgres.uri("gone"))
        connection.execute("drop database gone with (force)")
    with pytest.raises(RemoteUnavailable, match="state database"):
        await store.watermark("default", "get_orders")
    await store.close()


async def test_an_unreachable_database_says_where_it_was_sought_but_not_the_password() -> None:
    with pytest.raises(RemoteUnavailable, match=r"127\.0\.0\.1") as caught:
        await PostgresStore.open("postgresql://fashfed:hush@127.0.0.1:1/connector")
    assert "hush" not in str(caught.value)


async def test_times_are_utc_whatever_zone_the_server_prefers(
    store: Store,
    open_store: OpenStore,
    state_uri: str,
) -> None:
    with psycopg.connect(state_uri, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"alter database {name} set timezone to 'Europe/Istanbul'")
    await store.move_watermark("default", "get_orders", NOW)
    moment = await (await open_store()).watermark("default", "get_orders")
    assert moment is not None
    assert moment.utcoffset() == timedelta(0)
    assert moment == NOW


async def test_a_connection_says_which_flow_it_serves(store: Store, state_uri: str) -> None:
    await store.watermark("default", "get_orders")
    with psycopg.connect(state_uri) as connection:
        found = connection.execute("select application_name from pg_stat_activity where datname = current_database()")
        assert ("fashfed-test",) in found.fetchall()


async def test_the_items_of_a_batch_that_ended_take_no_room(store: Store, state_uri: str) -> None:
    await store.add_batch(a_batch("b1", items=[BatchItem(7, "productstock", "2024-01-01T00:00:00Z", "SKU")]))
    await store.change_batch("b1", BatchState.FAIL, now=NOW)
    with psycopg.connect(state_uri) as connection:
        assert connection.execute("select state, items from batches").fetchall() == [("fail", [])]


# --- several processes at once ------------------------------------------------------------------------------


async def test_of_many_processes_that_claim_an_effect_at_once_one_gets_it(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    for number in range(10):
        claims = await asyncio.gather(
            *(each.claim("default", "create_order", f"P{number}", {}, now=NOW) for each in stores * 2)
        )
        assert [claim.fresh for claim in claims].count(True) == 1
        assert len(await store.events("default", "claim:create_order", f"P{number}")) == 1


async def test_processes_that_see_the_same_pages_store_each_record_once(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    page = [package(str(number)) for number in range(200)]
    received = await asyncio.gather(*(each.receive("default", "package", page, now=NOW) for each in stores))
    assert sum(each.new for each in received) == 200
    assert sum(each.known for each in received) == 600
    assert len(await store.events("default", "inbox:package", "7")) == 1


async def test_leases_taken_at_once_add_up(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    waits = await asyncio.gather(
        *(each.lease_calls("fashfed", 1, per_second=1, burst=5, now=NOW) for each in stores * 5)
    )
    assert sorted(waits) == [0.0] * 5 + [float(number) for number in range(1, 16)]


# --- both stores, step by step ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
async def test_a_random_history_leaves_both_stores_alike(store: Store, seed: int) -> None:
    dice, memory = random.Random(seed), MemoryStore()
    now = NOW
    for _ in range(150):
        now += timedelta(seconds=dice.choice((0, 0, 1, 60, 3600)))
        name, arguments, values = random_call(dice, now)
        answers = [await answer(each, name, arguments, values) for each in (memory, store)]
        assert answers[0] == answers[1], (name, arguments, values)


async def answer(store: Store, name: str, arguments: tuple[Any, ...], values: dict[str, Any]) -> object:
    try:
        return await getattr(store, name)(*arguments, **values)
    except ValueError as error:
        return str(error)


def random_call(dice: random.Random, now: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    keys = [str(number) for number in range(8)]
    key, some = dice.choice(keys), dice.sample(keys, dice.randint(0, 4))
    moment = now + timedelta(minutes=dice.randint(-90, 90))
    penalty = Penalty(now, dice.randint(1, 3), moment)
    inbox, version = ("default", "package"), moment.astimezone(UTC).isoformat()
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("receive", (*inbox, [Incoming(each, moment, {"v": dice.random()}) for each in some * 2]), {"now": now}),
        ("due", inbox, {"now": now, "limit": dice.randint(0, 9), "skip": some}),
        ("inbox_row", (*inbox, key), {}),
        ("inbox_counts", inbox, {}),
        ("park", (*inbox, key), {"code": "c", "reason": "r", "penalty": penalty, "now": now}),
        ("finish", (*inbox, some), {"now": now}),
        ("exclude", (*inbox, key), {"rule": "r", "now": now}),
        ("events", ("default", "inbox:package", key), {}),
        ("claim", ("default", "create", key, {"n": dice.random()}), {"now": now}),
        ("settle_claim", ("default", "create", key, {"m": dice.random()}), {"now": now}),
        ("drop_claim", ("default", "create", key), {"now": now}),
        ("events", ("default", "claim:create", key), {}),
        ("bind", ("default", [Identity("order", each, dice.randint(1, 3), {"v": key}) for each in some]), {"now": now}),
        ("identities", ("default", "order", some), {}),
        ("record_sent", ("default", "stock", [Sent(each, key, version) for each in some]), {"now": now}),
        ("forget_sent", ("default", "stock", some[:1]), {}),
        ("sent", ("default", "stock", keys), {}),
        ("log", ("default", "stock", [LogEntry(each, "sku", key, True, None, "m", moment) for each in some]), {}),
        ("log_entries", ("default", "stock", 5), {}),
        ("move_watermark", ("default", "get_orders", moment), {}),
        ("watermark", ("default", "get_orders"), {}),
        ("cache", ("city", dict.fromkeys(some, version)), {"expires_at": moment}),
        ("cached", ("city", keys), {"now": now}),
        ("uncache", ("city", some), {}),
        ("lease_calls", ("fashfed", dice.randint(1, 4)), {"per_second": 0.7, "burst": 4, "now": now}),
        ("pause_calls", ("fashfed", moment), {}),
    ]  # fmt: skip
    return dice.choice(calls)
