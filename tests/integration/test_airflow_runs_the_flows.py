"""The real thing: scheduler, dag-processor, triggerer and api-server on embedded Postgres, the sandbox over HTTP.

The tests share one installation, which begins as a new one: a bare channel and a brand that has sent nothing yet. They
leave it as they found it: flags on, token right, no fault switched on.
"""

import email
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from include.local.airflow_environment import OPERATORS, SPLIT_SECRET
from include.local.config import PROJECT
from tests.canaries import fail_in_every_way, leaks
from tests.installation import Installation, installed, wait_for

_PREPARING = 2
_SPLITS = "/api/v1/flows/split-packages"
_SETUP = ("channel_setup", "category_node", "category_attributes", "default_attributes")
_EVERY_MINUTE = ("product", "price", "stock", "get_orders")
_WAITS_FOR_A_PERSON = {"address_not_valid", "cargo_unmapped", "product_unknown"}
"""Why packages of the sandbox's world cannot be applied."""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything `make run` starts, set up by itself until products are on sale; then the world stands still."""
    environment = {
        **{f"FASHFED_SCHEDULE_{flow}".upper(): "* * * * *" for flow in _EVERY_MINUTE},
        "FASHFED_CATALOGUE": "300",
        "FASHFED_OPERATORS": OPERATORS,
        # a killed task is noticed sooner than usual
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    }
    with installed(tmp_path_factory.mktemp("installation"), environment) as installation:
        wait_for("the first products at Fashfed", lambda: _on_sale(installation) or None, 300)
        installation.control.post("world", {"running": False})
        yield installation


def test_a_new_channel_is_set_up_by_itself_flow_after_flow(airflow: Installation) -> None:
    runs = {flow: airflow.runs(flow) for flow in _SETUP}
    assert {flow: [(run["run_type"], run["state"]) for run in found] for flow, found in runs.items()} == {
        "channel_setup": [("manual", "success")],
        "category_node": [("manual", "success")],
        "category_attributes": [("asset_triggered", "success")],
        "default_attributes": [("asset_triggered", "success")],
    }
    ends = [runs[flow][0]["end_date"] for flow in _SETUP]
    assert ends == sorted(ends)


def test_the_flows_bring_the_catalogue_out_and_orders_in(airflow: Installation) -> None:
    made = airflow.control.post("orders", {"count": 20})["packages"]
    airflow.control.post("prices", {"count": 10})
    airflow.control.post("stocks", {"count": 10})
    for flows in (_EVERY_MINUTE, ("stock",)):  # the stock once more: what was sold in the meantime
        started = {flow: airflow.trigger(flow) for flow in flows}
        for flow, run in started.items():
            assert set(airflow.end_of(flow, run).values()) == {"success"}, flow
    assert airflow.control.get("prices") == []
    assert set(made) <= {number for number, _ in _ordered(airflow)}
    assert _every_package_has_one_order_or_waits(airflow) >= len(made)
    sold_but_waiting = {line["product"] for package in _waiting(airflow) for line in package["items"]}
    assert {row["sku"] for row in airflow.control.get("stocks")} <= sold_but_waiting


def test_a_flow_runs_on_its_schedule(airflow: Installation) -> None:
    def found() -> str | None:
        runs = [run for run in airflow.runs("stock") if run["run_type"] == "scheduled"]
        assert "failed" not in {run["state"] for run in runs}
        return next((run["dag_run_id"] for run in runs if run["state"] == "success"), None)

    run = wait_for("a scheduled run of stock to succeed", found, 90)
    assert all(task["state"] in ("success", "skipped") for task in airflow.tasks("stock", run).values())


def test_a_flow_whose_flag_is_off_is_skipped(airflow: Installation) -> None:
    airflow.control.post("flags", {"stock": False})
    skipped = airflow.end_of("stock", airflow.trigger("stock"))
    airflow.control.post("flags", {"stock": True})
    assert skipped == {"": "success", "feature_flag": "success", "send": "skipped", "settle": "skipped"}
    reasons = airflow.rows("select reason from run_reports where flow = 'stock' and outcome = 'skipped'")
    assert ("feature flag stock is false",) in reasons
    assert airflow.end_of("stock", airflow.trigger("stock"))["send"] == "success"


def test_a_person_may_hand_a_list_of_skus_to_a_run(airflow: Installation) -> None:
    given = {"csv": "sku\nNO-SUCH-SKU\n", "skus": None}
    run = airflow.trigger("delete_bulk_failed_integration", given)
    assert airflow.end_of("delete_bulk_failed_integration", run)["run"] == "success"
    log = airflow.log("delete_bulk_failed_integration", run, "run")
    assert "The relevant SKU not exists in omnitron" in log
    kept = airflow.rows("select run_id, key, verdict from findings where flow = 'delete_bulk_failed_integration'")
    assert kept == [(run, "NO-SUCH-SKU", "refused")]


def test_a_run_that_fails_is_one_mail_to_the_operators_however_often_it_fails(airflow: Installation) -> None:
    flow = "delete_bulk_failed_integration"
    airflow.change(
        "insert into alarm_rules"
        " (channel, flow, criterion, threshold, interval_minutes, active, changed_at, changed_by)"
        " values ('default', %(flow)s, 'failed_runs', 0, 60, true, now(), 'test')",
        flow=flow,
    )
    assert airflow.end_of(flow, airflow.trigger(flow))["run"] == "failed"

    def told() -> list[str]:
        kept = [email.message_from_bytes(path.read_bytes()) for path in (airflow.home / "mail").glob("*.eml")]
        return [str(make_header(decode_header(mail["Subject"]))) for mail in kept if mail["To"] == OPERATORS]

    def judged_later() -> None:
        """A failed run counts when Airflow's tries of it are over, so it is made an older one."""
        airflow.change(
            "update run_reports set started_at = started_at - interval '3 minutes',"
            " finished_at = finished_at - interval '3 minutes' where flow = %(flow)s",
            flow=flow,
        )
        assert airflow.end_of("alarms", airflow.trigger("alarms"))["run"] == "success"

    judged_later()
    wait_for("a mail", lambda: told() or None, 60)
    assert airflow.end_of(flow, airflow.trigger(flow))["run"] == "failed"
    judged_later()
    assert told() == [
        "[Fashfed] Delete Bulk Failed Integration fails: Delete Bulk Failed Integration was given no SKUs"
    ]
    assert airflow.rows("select count(*) from incidents where state = 'open'") == [(1,)]
    assert {run["state"] for run in airflow.runs("alarms")} <= {"success", "running", "queued"}
    airflow.change("update alarm_rules set active = false where changed_by = 'test'")


def test_a_task_killed_in_the_middle_loses_and_doubles_nothing(airflow: Installation) -> None:
    before = airflow.control.get("state")["omnitron"]["orders"]
    airflow.control.post("faults", {"latency_ms": 300})
    made = airflow.control.post("orders", {"count": 60, "several_parcels": 0.2, "lines": [1, 3]})["packages"]
    airflow.trigger("get_orders")

    def in_the_middle() -> bool | None:
        return True if before < airflow.control.get("state")["omnitron"]["orders"] < before + len(made) else None

    wait_for("the first of the new orders", in_the_middle, 90)
    run = next(run["dag_run_id"] for run in airflow.runs("get_orders") if run["state"] == "running")
    airflow.task_process(airflow.tasks("get_orders", run)["apply"]).kill()
    airflow.control.post("faults", {"latency_ms": 0})
    left = len(made) - (airflow.control.get("state")["omnitron"]["orders"] - before)
    assert 0 < left < len(made)

    assert airflow.end_of("get_orders", run, 120)["apply"] == "success"
    airflow.end_of("get_orders", airflow.trigger("get_orders"))
    assert airflow.control.get("state")["omnitron"]["orders"] == before + len(made)
    _every_package_has_one_order_or_waits(airflow)


def test_a_split_that_is_asked_for_from_outside_is_carried_out(airflow: Installation) -> None:
    number = _new_package(airflow)
    body = {"channel_id": 137, "package_number": number, "packages": [{"items": [{"item_id": f"{number}-2"}]}]}
    assert airflow.ask(_SPLITS, body, secret="wrong")[0] == 401
    status, told = airflow.ask(_SPLITS, body, secret=SPLIT_SECRET)
    assert (status, told["status"]) == (202, "accepted")
    assert airflow.ask(_SPLITS, body, secret=SPLIT_SECRET)[1] == {**told, "status": "duplicate"}
    done = _split(airflow, told["correlation_id"])
    (order,) = (one for one in airflow.control.get("orders")["omnitron"] if one["extra_field"].get("id") == number)
    assert sorted(order["packages"]) == sorted([number, *done["new_packages"]])
    assert "rest_api" in {run["triggered_by"] for run in airflow.runs("split_packages")}
    airflow.end_of("get_orders", airflow.trigger("get_orders"))
    _every_package_has_one_order_or_waits(airflow)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
def test_the_examples_of_the_documentation_work_as_they_are_printed(airflow: Installation) -> None:
    page = (PROJECT / "docs" / "split_packages.md").read_text()
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    for printed, here in (("http://127.0.0.1:8080", airflow.url), ("http://127.0.0.1:8801", airflow.control.url)):
        assert printed in script
        script = script.replace(printed, here)
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    run = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True)
    answers = [json.loads(answer) for answer in re.findall(r"{.*?}", run.stdout)]
    assert [answer["status"] for answer in answers[:3]] == ["accepted"] * 3
    assert answers[3]["correlation_id"] == answers[2]["correlation_id"]
    airflow.end_of("get_orders", airflow.trigger("get_orders"))
    airflow.end_of("split_packages", airflow.trigger("split_packages"))
    assert [len(_split(airflow, answer["correlation_id"])["new_packages"]) for answer in answers[:3]] == [1, 2, 1]


def test_a_refused_token_is_told_in_one_line_without_a_trace(airflow: Installation) -> None:
    token = airflow.control.post("channel")["conf"]["access_token"]
    airflow.control.post("channel", {"conf": {"access_token": "revoked-yesterday"}})
    run = airflow.trigger("get_orders")
    assert airflow.end_of("get_orders", run)["pull"] == "failed"
    airflow.control.post("channel", {"conf": {"access_token": token}})

    assert airflow.tasks("get_orders", run)["pull"]["try_number"] == 1  # nobody can mend a token by trying again
    log = airflow.log("get_orders", run, "pull")
    assert "Fashfed refused the access token [token_refused]. Next step: Make a new token" in log
    assert "Traceback" not in log
    assert "error_detail" not in log
    assert "revoked-yesterday" not in log
    assert airflow.end_of("get_orders", airflow.trigger("get_orders"))["apply"] == "success"


def test_what_is_started_on_the_trigger_screen_runs_and_is_shown_there(airflow: Installation) -> None:
    dag, sent = "update_bulk_product_version_date", {"files": {"csv": ("list.csv", b"sku\nNO-SUCH-SKU\n")}}
    assert _screen(airflow, f"triggers/{dag}", "cross-site", **sent).status_code == 403
    page = _screen(airflow, f"triggers/{dag}", **sent).headers["location"]
    [run] = parse_qs(urlsplit(page).query)["run"]
    assert airflow.end_of(dag, run)["run"] == "success"
    shown = httpx.get(airflow.url + page, trust_env=False).text
    assert "The relevant SKU not exists in omnitron" in shown
    assert f"/dags/{dag}/runs/{quote(run, safe='')}" in shown

    day = str((datetime.now(UTC) - timedelta(days=3)).date())
    assert _screen(airflow, "triggers/sweep_orders/backfill", data={"first": day, "last": day}).status_code == 303

    def over() -> bool | None:
        made = [found["state"] for found in airflow.runs("sweep_orders") if found["run_type"] == "backfill"]
        return True if made == ["success", "success"] else None

    wait_for("the two runs of a day to succeed", over, 120)


def test_airflows_own_history_stays_within_bounds(airflow: Installation) -> None:
    dag = "delete_bulk_failed_integration"
    run = airflow.trigger(dag, {"skus": ["NO-SUCH-SKU"]})
    airflow.end_of(dag, run)
    aged = "update dag_run set start_date = start_date - interval '91 days' where run_id = %(run)s"
    airflow.change(aged, database="airflow", run=run)
    logs = airflow.home / "airflow" / "logs"
    assert (logs / f"dag_id={dag}" / f"run_id={run}").exists()
    airflow.run_as_airflow("-m", "include.local.airflow_history")
    assert run not in {found["dag_run_id"] for found in airflow.runs(dag)}
    assert not airflow.rows("select 1 from task_instance where run_id = %(run)s", "airflow", run=run)
    assert not (logs / f"dag_id={dag}" / f"run_id={run}").exists()

    run = airflow.trigger(dag, {"skus": ["NO-SUCH-SKU"]})
    airflow.end_of(dag, run)
    crowded = "from include.local.airflow_history import clean, timedelta; clean(timedelta(days=90), runs_of_a_dag=1)"
    airflow.run_as_airflow("-c", crowded)
    assert {found["dag_run_id"] for found in airflow.runs(dag)} == {run}
    assert [folder.name for folder in (logs / f"dag_id={dag}").iterdir()] == [f"run_id={run}"]


def test_no_buyers_data_and_no_secret_shows_however_runs_fail(airflow: Installation) -> None:
    assert {"address_not_valid", "refused", "unexpected"} <= set(fail_in_every_way(airflow))
    assert leaks(airflow) == []


def _screen(airflow: Installation, path: str, site: str = "same-origin", **form: Any) -> httpx.Response:
    """What a screen answers to a form that a page of that site has sent."""
    headers = {"Sec-Fetch-Site": site}
    return httpx.post(f"{airflow.url}/fashfed/{path}", headers=headers, trust_env=False, timeout=30, **form)


def _new_package(airflow: Installation) -> str:
    """A package of two lines of two units each that has its order."""
    (number,) = airflow.control.post("orders", {"count": 1, "lines": [2, 2], "quantity": 2})["packages"]
    airflow.end_of("get_orders", airflow.trigger("get_orders"))
    return str(number)


def _split(airflow: Installation, key: str) -> dict[str, Any]:
    """What became of a split request, when it is done."""

    def done() -> dict[str, Any] | None:
        told = airflow.ask(f"{_SPLITS}/{key}", secret=SPLIT_SECRET)[1]
        return told if told.get("status") == "done" else None  # it also asks too often

    return wait_for(f"split request {key} to be done", done, 120)


def _on_sale(airflow: Installation) -> int:
    return int(airflow.control.get("state")["fashfed"]["products"])


def _ordered(airflow: Installation) -> list[tuple[str, str]]:
    """Market number and number of each order that came from Fashfed."""
    orders = airflow.control.get("orders")["omnitron"]
    return [(order["extra_field"]["id"], order["number"]) for order in orders if order["extra_field"]]


def _every_package_has_one_order_or_waits(airflow: Installation) -> int:
    """Compare both sides package by package; the number of orders."""
    both: dict[str, list[dict[str, Any]]] = airflow.control.get("orders")
    ordered = Counter(number for number, _ in _ordered(airflow))
    packages = {package["number"]: package for package in both["fashfed"]}
    parts = dict(airflow.rows("select market_id, reason from inbox where kind = 'package' and state = 'excluded'"))
    assert set(ordered.values()) == {1}
    for order in both["omnitron"]:
        if order["extra_field"]:
            mine = [packages[number] for number in order["packages"]]
            living = sum(line["quantity"] for package in mine for line in package["items"])
            # what was cancelled before the order came in never was in it
            most = living + sum(package["cancelled"] for package in mine)
            assert living <= len(order["items"]) <= most, order["number"]
    waiting = {package["number"] for package in _waiting(airflow)}
    preparing = {package["number"] for package in both["fashfed"] if package["status"] == _PREPARING}
    assert preparing - set(ordered) - set(parts) == waiting
    return len(ordered)


def _waiting(airflow: Installation) -> list[dict[str, Any]]:
    """The packages that somebody has to do something about first."""
    parked = dict(airflow.rows("select market_id, code from inbox where kind = 'package' and state = 'parked'"))
    assert set(parked.values()) <= _WAITS_FOR_A_PERSON
    return [package for package in airflow.control.get("orders")["fashfed"] if package["number"] in parked]
