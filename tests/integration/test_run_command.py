"""``python -m include.run`` as support scripts use it: a fresh process, the sandbox over HTTP, nothing of Airflow."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.catalogue import CATALOGUE
from include.domain.run import COUNTS
from include.local.postgres import EmbeddedPostgres
from tests.bench.rig import Rig, rig

_PROJECT = Path(__file__).resolve().parents[2]
_HUB = "AIRFLOW_CONN_OMNITRON_DEFAULT"
_STATE = "AIRFLOW_CONN_CONNECTOR_DB"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def stand_ins(home: Path) -> Iterator[Rig]:
    """The sandbox, and an empty connector database."""
    postgres = EmbeddedPostgres(home)
    postgres.start()
    with rig(postgres, "command", size=400) as running:
        yield running
    postgres.stop()


@pytest.fixture
def sandbox(stand_ins: Rig) -> Iterator[Rig]:
    """The stand-ins, left as they were found."""
    yield stand_ins
    stand_ins.control.post("faults", {"clear": True})
    stand_ins.control.post("flags", {"stock": True, "get_orders": True})


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    log: str

    @property
    def report(self) -> dict[str, Any]:
        """Standard output is this one object and nothing else."""
        return dict(json.loads(self.out))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "include.run", *arguments]


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "FASHFED"))}
    return {**own, **environment}


def run(environment: Mapping[str, str], *arguments: str) -> Ended:
    ended = subprocess.run(
        command(*arguments), cwd=_PROJECT, env=variables(environment), capture_output=True, text=True, timeout=90
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_a_run_prints_one_json_object_and_nothing_else_on_standard_output(sandbox: Rig) -> None:
    sandbox.control.post("stocks", {"count": 30})
    ended = run(sandbox.environment, "stock")
    assert ended.code == 0, ended.log
    report = ended.report
    assert (report["flow"], report["channel"], report["outcome"]) == ("stock", "default", "success")
    assert set(report["counts"]) == set(COUNTS)
    assert report["counts"]["sent"] >= 30
    assert report["requests"]["omnitron"] > 0
    assert report["requests"]["fashfed"] > 0
    assert report["seconds"] > 0
    assert "Done" in ended.log


def test_a_pull_runs_over_the_window_it_is_given(sandbox: Rig) -> None:
    sandbox.control.post("orders", {"count": 3})
    moments = ("--from", "2020-01-01T00:00:00+03:00", "--to", "2020-01-02T00:00:00Z")
    past = run(sandbox.environment, "get_orders", *moments).report
    assert past["window"] == {"from": "2019-12-31T21:00:00+00:00", "to": "2020-01-02T00:00:00+00:00"}
    assert past["counts"]["read"] == 0
    assert run(sandbox.environment, "get_orders").report["counts"]["created"] >= 3
    assert run(sandbox.environment, "get_orders").report["counts"]["created"] == 0


def test_a_run_leaves_a_row_that_says_what_it_did(sandbox: Rig) -> None:
    report = run(sandbox.environment, "stock").report
    with psycopg.connect(sandbox.environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        row = connection.execute(
            "select flow, step, outcome, counts, requests from run_reports order by finished_at desc limit 1"
        ).fetchone()
    assert row is not None
    flow, step, outcome, counts, requests = row
    assert (flow, step, outcome) == ("stock", "send+settle", "success")
    assert {name: counts.get(name, 0) for name in COUNTS} == report["counts"]
    assert requests == report["requests"]


def test_a_run_with_the_flag_off_is_skipped_with_code_3(sandbox: Rig) -> None:
    sandbox.control.post("flags", {"stock": False})
    ended = run(sandbox.environment, "stock")
    assert ended.code == 3
    assert ended.report["outcome"] == "skipped"
    assert "feature flag stock is false" in ended.report["reason"]


def test_a_dry_run_says_what_it_would_send_and_changes_nothing(sandbox: Rig) -> None:
    sandbox.control.post("stocks", {"count": 10})
    before = sandbox.control.get("state")
    ended = run(sandbox.environment, "stock", "--dry-run")
    assert ended.code == 0, ended.log
    after = sandbox.control.get("state")
    assert ended.report["counts"]["read"] >= 10
    assert after["omnitron"]["batches"] == before["omnitron"]["batches"]
    assert after["fashfed"] == before["fashfed"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "a-wrong-password"}, "login_refused"),
        ({"extra": {"channel_id": 999}}, "channel_missing"),
        ({"extra": {}}, "connection_missing"),
        ({"host": "http://127.0.0.1:9"}, "remote_unreachable"),
    ],
)
def test_a_run_that_cannot_work_ends_with_code_1_and_one_line_that_says_what_to_do(
    sandbox: Rig, changed: dict[str, Any], code: str
) -> None:
    hub = json.dumps(json.loads(sandbox.environment[_HUB]) | changed)
    ended = run({**sandbox.environment, _HUB: hub}, "stock")
    assert ended.code == 1
    assert ended.report["outcome"] == "failed"
    assert ended.report["errors"] == {code: 1}
    assert f"[{code}]. Next step: " in ended.log
    assert "Traceback" not in ended.log
    assert "a-wrong-password" not in ended.log + ended.out


def test_settings_that_are_missing_are_one_readable_failure(sandbox: Rig) -> None:
    market = json.dumps({"conn_type": "http", "host": "nonsense address"})
    ended = run({**sandbox.environment, "AIRFLOW_CONN_FASHFED_DEFAULT": market}, "stock")
    assert ended.code == 1
    assert ended.report["errors"] == {"settings_invalid": 1}
    assert "Base U" in ended.report["reason"]


def test_a_fashfed_address_that_is_private_is_refused_unless_the_deployment_allows_it(sandbox: Rig) -> None:
    ended = run({**sandbox.environment, "FASHFED_ALLOW_PRIVATE_HOSTS": "0"}, "stock")
    assert ended.code == 1
    assert set(ended.report["errors"]) <= {"settings_invalid", "private_host"}


def test_without_a_connector_database_the_embedded_one_is_started_and_migrated(sandbox: Rig, tmp_path: Path) -> None:
    environment = {name: text for name, text in sandbox.environment.items() if name != "AIRFLOW_CONN_CONNECTOR_DB"}
    ended = run({**environment, "FASHFED_HOME": str(tmp_path / "state")}, "stock")
    assert ended.code == 0, ended.log
    assert "Migrating" in ended.log
    assert not EmbeddedPostgres(tmp_path / "state").running()


def test_a_second_channel_is_run_by_its_own_connection(sandbox: Rig) -> None:
    names = {_HUB: "AIRFLOW_CONN_OMNITRON_TR", "AIRFLOW_CONN_FASHFED_DEFAULT": "AIRFLOW_CONN_FASHFED_TR"}
    environment = {names.get(name, name): text for name, text in sandbox.environment.items()}
    ended = run({**environment, "FASHFED_CHANNELS": "default,tr"}, "stock", "--channel", "tr")
    assert ended.code == 0, ended.log
    assert ended.report["channel"] == "tr"


def test_without_any_connection_the_run_says_which_one_to_add(tmp_path: Path) -> None:
    ended = run({"FASHFED_HOME": str(tmp_path)}, "stock")
    assert ended.code == 1
    assert ended.report["errors"] == {"connection_missing": 1}
    assert "AIRFLOW_CONN_OMNITRON_DEFAULT" in ended.log


def test_readiness_lists_every_flag_and_no_secret(sandbox: Rig) -> None:
    ended = run(sandbox.environment, "readiness")
    assert ended.code == 0, ended.log
    for flag in ("stock", "get_orders", "send_cancel_order_items"):
        assert flag in ended.out
    assert "fashfed-sandbox-access-token" not in ended.out + ended.log


def test_readiness_gives_each_penalty_rule_a_line_and_says_whether_default_attributes_succeeded(sandbox: Rig) -> None:
    run(sandbox.environment, "stock", "--dry-run")  # migrates the database
    lines = [line.split() for line in run(sandbox.environment, "readiness").out.splitlines() if line]
    rules = [line[3] for line in lines if line[1:3] == ["Failed", "Integration"]]
    assert {"default:", "order:"} <= set(rules)
    assert lines[-1][:5] == ["Default", "Attributes", "has", "not", "succeeded"]
    with psycopg.connect(sandbox.environment[_STATE]) as connection:
        query = "insert into watermarks (channel, flow, reached) values ('default', 'default_attributes', '2026-03-01')"
        connection.execute(query.encode())
    assert "succeeded at 2026-03-01T" in run(sandbox.environment, "readiness").out.splitlines()[-1]


def test_readiness_makes_no_database_of_its_own(sandbox: Rig, tmp_path: Path) -> None:
    environment = {name: text for name, text in sandbox.environment.items() if name != _STATE}
    ended = run({**environment, "FASHFED_HOME": str(tmp_path / "state")}, "readiness")
    assert ended.code == 0, ended.log
    assert "unknown: the state database does not run" in ended.out
    assert not (tmp_path / "state").exists()


def test_what_a_dry_run_found_is_counted_in_its_report_and_printed_row_by_row(sandbox: Rig) -> None:
    sandbox.control.post("stocks", {"count": 10})
    report = run(sandbox.environment, "stock", "--dry-run").report
    assert report["findings"]["send"] == report["counts"]["sent"] >= 10
    ended = run(sandbox.environment, "findings", "stock")
    assert ended.code == 0, ended.log
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert len(rows) == sum(report["findings"].values())
    assert {"productstock"} == {row["kind"] for row in rows}
    first = run(sandbox.environment, "findings", "stock", "--limit", "3").out.splitlines()
    assert [json.loads(line) for line in first] == rows[:3]


def test_findings_of_a_flow_that_kept_none_are_none(sandbox: Rig) -> None:
    ended = run(sandbox.environment, "findings", "get_orders")
    assert (ended.code, ended.out) == (0, "")
    assert "No run of Order Create has kept findings" in ended.log
    assert "findings" not in run(sandbox.environment, "get_orders").report


def test_what_differs_is_printed_with_its_next_step(sandbox: Rig) -> None:
    assert "Nothing differs" in run(sandbox.environment, "differences").log
    with psycopg.connect(sandbox.environment[_STATE]) as connection:
        connection.execute(
            "INSERT INTO differences (channel, kind, key, code, text, since) "
            "VALUES ('default', 'order', '31', 'package_missing', 'Package 31 is missing', '2026-03-02T09:00:00Z')"
        )
    ended = run(sandbox.environment, "differences", "order")
    assert ended.code == 0, ended.log
    assert json.loads(ended.out) == {
        "key": "31",
        "code": "package_missing",
        "text": "Package 31 is missing",
        "since": "2026-03-02T09:00:00+00:00",
        "next_step": CATALOGUE["package_missing"].next_step,
    }


def test_a_list_of_skus_is_worked_off_and_each_row_has_its_answer(sandbox: Rig, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("sku\nNO-SUCH-SKU\n")
    ended = run(sandbox.environment, "delete_bulk_failed_integration", "--csv", str(file))
    assert ended.code == 0, ended.log
    assert ended.report["findings"] == {"refused": 1}
    [row] = run(sandbox.environment, "findings", "delete_bulk_failed_integration").out.splitlines()
    assert json.loads(row)["key"] == "NO-SUCH-SKU"
    assert "The relevant SKU not exists in omnitron" in json.loads(row)["text"]


def test_a_flow_that_waits_for_another_is_skipped_with_code_3(sandbox: Rig) -> None:
    sandbox.control.post("flags", {"product": True})
    with psycopg.connect(sandbox.environment[_STATE]) as connection:
        connection.execute("delete from watermarks where flow = 'default_attributes'")
    ended = run(sandbox.environment, "product")
    assert ended.code == 3
    assert "Default Attributes has not succeeded yet" in ended.report["reason"]
    assert "Trigger Category Node" in ended.log


def test_a_run_with_its_connections_in_the_environment_does_not_import_airflow(sandbox: Rig) -> None:
    code = "import sys; from include.run import main; main(['stock']); sys.exit('airflow' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=_PROJECT, env=variables(sandbox.environment), capture_output=True, timeout=60
    )
    assert ended.returncode == 0


def test_a_run_that_is_stopped_closes_what_it_holds_and_the_next_one_goes_on(sandbox: Rig) -> None:
    sandbox.control.post("stocks", {"count": 40})
    slow = {"kind": "latency", "remote": "fashfed", "method": "POST", "milliseconds": 60_000}
    sandbox.control.post("faults", {"add": slow})
    with subprocess.Popen(
        command("stock"),
        cwd=_PROJECT,
        env=variables(sandbox.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _wait_until(lambda: "commit" in sandbox.control.get("state")["omnitron"]["batches"])
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(out)["reason"] == "stopped by SIGTERM"
    assert "Traceback" not in log
    assert "commit" not in sandbox.control.get("state")["omnitron"]["batches"]
    sandbox.control.post("faults", {"clear": True})
    assert run(sandbox.environment, "stock").report["counts"]["sent"] >= 40


def _wait_until(reached: Any) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline, "it did not happen within 30 s"
        time.sleep(0.05)
