"""The store in Postgres: the behaviour of every store, and what only a real database can show."""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta

import psycopg
import pytest

from include.domain.batch import BatchItem, BatchState
from include.errors import RemoteUnavailable, RunInProgress
from include.local.postgres import EmbeddedPostgres
from include.state import postgres as postgres_store
from include.state.postgres import PostgresStore, retention
from include.state.store import Store
from tests.postgres_fixture import drop_database
from tests.unit.state.examples import NOW, OpenStore, a_batch, package
from tests.unit.state.on_postgres import *  # noqa: F403
from tests.unit.state.test_store_alarms import *  # noqa: F403
from tests.unit.state.test_store_batches import *  # noqa: F403
from tests.unit.state.test_store_causes import *  # noqa: F403
from tests.unit.state.test_store_comparisons import *  # noqa: F403
from tests.unit.state.test_store_findings import *  # noqa: F403
from tests.unit.state.test_store_holds import *  # noqa: F403
from tests.unit.state.test_store_inbox import *  # noqa: F403
from tests.unit.state.test_store_ledger import *  # noqa: F403
from tests.unit.state.test_store_people import *  # noqa: F403
from tests.unit.state.test_store_retention import *  # noqa: F403
from tests.unit.state.test_store_runs import *  # noqa: F403
from tests.unit.state.test_store_shared import *  # noqa: F403
from tests.unit.state.test_store_skus import *  # noqa: F403
from tests.unit.state.test_store_suggestions import *  # noqa: F403

HOLD_A_LOCK = """
import asyncio, sys
from include.state.postgres import PostgresStore, retention

async def hold():
    store = await PostgresStore.open(sys.argv[1])
    async with store.lock("default", "order", wait=0):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


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
        drop_database(connection, "gone")
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
    await store.add_batch(a_batch("b1"))
    items = [BatchItem(7, "productstock", "2024-01-01T00:00:00Z", "SKU")]
    await store.change_batch("b1", BatchState.INITIALIZED, now=NOW, pk=1, items=items)
    await store.change_batch("b1", BatchState.FAIL, now=NOW)
    with psycopg.connect(state_uri) as connection:
        assert connection.execute("select state, items from batches").fetchall() == [("fail", [])]


async def test_what_is_old_goes_in_portions(store: Store, state_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PORTION", 2)
    ids = [str(number) for number in range(5)]
    await store.receive("default", "package", [package(each, buyer="Ada") for each in ids], now=NOW)
    await store.finish("default", "package", ids, now=NOW)
    assert await store.prune_payloads("default", NOW + timedelta(days=1)) == 5
    assert (await store.prune_history("default", NOW + timedelta(days=1)))["events"] == 10
    with psycopg.connect(state_uri) as connection:
        assert connection.execute("select distinct payload::text, pruned_at is null from inbox").fetchall() == [
            ("{}", False)
        ]
        assert connection.execute("select from events").fetchall() == []
