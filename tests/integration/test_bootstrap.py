"""What the composition root promises for every run, on the sandbox over HTTP and a real state database."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.bootstrap import Order, check_flow, run_steps
from include.clock import SystemClock
from include.connections import Connection, from_environment
from include.domain.run import Outcome
from include.errors import ConfigurationError, RemoteUnavailable
from include.flows.registry import FLOWS
from include.local.postgres import EmbeddedPostgres
from include.state.migrations import upgrade
from include.stopping import Stopped
from tests.bench.rig import Rig, rig

STOCK = FLOWS["stock"]


class Environment:
    """Connections out of the environment; remembers what was to be masked."""

    def __init__(self) -> None:
        self.masked: set[str] = set()

    def get(self, conn_id: str) -> Connection | None:
        return from_environment(conn_id)

    def mask(self, secret: str) -> None:
        self.masked.add(secret)


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
    assert check_flow(STOCK, "default", Environment()).on
    sandbox.control.post("channel", {"is_active": False})
    assert "inactive" in check_flow(STOCK, "default", Environment()).reason
    report = run_steps(order("skipped"), Environment())
    assert report.outcome is Outcome.SKIPPED
    assert last_row(sandbox, "skipped") is None


def test_workers_log_in_once_between_them(sandbox: Rig) -> None:
    check_flow(STOCK, "default", Environment())
    before = sandbox.control.get("state")["omnitron"]["logins"]
    for _ in range(3):
        check_flow(STOCK, "default", Environment())
    assert sandbox.control.get("state")["omnitron"]["logins"] == before


def test_the_tokens_of_both_remotes_are_masked(sandbox: Rig) -> None:
    environment = Environment()
    check_flow(STOCK, "default", environment)
    assert "fashfed-sandbox-access-token" in environment.masked
    assert len(environment.masked) == 2


def test_a_hub_that_is_away_is_a_failure_to_retry_and_no_skip(sandbox: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = json.loads(sandbox.environment["AIRFLOW_CONN_OMNITRON_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_OMNITRON_DEFAULT", json.dumps({**hub, "host": "http://127.0.0.1:9"}))
    with pytest.raises(RemoteUnavailable):
        check_flow(STOCK, "default", Environment())


def test_missing_settings_fail_once_with_all_of_them_named(sandbox: Rig) -> None:
    before = sandbox.control.post("channel")["conf"]
    sandbox.control.post("channel", {"conf": {"buffer_stock": "many", "access_token": "default"}})
    try:
        with pytest.raises(ConfigurationError, match="Access Token") as caught:
            check_flow(STOCK, "default", Environment())
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
        check_flow(STOCK, "default", Environment())
    assert missing in caught.value.next_step
