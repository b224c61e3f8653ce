"""How a task ends: in words an operator can act on, and with what Airflow needs to know."""

import logging
import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include import task_run
from include.dag_defaults import NotWorthRetrying, TaskEnds, WorthRetrying
from include.domain.run import Outcome, RunReport, Window
from include.errors import AuthenticationError, RemoteUnavailable
from include.flows.registry import FLOWS
from include.settings import FlagDecision
from include.steps import Order
from include.stopping import Stopped, StoppedBySignal

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LOGIN = AuthenticationError("login_refused", remote="Omnitron", where="omnitron_default")
AWAY = RemoteUnavailable("remote_unreachable", remote="Omnitron", call="GET /x", reason="no connection")


def context(**params: Any) -> Mapping[str, Any]:
    """What Airflow gives a task of a run that was started by hand without a date."""
    run = SimpleNamespace(
        run_after=NOW, run_type="manual", logical_date=None, data_interval_start=None, data_interval_end=None
    )
    return {"run_id": "manual__1", "params": params, "dag_run": run}


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """The orders that steps give, each of which succeeds."""
    orders: list[Order] = []

    def run_steps(order: Order, source: object) -> RunReport:
        orders.append(order)
        return RunReport(order.flow.name, order.channel, NOW)

    monkeypatch.setattr(task_run, "run_steps", run_steps)
    return orders


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_step_runs_alone_and_gives_its_report_in_numbers(ordered: list[Order]) -> None:
    report = task_run.step(FLOWS["stock"], "tr", "settle", context(dry_run=True))
    [order] = ordered
    assert (order.flow.name, order.channel, order.steps, order.dry_run) == ("stock", "tr", ("settle",), True)
    assert order.window is None
    assert report["outcome"] == "success"


def test_a_step_is_given_what_a_person_handed_to_the_run(ordered: list[Order]) -> None:
    product, price = FLOWS["product"], FLOWS["price"]
    task_run.step(product, "default", "send", context(skus=["A", "B", "A"], csv=None))
    task_run.step(product, "default", "send", context(skus=None, csv="sku\r\nC\r\n"))
    task_run.step(product, "default", "send", context(skus=[], csv=""))
    task_run.step(price, "default", "send", context(let_pass=True))
    assert [order.sku_list and order.sku_list.skus for order in ordered] == [("A", "B"), ("C",), None, None]
    assert [order.let_pass for order in ordered] == [False, False, False, True]
    assert {order.run_id for order in ordered} == {"manual__1"}


def test_skus_and_a_csv_together_are_refused_before_anything_is_opened(
    ordered: list[Order], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotWorthRetrying, match="SKUs and CSV are both filled in"):
        task_run.step(FLOWS["product"], "default", "send", context(skus=["A"], csv="sku\nB"))
    assert "Next step: trigger the run again" in caplog.text
    assert not ordered


def test_a_csv_without_its_header_is_refused_in_the_words_of_the_spec(ordered: list[Order]) -> None:
    with pytest.raises(NotWorthRetrying, match="sku cannot identify please check your csv file"):
        task_run.step(FLOWS["delete_bulk_failed_integration"], "default", "run", context(csv="A\nB"))
    assert not ordered


def test_a_run_that_another_flow_started_has_no_date_and_looks_back_from_its_start(ordered: list[Order]) -> None:
    given = context()
    given["dag_run"].run_type = "asset_triggered"
    task_run.step(FLOWS["get_orders"], "default", "pull", given)
    [order] = ordered
    assert order.window is not None
    assert order.window.window == Window(NOW - timedelta(hours=12), NOW)


def test_a_pull_looks_back_from_its_start_unless_a_window_was_asked_for(ordered: list[Order]) -> None:
    flow = FLOWS["get_orders"]
    task_run.step(flow, "default", "pull", context(window_start=None, window_end=None))
    task_run.step(flow, "default", "pull", context(window_start="2026-01-01T00:00:00Z", window_end=None))
    usual, asked = (order.window for order in ordered)
    assert usual is not None
    assert asked is not None
    assert (usual.window, usual.fixed) == (Window(NOW - timedelta(hours=12), NOW), False)
    assert (asked.window, asked.fixed) == (Window(datetime(2026, 1, 1, tzinfo=UTC), NOW), True)


@pytest.mark.parametrize(
    ("error", "ending", "said"),
    [
        (LOGIN, NotWorthRetrying, "[login_refused]. Next step: Correct login and password"),
        (AWAY, WorthRetrying, "[remote_unreachable]. Next step: "),
        (Stopped("send reached its limit"), WorthRetrying, "send reached its limit; what it held is closed"),
    ],
    ids=["needs a person", "transport trouble", "time limit"],
)
@pytest.mark.parametrize("part", ["feature_flag", "step"])
def test_trouble_that_is_no_fault_of_ours_is_one_line_without_a_stack_trace(
    part: str,
    error: Exception,
    ending: type[TaskEnds],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(task_run, "check_flow", failing(error))
    monkeypatch.setattr(task_run, "run_steps", failing(error))
    work = {
        "feature_flag": lambda: task_run.feature_flag(FLOWS["stock"], "default", context()),
        "step": lambda: task_run.step(FLOWS["stock"], "default", "send", context()),
    }
    with caplog.at_level(logging.INFO, "fashfed"), pytest.raises(ending) as ended:
        work[part]()
    [record] = caplog.records
    assert said in record.getMessage()
    assert said in str(ended.value)
    assert "\n" not in record.getMessage()
    assert record.exc_info is None
    assert ended.value.__suppress_context__


def test_a_task_that_is_told_to_end_says_so_and_ends_by_that_signal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda process, number: sent.append((process, number)))
    monkeypatch.setattr(task_run, "run_steps", failing(StoppedBySignal(signal.SIGTERM)))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with caplog.at_level(logging.INFO, "fashfed"), pytest.raises(WorthRetrying):
            task_run.step(FLOWS["stock"], "default", "send", context())
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sent == [(os.getpid(), signal.SIGTERM)]
    assert "stopped by SIGTERM; what it held is closed" in caplog.text


def test_a_fault_of_ours_shows_its_trace_without_personal_data(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(task_run, "run_steps", failing(ValueError("bad e-mail ayse.yilmaz@example.com")))
    with caplog.at_level(logging.INFO, "fashfed"), pytest.raises(WorthRetrying) as ended:
        task_run.step(FLOWS["stock"], "default", "send", context())
    assert "ValueError" in caplog.text
    assert "Traceback" in caplog.text
    assert "ayse" not in caplog.text + str(ended.value)


def test_a_window_that_cannot_be_read_is_refused_before_anything_is_opened(ordered: list[Order]) -> None:
    with pytest.raises(NotWorthRetrying, match="window_start 'soon' is not a time"):
        task_run.step(FLOWS["get_orders"], "default", "pull", context(window_start="soon"))
    assert not ordered


def test_a_flow_that_is_off_says_why_and_skips_the_steps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(task_run, "check_flow", lambda *_: FlagDecision(False, "feature flag stock is false"))
    with caplog.at_level(logging.INFO, "fashfed"):
        assert not task_run.feature_flag(FLOWS["stock"], "default", context())
    assert "Skipped: feature flag stock is false" in caplog.text


def test_a_step_whose_flow_was_switched_off_meanwhile_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    report = RunReport("stock", "default", NOW, outcome=Outcome.SKIPPED, reason="the channel is inactive")
    monkeypatch.setattr(task_run, "run_steps", lambda *_: report)
    with pytest.raises(AirflowSkipException, match="the channel is inactive"):
        task_run.step(FLOWS["stock"], "default", "send", context())
