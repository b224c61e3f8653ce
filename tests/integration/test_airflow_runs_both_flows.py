"""The real thing: scheduler, dag-processor, triggerer and api-server on embedded Postgres, the sandbox over HTTP.

The tests share one installation and leave it as they found it: flags on, token right, no fault switched on.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Installation, installed, wait_for

_BUFFER = 3
"""Buffer Stock of the sandbox's channel."""
_PREPARING = 2


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything `make run` starts, both flows every minute, and a world that stands still."""
    every_minute = {"FASHFED_SCHEDULE_STOCK": "* * * * *", "FASHFED_SCHEDULE_GET_ORDERS": "* * * * *"}
    with installed(tmp_path_factory.mktemp("installation"), every_minute) as installation:
        installation.control.post("world", {"running": False})
        yield installation


def _scheduled_success(airflow: Installation, dag: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        runs = [run for run in airflow.runs(dag) if run["run_type"] == "scheduled"]
        assert not [run for run in runs if run["state"] == "failed"], airflow.tasks(dag, runs[0]["dag_run_id"])
        return next((run for run in runs if run["state"] == "success"), None)

    return wait_for(f"a scheduled run of {dag} to succeed", found, 120)


def test_the_scheduler_brings_stock_out_and_orders_in(airflow: Installation) -> None:
    for dag in ("stock", "get_orders"):
        _scheduled_success(airflow, dag)
