"""The real thing: scheduler, dag-processor, triggerer and api-server on embedded Postgres, the sandbox over HTTP.

The tests share one installation and leave it as they found it: flags on, token right, no fault switched on.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Installation, installed, wait_for

_PREPARING = 2
_WAITS_FOR_A_PERSON = {"address_not_valid", "cargo_unmapped", "product_unknown"}
"""Why packages of the sandbox's seed cannot be applied."""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything `make run` starts, both flows every minute, and a world that stands still."""
    every_minute = {"FASHFED_SCHEDULE_STOCK": "* * * * *", "FASHFED_SCHEDULE_GET_ORDERS": "* * * * *"}
    with installed(tmp_path_factory.mktemp("installation"), every_minute) as installation:
        installation.control.post("world", {"running": False})
        yield installation


def test_the_scheduler_sends_stock_out_and_brings_orders_in(airflow: Installation) -> None:
    for dag in ("stock", "get_orders"):
        tasks = airflow.tasks(dag, _scheduled_success(airflow, dag))
        assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(tasks, "success")
    for dag in ("get_orders", "stock"):  # once more, now that the world stands still
        airflow.end_of(dag, airflow.trigger(dag))
    assert _every_package_has_one_order_or_waits(airflow) > 0
    sold_but_waiting = {line["product"] for package in _waiting(airflow) for line in package["items"]}
    assert {row["sku"] for row in airflow.control.get("stocks")} <= sold_but_waiting


def test_a_flow_whose_flag_is_off_is_skipped(airflow: Installation) -> None:
    airflow.control.post("flags", {"stock": False})
    skipped = airflow.end_of("stock", airflow.trigger("stock"))
    airflow.control.post("flags", {"stock": True})
    assert skipped == {"": "success", "feature_flag": "success", "send": "skipped", "settle": "skipped"}
    assert airflow.end_of("stock", airflow.trigger("stock"))["send"] == "success"


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


def _scheduled_success(airflow: Installation, dag: str) -> str:
    def found() -> str | None:
        runs = [run for run in airflow.runs(dag) if run["run_type"] == "scheduled"]
        assert "failed" not in {run["state"] for run in runs}
        return next((run["dag_run_id"] for run in runs if run["state"] == "success"), None)

    return wait_for(f"a scheduled run of {dag} to succeed", found, 120)


def _every_package_has_one_order_or_waits(airflow: Installation) -> int:
    """Compare both sides package by package; the number of orders."""
    both: dict[str, list[dict[str, Any]]] = airflow.control.get("orders")
    ordered = Counter(order["extra_field"]["id"] for order in both["omnitron"] if order["extra_field"])
    lines = {package["number"]: package["items"] for package in both["fashfed"]}
    assert set(ordered.values()) == {1}
    for order in both["omnitron"]:
        if order["extra_field"]:
            units = sum(line["quantity"] for line in lines[order["extra_field"]["id"]])
            assert (order["number"], len(order["items"])) == (order["number"], units)
    waiting = {package["number"] for package in _waiting(airflow)}
    preparing = {package["number"] for package in both["fashfed"] if package["status"] == _PREPARING}
    assert preparing - set(ordered) == waiting
    return len(ordered)


def _waiting(airflow: Installation) -> list[dict[str, Any]]:
    """The packages that somebody has to do something about first."""
    parked = dict(airflow.rows("select market_id, code from inbox where state = 'parked'"))
    assert set(parked.values()) <= _WAITS_FOR_A_PERSON
    return [package for package in airflow.control.get("orders")["fashfed"] if package["number"] in parked]
