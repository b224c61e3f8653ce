"""What the composition root promises for every run, on the sandbox over HTTP and a real state database."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.bootstrap import check_flow, run_steps
from include.clock import SystemClock
from include.connections import Connection, from_environment
from include.domain.run import Outcome
from include.errors import ConfigurationError, RemoteUnavailable
from include.flows.registry import FLOWS
from include.local.postgres import EmbeddedPostgres
from include.state.migrations import upgrade
from include.steps import Order
from include.stopping import Stopped
from tests.bench.rig import Rig, rig

STOCK = FLOWS["stock"]


class Environment:
    """Connections out of the environment; remembers what was to be masked, and the mails."""

    def __init__(self) -> None:
        self.masked: set[str] = set()
        self.mails: list[tuple[str, str]] = []

    def get(self, conn_id: str) -> Connection | None:
        return from_environment(conn_id)

    def mask(self, secret: str) -> None:
        self.masked.add(secret)

    def mail_server(self) -> "Environment":
        return self

    def screens(self) -> str:
        return "https://airflow.example.com"

    async def send(self, to: str, subject: str, text: str, *, message_id: str) -> None:
        self.mails.append((to, subject))


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    postgres = EmbeddedPostgres(Path(tmp_path_factory.mktemp("bootstrap")))
    postgres.start()
    with rig(postgres, "bootstrap", size=200) as running:
        upgrade(running.environment["AIRFLOW_CONN_CONNECTOR_DB"])
        yield running
    postgres.stop()


@pytest.fixture
def sandbox(stand_ins: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for name, text in stand_ins.environment.items():
        monkeypatch.setenv(name, text)
    yield stand_ins
    stand_ins.control.post("faults", {"clear": True})
    stand_ins.control.post("channel", {"is_active": True})
    stand_ins.control.post("flags", {"stock": True})


def order(run_id: str, *steps: str, **changes: Any) -> Order:
    return Order(replace(STOCK, **changes), "default", run_id, steps or STOCK.steps)


def last_row(sandbox: Rig, run_id: str) -> tuple[Any, ...] | None:
    with psycopg.connect(sandbox.environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        return connection.execute(
            "select step, outcome, reason from run_reports where run_id = %s and finished_at is not null", [run_id]
        ).fetchone()


def test_a_step_that_reaches_its_time_limit_is_stopped_and_closes_what_it_holds(sandbox: Rig) -> None:
    sandbox.control.post("stocks", {"count": 20})
    slow = {"kind": "latency", "remote": "fashfed", "method": "POST", "milliseconds": 60_000}
    sandbox.control.post("faults", {"add": slow})
    late = order("late", "send", time_limit=timedelta(seconds=2))
    report = late.report(SystemClock())
    with pytest.raises(Stopped, match="send was stopped at its time limit"):
        run_steps(late, Environment(), report)
    assert "commit" not in sandbox.control.get("state")["omnitron"]["batches"]
    assert report.outcome is Outcome.FAILED
    row = last_row(sandbox, "late")
    assert row is not None
    assert row[:2] == ("send", "failed")
    assert "time limit" in row[2]


def test_a_run_that_fails_leaves_its_reason_in_its_row(sandbox: Rig) -> None:
    sandbox.control.post("faults", {"add": {"kind": "error", "remote": "omnitron", "path": "*product_stocks*"}})
    with pytest.raises(RemoteUnavailable):
        run_steps(order("failed", "send"), Environment())
    row = last_row(sandbox, "failed")
    assert row is not None
    assert row[:2] == ("send", "failed")
    assert row[2].startswith("Omnitron ")


def test_a_flow_switched_off_between_the_check_and_the_step_is_skipped(sandbox: Rig) -> None:
    assert check_flow(order("checked", "feature_flag"), Environment()).on
    sandbox.control.post("channel", {"is_active": False})
    assert "inactive" in check_flow(order("checked", "feature_flag"), Environment()).reason
    report = run_steps(order("skipped"), Environment())
    assert report.outcome is Outcome.SKIPPED


def rows_of_skips(sandbox: Rig, flow: str) -> list[tuple[str, str]]:
    with psycopg.connect(sandbox.environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        query = "select run_id, reason from run_reports where flow = %s and outcome = 'skipped' order by id"
        return connection.execute(query, [flow]).fetchall()


def test_a_skip_leaves_one_row_for_each_change_of_its_reason(sandbox: Rig) -> None:
    before = len(rows_of_skips(sandbox, "stock"))

    def check(run_id: str) -> None:
        assert not check_flow(order(run_id, "feature_flag"), Environment()).on

    sandbox.control.post("flags", {"stock": False})
    check("off-1")
    check("off-2")
    sandbox.control.post("channel", {"is_active": False})
    check("inactive-1")
    sandbox.control.post("channel", {"is_active": True})
    sandbox.control.post("flags", {"stock": True})
    run_steps(order("on-again"), Environment())
    sandbox.control.post("flags", {"stock": False})
    check("off-3")
    rows = rows_of_skips(sandbox, "stock")[before:]
    assert [run_id for run_id, _ in rows] == ["off-1", "inactive-1", "off-3"]
    assert rows[0][1] == "feature flag stock is false"
    assert "is inactive" in rows[1][1]


def test_a_flow_waits_for_the_one_it_needs_and_says_what_to_do(sandbox: Rig) -> None:
    sandbox.control.post("flags", {"product": True})
    waiting = Order(FLOWS["product"], "default", "waiting", ("send",))
    decision = check_flow(waiting, Environment())
    assert not decision.on
    assert "Default Attributes has not succeeded yet" in decision.reason
    assert "Next step: Trigger Category Node" in decision.reason
    report = run_steps(waiting, Environment())
    assert (report.outcome, report.reason) == (Outcome.SKIPPED, decision.reason)
    succeed(sandbox, "default_attributes")
    assert check_flow(waiting, Environment()).on


def succeed(sandbox: Rig, flow: str) -> None:
    with psycopg.connect(sandbox.environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        connection.execute("insert into watermarks (channel, flow, reached) values ('default', %s, now())", [flow])


def test_channel_setup_is_on_where_nothing_else_can_run(sandbox: Rig) -> None:
    before = sandbox.control.post("channel")["conf"]
    setup = Order(FLOWS["channel_setup"], "default", "setup", ("feature_flag",))
    node = Order(FLOWS["category_node"], "default", "node", ("feature_flag",))
    try:
        sandbox.control.post("channel", {"conf": {"base_url": "", "access_token": ""}, "is_active": False})
        assert check_flow(setup, Environment()).on
        assert not check_flow(node, Environment()).on
    finally:
        sandbox.control.post("channel", {"conf": before, "is_active": True})


def test_a_dry_run_is_marked_as_one(sandbox: Rig) -> None:
    run_steps(replace(order("dry", "send"), dry_run=True), Environment())
    row = last_row(sandbox, "dry")
    assert row is not None
    assert row == ("send", "success", "dry run")


def test_workers_log_in_once_between_them(sandbox: Rig) -> None:
    check_flow(order("checked", "feature_flag"), Environment())
    before = sandbox.control.get("state")["omnitron"]["logins"]
    for _ in range(3):
        check_flow(order("checked", "feature_flag"), Environment())
    assert sandbox.control.get("state")["omnitron"]["logins"] == before


def test_the_tokens_of_both_remotes_are_masked(sandbox: Rig) -> None:
    environment = Environment()
    check_flow(order("checked", "feature_flag"), environment)
    assert "fashfed-sandbox-access-token" in environment.masked
    assert len(environment.masked) == 2


def test_a_hub_that_is_away_is_a_failure_to_retry_and_no_skip(sandbox: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = json.loads(sandbox.environment["AIRFLOW_CONN_OMNITRON_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_OMNITRON_DEFAULT", json.dumps({**hub, "host": "http://127.0.0.1:9"}))
    with pytest.raises(RemoteUnavailable):
        check_flow(order("checked", "feature_flag"), Environment())


def test_while_the_hub_is_away_runs_are_failed_ones_and_alarms_tell_of_it(
    sandbox: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = json.loads(sandbox.environment["AIRFLOW_CONN_OMNITRON_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_OMNITRON_DEFAULT", json.dumps({**hub, "host": "http://127.0.0.1:9"}))
    monkeypatch.setenv("FASHFED_OPERATORS", "ops@example.com")
    for number in range(3):
        with pytest.raises(RemoteUnavailable):
            check_flow(order(f"away-{number}", "feature_flag"), Environment())
    found = last_row(sandbox, "away-2")
    assert found
    assert found[:2] == ("feature_flag", "failed")
    monkeypatch.delenv("AIRFLOW_CONN_OMNITRON_DEFAULT")
    with psycopg.connect(sandbox.environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        connection.execute("delete from run_reports where run_id !~ '^away'")
        connection.execute("update run_reports set finished_at = finished_at - interval '3 min'")
    source = Environment()
    assert check_flow(Order(FLOWS["alarms"], "default", "judged", ("feature_flag",)), source).on
    report = run_steps(Order(FLOWS["alarms"], "default", "judged", ("run",)), source)
    assert source.mails == [("ops@example.com", "[Fashfed] Omnitron cannot be used: Stock fails")]
    assert report.counts["sent"] == 1


def test_missing_settings_fail_once_with_all_of_them_named(sandbox: Rig) -> None:
    before = sandbox.control.post("channel")["conf"]
    sandbox.control.post("channel", {"conf": {"buffer_stock": "many", "access_token": "default"}})
    try:
        with pytest.raises(ConfigurationError, match="Access Token") as caught:
            check_flow(order("checked", "feature_flag"), Environment())
    finally:
        sandbox.control.post("channel", {"conf": before})
    assert caught.value.code == "settings_invalid"
    assert "buffer_stock" in str(caught.value)


@pytest.mark.parametrize("missing", ["AIRFLOW_CONN_OMNITRON_DEFAULT", "AIRFLOW_CONN_CONNECTOR_DB"])
def test_a_missing_connection_is_named_with_the_variable_to_set(
    sandbox: Rig, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigurationError) as caught:
        check_flow(order("checked", "feature_flag"), Environment())
    assert missing in caught.value.next_step


def test_a_mistyped_time_to_keep_stops_a_run_by_its_name(sandbox: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHFED_KEEP_HISTORY_DAYS", "a quarter")
    with pytest.raises(ConfigurationError, match="FASHFED_KEEP_HISTORY_DAYS: 'a quarter' is no number of days"):
        run_steps(order("mistyped", "send"), Environment())


def test_retention_works_on_a_channel_that_is_inactive(sandbox: Rig) -> None:
    sandbox.control.post("channel", {"is_active": False})
    report = run_steps(Order(FLOWS["housekeeping"], "default", "night", ("run",)), Environment())
    assert report.outcome is Outcome.SUCCESS
    assert last_row(sandbox, "night") is not None
