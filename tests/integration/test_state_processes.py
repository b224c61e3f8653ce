"""The store in Postgres: several processes at once, and much at once."""

import asyncio
import random
from dataclasses import replace

import psycopg
import pytest

from include.domain.penalty import Penalty
from include.state.store import Difference, Finding, Hold, Identity, Sent, Store, Suggestion, SuggestionState
from tests.unit.state.examples import MINUTE, NOW, OpenStore, package
from tests.unit.state.on_postgres import *  # noqa: F403

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


async def test_of_processes_that_submit_the_same_keys_at_once_the_newest_version_stays(
    store: Store, open_store: OpenStore
) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    keys, dice = [str(number) for number in range(2000)], random.Random(7)
    rounds = [
        (each, dice.sample(keys, len(keys)), version_of(minute)) for minute, each in enumerate(stores * 3, start=1)
    ]
    dice.shuffle(rounds)

    async def send(each: Store, some: list[str], version: str) -> set[str]:
        return await each.submit("default", "stock", [Sent(key, version, version) for key in some], now=NOW)

    left = await asyncio.gather(*(send(*each) for each in rounds))
    newest = version_of(len(rounds))
    assert left[[version for _, _, version in rounds].index(newest)] == set(keys)
    assert await store.sent("default", "stock", keys) == {}
    for _, _, version in rounds:
        await store.record_sent("default", "stock", [Sent(key, version, version) for key in keys], now=NOW)
    confirmed = await store.sent("default", "stock", keys)
    assert {row.version for row in confirmed.values()} == {newest}
    assert len(confirmed) == len(keys)


async def test_a_key_leaves_in_no_older_version_while_another_process_submits_a_newer_one(
    store: Store, state_uri: str
) -> None:
    await store.submit("default", "stock", [Sent("A", "5", version_of(1))], now=NOW)
    with psycopg.connect(state_uri) as other:
        newer = (version_of(3), version_of(3))
        other.execute("update sent_ledger set version = %s, version_at = %s", newer)
        asking = asyncio.create_task(store.submit("default", "stock", [Sent("A", "6", version_of(2))], now=NOW))
        await until_somebody_waits(state_uri)
        other.commit()
    assert await asking == set()


async def test_a_change_that_passes_while_it_is_held_anew_has_both_events(store: Store, state_uri: str) -> None:
    await store.hold("default", "price", [Hold("A", 7, "1", "100", "1", NOW)])
    with psycopg.connect(state_uri) as other:
        other.execute("update holds set passed_at = held_at")
        holding = asyncio.create_task(store.hold("default", "price", [Hold("A", 7, "2", "100", "1", NOW)]))
        await until_somebody_waits(state_uri)
        other.commit()
    await holding
    [last] = (await store.events("default", "hold:price", "A"))[1:]
    assert (last.before, last.after) == ("passed", "held")


async def test_processes_that_hold_the_same_changes_note_each_once(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    keys = [f"SKU{number}" for number in range(300)]
    holds, suggested = [Hold(key, 7, "1", "100", "1", NOW) for key in keys], [a_suggestion(key) for key in keys]
    await asyncio.gather(
        *(each.hold("default", "price", random.sample(holds, 300)) for each in stores),
        *(each.await_approval("default", random.sample(suggested, 300), now=NOW) for each in stores),
    )
    passed = await asyncio.gather(*(each.let_pass("default", "price", None, now=NOW) for each in stores))
    assert sum(map(len, passed)) == 300
    approved = SuggestionState.APPROVED
    decided = await asyncio.gather(
        *(each.decide("default", [replace(row, state=approved) for row in suggested], now=NOW) for each in stores)
    )
    assert sum(map(len, decided)) == 300
    assert [event.after for event in await store.events("default", "hold:price", "SKU7")] == ["held", "passed"]
    assert [event.after for event in await store.events("default", "suggestion", "SKU7")] == ["waiting", "approved"]


@pytest.mark.parametrize(("table", "forget"), [("sent_ledger", "forget_sent"), ("holds", "drop_holds")])
async def test_rows_are_forgotten_in_the_order_in_which_others_write_them(
    open_store: OpenStore, state_uri: str, table: str, forget: str
) -> None:
    with psycopg.connect(state_uri, autocommit=True) as connection:
        for way in ("indexscan", "bitmapscan"):  # as for thousands of keys: the table is read from its first row on
            connection.execute(f"alter database {connection.info.dbname} set enable_{way} to off")
    store = await open_store()
    for key in "BA":
        await store.submit("default", "stock", [Sent(key, "5", version_of(1))], now=NOW)
        await store.hold("default", "stock", [Hold(key, 7, "1", "100", "1", NOW)])
    with psycopg.connect(state_uri) as other:
        other.execute(f"select from {table} where key = 'A' for update")
        forgetting = asyncio.create_task(getattr(store, forget)("default", "stock", ["B", "A"]))
        await until_somebody_waits(state_uri)
        other.execute(f"select from {table} where key = 'B' for update nowait")
        other.commit()
        await forgetting
        assert other.execute(f"select key from {table}").fetchall() == []  # noqa: S608


async def test_of_people_who_open_a_record_again_at_once_one_is_audited(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    await store.receive("default", "package", [package("1")], now=NOW)
    await store.exclude("default", "package", "1", rule="r", now=NOW)
    opened = await asyncio.gather(
        *(each.reopen("default", "package", ["1"], who="ada", reason="", now=NOW) for each in stores * 3)
    )
    assert sorted(opened) == [[]] * 11 + [["1"]]
    assert len(await store.audits("default", 99)) == 1
    assert [event.after for event in await store.events("default", "inbox:package", "1")] == ["new", "excluded", "new"]


async def test_processes_that_change_the_same_rows_in_every_way_never_block_each_other_for_good(
    store: Store, open_store: OpenStore
) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    ids = [str(number) for number in range(300)]
    await store.receive("default", "package", [package(each) for each in ids], now=NOW)
    penalty = Penalty(NOW, 0, NOW + MINUTE)
    for each in ids:
        cause = f"cause {int(each) % 7}"
        await store.park("default", "package", each, code="c", reason="r", penalty=penalty, now=NOW, cause=cause)
    differences = [Difference(each, "c", "t") for each in ids]

    async def work(each: Store, dice: random.Random) -> None:
        some, causes = dice.sample(ids, 150), [f"cause {number}" for number in dice.sample(range(7), 4)]
        await each.waiting_causes("default", "package", now=NOW, limit=7)
        await each.wake("default", "package", causes, now=NOW)
        await each.exclude_by_hand("default", "package", some, who="ada", reason="r", now=NOW)
        await each.prune_payloads("default", NOW)
        await each.reopen("default", "package", some[:75], who="ada", reason="", now=NOW)
        await each.finish("default", "package", some[75:], now=NOW)
        await each.rename(
            "default", [Identity("order", f"{name}-{dice.random()}", int(name)) for name in some], now=NOW
        )
        await each.bind("default", [Identity("order", name, int(name)) for name in dice.sample(ids, 9)], now=NOW)
        await each.note_differences("default", "order", checked=some, found=dice.sample(differences, 150), now=NOW)
        await each.prune_history("default", NOW)

    await asyncio.gather(*(work(each, random.Random(seed)) for seed, each in enumerate(stores * 3)))


async def test_a_hub_id_that_several_processes_rename_at_once_has_one_name(store: Store, open_store: OpenStore) -> None:
    stores = [store, *[await open_store() for _ in range(3)]]
    await asyncio.gather(
        *(
            each.rename("default", [Identity("order", f"P{number}", 7)], now=NOW)
            for number, each in enumerate(stores * 3)
        )
    )
    assert len((await store.identities_of("default", "order", [7]))[7]) == 1


def version_of(minute: int) -> str:
    return (NOW + minute * MINUTE).isoformat()


def a_suggestion(key: str) -> Suggestion:
    return Suggestion(key, 7, "1", SuggestionState.WAITING, NOW)


async def until_somebody_waits(uri: str) -> None:
    """Until a statement on the database waits for a lock that another one holds."""
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with psycopg.connect(uri, autocommit=True) as connection:
        async with asyncio.timeout(30):
            while not connection.execute(waiting).fetchall():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


# --- much at once -------------------------------------------------------------------------------------------


async def test_a_hundred_thousand_findings_are_kept_and_read_page_by_page_in_order(store: Store) -> None:
    found = [Finding("product", str(number), "send") for number in range(100_000)]
    for start in range(0, 100_000, 20_000):
        await store.keep_findings("default", "product", "run 1", found[start : start + 20_000], now=NOW)
    pages = [await store.findings("default", "product", limit=25_000, offset=25_000 * page) for page in range(4)]
    assert [row for page in pages for row in page] == found


async def test_a_whole_catalogue_is_submitted_confirmed_and_held(store: Store) -> None:
    rows = [Sent(str(number), "1", version_of(1)) for number in range(20_000)]
    keys = {row.key for row in rows}
    for _ in range(2):
        assert await store.submit("default", "stock", rows, now=NOW) == keys
        await store.record_sent("default", "stock", rows, now=NOW)
        assert await store.sent("default", "stock", [*keys]) == {row.key: row for row in rows}
    await store.hold("default", "stock", [Hold(key, 7, "1", "1", "0", NOW) for key in keys])
    assert len(await store.let_pass("default", "stock", None, now=NOW)) == len(rows)
    assert len(await store.holds("default", "stock", [*keys])) == len(rows)
    await store.drop_holds("default", "stock", [*keys])
    assert await store.holds("default", "stock") == []
