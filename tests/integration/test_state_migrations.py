"""The tables of the state database: how they come into being and what they refuse."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from include.errors import ConfigurationError, RemoteUnavailable
from include.local.postgres import EmbeddedPostgres
from include.state import migrations
from include.state.migrations.__main__ import main
from include.state.postgres import PostgresStore
from include.state.store import Sent
from tests.unit.state.examples import NOW

TABLES = {
    "alarm_rules",
    "audits",
    "batches",
    "cache",
    "call_budget",
    "channels",
    "claims",
    "comparisons",
    "corrections",
    "differences",
    "events",
    "findings",
    "holds",
    "identity_map",
    "inbox",
    "incidents",
    "notices",
    "record_log",
    "run_reports",
    "sent_ledger",
    "sku_states",
    "suggestions",
    "watermarks",
}


def tables(uri: str) -> set[str]:
    with psycopg.connect(uri) as connection:
        found = connection.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in found} - {"alembic_version"}


def test_an_empty_database_gets_all_tables_and_a_second_upgrade_changes_nothing(empty_uri: str) -> None:
    assert not migrations.is_current(empty_uri)
    migrations.upgrade(empty_uri)
    assert migrations.is_current(empty_uri)
    assert tables(empty_uri) == TABLES
    migrations.upgrade(empty_uri)
    assert migrations.is_current(empty_uri)


def test_upgrades_at_the_same_time_wait_for_each_other(empty_uri: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(migrations.upgrade, empty_uri) for _ in range(4)]:
            done.result()
    assert tables(empty_uri) == TABLES


def test_a_failed_upgrade_leaves_nothing_behind(empty_uri: str) -> None:
    with psycopg.connect(empty_uri, autocommit=True) as connection:
        connection.execute("create table watermarks (somebody text)")
        with pytest.raises(Exception, match="already exists"):
            migrations.upgrade(empty_uri)
        assert tables(empty_uri) == {"watermarks"}
        connection.execute("drop table watermarks")
    migrations.upgrade(empty_uri)
    assert migrations.is_current(empty_uri)


async def test_the_rows_of_a_database_of_the_first_version_stay_and_can_be_used(empty_uri: str) -> None:
    with psycopg.connect(empty_uri) as connection:
        connection.execute((Path(migrations.__path__[0]) / "versions" / "0001_state.sql").read_bytes())
        connection.execute("create table alembic_version (version_num varchar(32) primary key)")
        connection.execute("insert into alembic_version values ('0001')")
        connection.execute("insert into sent_ledger values ('default', 'stock', 'A', '5', '1', null, now())")
        connection.execute(CLAIM.format("P1", "open", "{}"))
        connection.execute(EVENT.format("null", "'open'"))
        connection.execute(INBOX.format("reason", "'done'", "null"))
    assert not migrations.is_current(empty_uri)
    migrations.upgrade(empty_uri)
    assert migrations.is_current(empty_uri)
    assert tables(empty_uri) == TABLES
    store = await PostgresStore.open(empty_uri)
    assert await store.sent("default", "stock", ["A"]) == {"A": Sent("A", "5", "1")}
    assert await store.submit("default", "stock", [Sent("A", "6", "2")], now=NOW) == {"A"}
    assert await store.sent("default", "stock", ["A"]) == {}
    assert not (await store.claim("default", "create", "P1", {}, now=NOW)).fresh
    assert len(await store.events("default", "batch", "1")) == 1
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await store.prune_payloads("default", tomorrow) == 1
    assert (await store.prune_history("default", tomorrow))["events"] == 1
    await store.close()


def test_a_newer_database_is_left_alone(state_uri: str) -> None:
    with psycopg.connect(state_uri) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    assert migrations.is_current(state_uri)
    migrations.upgrade(state_uri)
    with psycopg.connect(state_uri) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("9999",)]


def test_the_newest_migration_is_the_one_alembic_would_apply() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.NEWEST]


def test_asking_whether_it_is_current_does_not_load_the_migration_library() -> None:
    code = (
        "import sys, include.state.migrations; sys.exit(any(name in sys.modules for name in ('alembic', 'sqlalchemy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_command_migrates_and_says_so(empty_uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([empty_uri]) == 0
    assert migrations.NEWEST in capsys.readouterr().out
    assert migrations.is_current(empty_uri)
    assert main([]) == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("ask", [migrations.is_current, migrations.upgrade])
def test_an_unreachable_database_is_one_line_without_the_password(ask: object) -> None:
    with pytest.raises(RemoteUnavailable) as caught:
        ask("postgresql://fashfed:hush@127.0.0.1:1/connector")  # type: ignore[operator]
    assert "state database" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        migrations.is_current("postgresql//fashfed:hush@127.0.0.1/connector")
    assert "connector_db" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_a_database_that_was_not_migrated_is_named_as_the_reason(empty_uri: str) -> None:
    store = await PostgresStore.open(empty_uri)
    with pytest.raises(ConfigurationError, match="tables are missing or outdated"):
        await store.watermark("default", "get_orders")
    await store.close()


def test_every_table_has_a_key_and_says_what_it_is_for(state_uri: str) -> None:
    with psycopg.connect(state_uri) as connection:
        keyed = connection.execute("select conrelid::regclass::text from pg_constraint where contype = 'p'").fetchall()
        named = connection.execute(
            "select objoid::regclass::text from pg_description where classoid = 'pg_class'::regclass and objsubid = 0"
        ).fetchall()
    assert {name for (name,) in keyed} >= TABLES
    assert {name for (name,) in named} >= TABLES


def test_run_reports_can_be_read_without_naming_a_schema(state_uri: str) -> None:
    with psycopg.connect(state_uri) as connection:
        assert connection.execute("select flow, outcome, counts, finished_at from run_reports").fetchall() == []


INBOX = "insert into inbox (channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at, {}) values "
INBOX += "('default', 'package', '1', {}, now(), '{{}}', now(), now(), {})"
BATCH = "insert into batches (id, channel, flow, content_type, opened_at, items, state, pk, sent_at) values "
BATCH += "('{}', 'default', 'stock', 'productstock', now(), '[]', '{}', {}, {})"
RUN = "insert into run_reports (channel, flow, run_id, step, started_at, seconds, counts, requests, errors, {}) values "
RUN += "('default', 'stock', '1', 'send', now(), {}, '{{}}', '{{}}', '{{}}', {})"
EVENT = "insert into events (channel, subject, key, before, after, at) values ('default', 'batch', '1', {}, {}, now())"
CLAIM = "insert into claims values ('default', 'create', '{}', '{}', '{}', now())"
FINDING = "insert into findings (channel, flow, run_id, kind, key, verdict, value, text, kept_at) values "
FINDING += "('default', 'stock', '{}', 'productstock', 'A', '{}', '', '', now())"
SUGGESTION = "insert into suggestions values ('default', '{}', 7, '1', null, '{}', now(), {})"
HOLD = "insert into holds values ('default', 'price', '{}', 7, '1', '100', '1', now())"
AUDIT = "insert into audits (channel, who, action, subject, key, reason, at) values "
AUDIT += "('default', '{}', 'retry', 'inbox:package', '1', '', now())"
COMPARISON = "insert into comparisons (channel, name, at, figures) values ('default', '{}', now(), '{}')"
DIFFERENCE = "insert into differences values ('default', 'order', '{}', '{}', '', now())"
RETENTION = "select set_config('fashfed.retention', 'on', true)"
REFUSED = {
    "an unknown state of the inbox": [INBOX.format("reason", "'lost'", "null")],
    "a parked row without code, reason and penalty": [INBOX.format("reason", "'parked'", "'why'")],
    "a parked row that failed less than never": [
        INBOX.format("reason, code, first_failed_at, failures", "'parked'", "'why', 'c', now(), -1")
    ],
    "a parked row that waits without saying for what": [
        INBOX.format("first_failed_at, failures, cause", "'parked'", "now(), 0, 'sku'")
    ],
    "a done row with a penalty": [INBOX.format("first_failed_at, failures", "'done'", "now(), 1")],
    "a done row with a reason": [INBOX.format("reason", "'done'", "'why'")],
    "an excluded row without a rule": [INBOX.format("reason", "'excluded'", "null")],
    "the same market id twice": [INBOX.format("reason", "'new'", "null")] * 2,
    "an unknown state of a batch": [BATCH.format("1", "lost", "1", "null")],
    "a batch in commit without a pk": [BATCH.format("1", "commit", "null", "null")],
    "a waiting batch that was never sent": [BATCH.format("1", "ongoing", "1", "null")],
    "two batches of a type in commit": [BATCH.format(name, "commit", "1", "null") for name in "12"],
    "a finished run without an outcome": [RUN.format("finished_at", "1", "now()")],
    "an unknown outcome": [RUN.format("finished_at, outcome", "1", "now(), 'fine'")],
    "a window with one end": [RUN.format("window_start", "1", "now()")],
    "a window that ends before it starts": [
        RUN.format("window_start, window_end", "1", "now(), now() - interval '1 s'")
    ],
    "a run of negative length": [RUN.format("reason", "-1", "null")],
    "an event without a change": [EVENT.format("'open'", "'open'")],
    "an unknown state of a claim": [CLAIM.format("1", "lost", "{}")],
    "a claim whose detail is no object": [CLAIM.format("1", "open", "[]")],
    "a claim without a key": [CLAIM.format("", "open", "{}")],
    "the same effect claimed twice": [CLAIM.format("1", "open", "{}")] * 2,
    "a failure without a code": [
        "insert into record_log (channel, flow, log_id, kind, key, ok, message, at)"
        " values ('default', 'stock', '1', 'sku', '1', false, 'why', now())"
    ],
    "a finding of no run": [FINDING.format("", "send")],
    "a finding without a verdict": [FINDING.format("run 1", "")],
    "a suggestion without a key": [SUGGESTION.format("", "waiting", "null")],
    "an unknown state of a suggestion": [SUGGESTION.format("A", "lost", "null")],
    "a reason of an owner who has said nothing": [SUGGESTION.format("A", "waiting", "'why'")],
    "the same product suggested twice": [SUGGESTION.format("A", "waiting", "null")] * 2,
    "a hold without a key": [HOLD.format("")],
    "the same key held twice": [HOLD.format("A")] * 2,
    "an audit of nobody": [AUDIT.format("")],
    "a change of an audit": [AUDIT.format("ada"), "update audits set who = 'bob'"],
    "an audit taken away": [AUDIT.format("ada"), "delete from audits"],
    "an audit taken away in the name of retention": [AUDIT.format("ada"), RETENTION, "delete from audits"],
    "a comparison without a name": [COMPARISON.format("", "{}")],
    "a comparison whose figures are no object": [COMPARISON.format("orders", "[]")],
    "a difference without a key": [DIFFERENCE.format("", "c")],
    "a difference without a code": [DIFFERENCE.format("P1", "")],
    "the same difference twice": [DIFFERENCE.format("P1", "c")] * 2,
    "a change of an event": [EVENT.format("null", "'open'"), "update events set after = 'done'"],
    "an event taken away": [EVENT.format("null", "'open'"), "delete from events"],
    "all events taken away": ["truncate events"],
    "a change of an event in the name of retention": [
        EVENT.format("null", "'open'"),
        RETENTION,
        "update events set after = 'done'",
    ],
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_database_refuses(case: str, postgres: EmbeddedPostgres, migrated: str) -> None:
    *before, last = REFUSED[case]
    with psycopg.connect(postgres.uri(migrated)) as connection:
        for statement in before:
            connection.execute(statement)
        with pytest.raises(psycopg.IntegrityError):
            connection.execute(last)
        connection.rollback()
