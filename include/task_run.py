"""What a task does when it runs: Airflow's context in, a run of the flow, Airflow's kind of ending out.

Trouble that is not a fault of ours ends a task with one line in the log (code, message, next step) and no stack trace.
"""

import logging
import os
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from airflow.sdk.exceptions import AirflowSkipException

from include import deployment
from include.bootstrap import check_flow, run_steps
from include.clients.redaction import redact
from include.dag_defaults import NotWorthRetrying, TaskEnds, WorthRetrying
from include.domain.run import Outcome
from include.domain.sku_list import SkuList, read_csv, typed
from include.errors import FashfedError, StopRun
from include.flows.registry import Flow
from include.hooks.connections import AirflowConnections
from include.steps import Order
from include.stopping import Stopped, StoppedBySignal
from include.window import Occasion, RunWindow, WindowInvalid, asked_window, run_window

T = TypeVar("T")

log = logging.getLogger("fashfed")


class FormInvalid(ValueError):
    """The trigger form was filled in so that nobody can tell what is wanted; the text says why."""


def feature_flag(flow: Flow, channel: str, context: Mapping[str, Any]) -> bool:
    """Whether the flow runs now. The log says why it does not, or what is missing."""
    order = Order(flow, channel, run_id=context["run_id"], steps=("feature_flag",))
    decision = _readably(lambda: check_flow(order, AirflowConnections()))
    if decision.on:
        log.info("On: nothing keeps %s from running", flow.display_name)
    else:
        log.info("Skipped: %s", decision.reason)
    return decision.on


def step(flow: Flow, channel: str, name: str, context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run one step; gives the report in numbers."""
    report = _readably(lambda: run_steps(_order(flow, channel, name, context), AirflowConnections()))
    if report.outcome is Outcome.SKIPPED:
        raise AirflowSkipException(report.reason)
    return report.as_json()


def _order(flow: Flow, channel: str, name: str, context: Mapping[str, Any]) -> Order:
    params = context["params"]
    return Order(
        flow,
        channel,
        run_id=context["run_id"],
        steps=(name,),
        window=_window(flow, context),
        dry_run=bool(params.get("dry_run")),
        sku_list=_sku_list(params.get("skus"), params.get("csv")),
        let_pass=bool(params.get("let_pass")),
    )


def _sku_list(skus: Sequence[str] | None, csv: str | None) -> SkuList | None:
    """The records a person asked for; None: everything that is due."""
    if skus and csv:
        raise FormInvalid("SKUs and CSV are both filled in")
    if csv:
        return read_csv(csv.encode())
    return typed(skus) if skus else None


def _window(flow: Flow, context: Mapping[str, Any]) -> RunWindow | None:
    if flow.look_back is None:
        return None
    run, params = context["dag_run"], context["params"]
    start, end = params.get("window_start"), params.get("window_end")
    if start or end:
        return asked_window(start, end, now=run.run_after, look_back=flow.look_back, zone=deployment.timezone())
    occasion = Occasion(run.run_after, run.run_type, run.logical_date, run.data_interval_start, run.data_interval_end)
    return run_window(occasion, flow.look_back)


def _readably(work: Callable[[], T]) -> T:
    """Do the work; any error becomes one the operator can read and Airflow can act on."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - Airflow must be told how every run ended
        ending = _ending(error)
        log.log(logging.WARNING if isinstance(ending, WorthRetrying) else logging.ERROR, "%s", ending)
        if isinstance(error, StoppedBySignal):
            _die_of(error.number)
        raise ending from None


def _die_of(number: signal.Signals) -> None:
    """End as the signal would have ended us: Airflow then knows that it was no failure of the task.

    To report a state instead would fail, with a stack trace, where the task was stopped from Airflow's own screen.
    """
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _ending(error: Exception) -> TaskEnds:
    match error:
        case FashfedError():
            kind = NotWorthRetrying if isinstance(error, StopRun) else WorthRetrying
            return kind(error.code, f"{error} [{error.code}]. Next step: {error.next_step}")
        case Stopped():
            return WorthRetrying("stopped", f"{error}; what it held is closed. The next run goes on from there.")
        case WindowInvalid():
            told = f"{error}. Next step: trigger the run again with a window that can be read."
            return NotWorthRetrying("window_invalid", told)
        case FormInvalid():
            return NotWorthRetrying("form_invalid", f"{error}. Next step: trigger the run again with one of the two.")
        case _:  # a fault of ours; its trace may quote records
            trace = redact("".join(traceback.format_exception(error)))
            return WorthRetrying("unexpected", f"A fault in the connector; please report it:\n{trace}")
