"""What Airflow makes of the DAG files."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from include.flows.registry import FLOWS, Flow
from include.settings.schema import FIELD, REQUIRED

_PROJECT = Path(__file__).resolve().parents[2]
_DAG_FILES = sorted(path for path in (_PROJECT / "dags").rglob("*.py"))


@cache
def parsed(**environment: str) -> dict[str, Any]:
    """The DAG folder as a fresh process with this environment sees it."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "FASHFED"))}
    airflow = {"AIRFLOW_HOME": os.environ["AIRFLOW_HOME"], "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("describe.py")), str(_PROJECT / "dags")],
        env={**own, **airflow, "PYTHONPATH": str(_PROJECT), **environment},
        stdout=subprocess.PIPE,
        timeout=120,
        check=True,
    )
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def test_every_dag_file_parses() -> None:
    assert parsed()["errors"] == {}


def test_every_flow_of_the_registry_has_its_dag_and_no_dag_is_unlisted() -> None:
    assert sorted(parsed()["dags"]) == sorted(FLOWS)
    assert len(_DAG_FILES) == len(FLOWS)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=list(FLOWS))
class TestDag:
    def test_it_lies_in_the_file_of_its_name_and_group(self, flow: Flow) -> None:
        assert parsed()["dags"][flow.name]["file"] == f"{flow.group}/{flow.name}.py"

    def test_it_has_the_shared_arguments(self, flow: Flow) -> None:
        dag = parsed()["dags"][flow.name]
        assert dag["display_name"] == flow.display_name
        assert dag["tags"] == sorted(["fashfed", flow.group, flow.direction])
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)
        assert dag["schedule"] == flow.schedule
        assert dag["timezone"] == ("Europe/Istanbul" if flow.schedule else None)
        assert dag["after"] == ([flow.after] if flow.after else [])
        for task in dag["tasks"].values():
            assert task["owner"] == "fashfed"
            assert task["retries"] == 2

    def test_its_documentation_says_what_an_operator_needs(self, flow: Flow) -> None:
        dag = parsed()["dags"][flow.name]
        assert dag["description"]
        for heading in ("Direction", "What it does", "Settings it reads", "When it fails"):
            assert f"**{heading}**" in dag["doc"]
        said = " ".join(dag["doc"].split()).lower()
        for key in REQUIRED[flow.flag] if flow.flag else ():
            assert FIELD[key].label.lower() in said

    def test_the_feature_flag_comes_first_and_the_steps_follow_in_order(self, flow: Flow) -> None:
        tasks = parsed()["dags"][flow.name]["tasks"]
        order = ["feature_flag", *flow.steps]
        assert list(tasks) == order
        assert [task["upstream"] for task in tasks.values()] == [[], *([name] for name in order[:-1])]
        assert "ShortCircuit" in tasks["feature_flag"]["type"]

    def test_a_step_may_take_its_time_limit_and_a_little_to_close(self, flow: Flow) -> None:
        for name in flow.steps:
            beyond = parsed()["dags"][flow.name]["tasks"][name]["time_out"] - flow.time_limit.total_seconds()
            assert 0 < beyond <= 300

    def test_only_the_success_of_its_last_step_starts_the_flows_after_it(self, flow: Flow) -> None:
        tasks = parsed()["dags"][flow.name]["tasks"]
        published = {name: task["publishes"] for name, task in tasks.items() if task["publishes"]}
        followed = flow.name in {other.after for other in FLOWS.values()}
        assert published == ({flow.steps[-1]: [[flow.name, f"fashfed://default/{flow.name}"]]} if followed else {})

    def test_every_field_of_its_trigger_form_is_explained_and_may_be_left_alone(self, flow: Flow) -> None:
        params = parsed()["dags"][flow.name]["params"]
        assert set(params) == {
            *(("window_start", "window_end") if flow.look_back else ()),
            *(("dry_run",) if "send" in flow.steps else ()),
            *(("skus", "csv") if "skus" in flow.takes else ()),
            *(("let_pass",) if "let_pass" in flow.takes else ()),
        }
        for schema in params.values():
            assert schema["value"] in (None, False)
            assert schema["schema"]["title"]
            assert schema["description"]


def test_parsing_imports_no_flow_client_or_state() -> None:
    assert parsed()["modules"] == [
        "include",
        "include.dag_defaults",
        "include.deployment",
        "include.flows",
        "include.flows.form",
        "include.flows.registry",
    ]


def test_each_channel_has_its_own_dags() -> None:
    both = parsed(FASHFED_CHANNELS="default,tr")
    assert both["errors"] == {}
    assert sorted(both["dags"]) == sorted([*FLOWS, *(f"{name}.tr" for name in FLOWS)])
    assert both["dags"]["stock.tr"]["display_name"] == "Stock (tr)"
    assert both["dags"]["category_attributes.tr"]["after"] == ["category_node.tr"]
    assert both["dags"]["category_node.tr"]["tasks"]["run"]["publishes"] == [
        ["category_node.tr", "fashfed://tr/category_node"]
    ]


def test_a_deployment_changes_schedules_zone_and_recipients_without_touching_code() -> None:
    changed = parsed(
        FASHFED_SCHEDULE_STOCK="*/10 * * * *",
        FASHFED_SCHEDULE_GET_ORDERS="manual",
        FASHFED_TIMEZONE="Europe/Berlin",
        FASHFED_OPERATORS="a@example.com, b@example.com",
    )
    assert changed["errors"] == {}
    stock, get_orders = changed["dags"]["stock"], changed["dags"]["get_orders"]
    assert (stock["schedule"], stock["timezone"]) == ("*/10 * * * *", "Europe/Berlin")
    assert stock["deadlines"] == [FLOWS["stock"].time_limit.total_seconds()]
    assert get_orders["schedule"] is None
    assert get_orders["deadlines"] == []
    for dag in (stock, get_orders):
        assert all(task["callbacks"] == 1 for task in dag["tasks"].values())


def test_a_flow_that_starts_after_another_one_is_told_of_when_it_is_late() -> None:
    dag = parsed(FASHFED_OPERATORS="a@example.com")["dags"]["category_attributes"]
    assert dag["deadlines"] == [FLOWS["category_attributes"].time_limit.total_seconds()]


def test_a_schedule_takes_the_place_of_the_flow_before() -> None:
    dags = parsed(FASHFED_SCHEDULE_CATEGORY_ATTRIBUTES="0 4 * * *", FASHFED_SCHEDULE_DEFAULT_ATTRIBUTES="manual")[
        "dags"
    ]
    assert (dags["category_attributes"]["schedule"], dags["category_attributes"]["after"]) == ("0 4 * * *", [])
    assert (dags["default_attributes"]["schedule"], dags["default_attributes"]["after"]) == (None, [])


def test_without_recipients_nobody_is_mailed_but_failures_are_noted() -> None:
    stock = parsed()["dags"]["stock"]
    assert stock["deadlines"] == []
    assert all(task["callbacks"] == 1 for task in stock["tasks"].values())


def test_a_channel_may_have_operators_of_its_own() -> None:
    dags = parsed(FASHFED_CHANNELS="default,tr", FASHFED_OPERATORS_TR="tr@example.com")["dags"]
    assert (len(dags["stock.tr"]["deadlines"]), dags["stock"]["deadlines"]) == (1, [])


def test_every_scheduled_flow_has_a_deadline_and_a_failure_callback() -> None:
    dags = parsed(FASHFED_OPERATORS="a@example.com")
    assert dags["errors"] == {}
    for name, flow in FLOWS.items():
        assert len(dags["dags"][name]["deadlines"]) == (1 if flow.schedule or flow.after else 0)
        assert all(task["callbacks"] == 1 for task in dags["dags"][name]["tasks"].values())


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("FASHFED_SCHEDULE_STOCK", "every day", "'every day'"),
        ("FASHFED_CHANNELS", "default,T R", "'T R'"),
        ("FASHFED_TIMEZONE", "Istanbul", "'Istanbul'"),
    ],
)
def test_a_mistyped_variable_shows_as_an_import_error_that_names_it(name: str, text: str, shown: str) -> None:
    errors = parsed(**{name: text})["errors"]
    assert errors
    assert all(f"{name}: {shown}" in error for error in errors.values())
