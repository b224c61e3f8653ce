"""What all DAGs share: arguments, schedules, tags, params, callbacks and their tasks (design.md sections 3 and 5).

Nothing here opens anything, and flows, clients and the state database are imported only when a task runs: this module
is read each time a DAG file is parsed.

Environment read at parse time, all optional:

=============================  ====================================================================================
``FASHFED_CHANNELS``           keys of the sales channels, by comma; ``default`` keeps the bare DAG ids
``FASHFED_TIMEZONE``           zone of the schedules and of window params without an offset; Europe/Istanbul
``FASHFED_SCHEDULE_<FLOW>``    another cron for a flow, or ``manual``; ``..._<CHANNEL>`` behind it for one channel.
                               A flow that starts after another one then no longer does
``FASHFED_OPERATORS``          mail addresses, by comma, that hear of trouble; ``..._<CHANNEL>`` for one channel
=============================  ====================================================================================
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import Asset, CronTriggerTimetable, ExceptionRetryPolicy, Param, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.definitions.retry_policy import RetryAction, RetryRule

from include.deployment import channels, dag_id, operators, schedule, starts_after, timezone
from include.flows.form import Field, fields
from include.flows.registry import FLOWS, Flow

if TYPE_CHECKING:
    from airflow.sdk import XComArg

__all__ = ["channels", "dag_arguments", "feature_flag", "step"]

_MARGIN = timedelta(minutes=2)
"""What a step has beyond its time limit to close what it holds, before Airflow breaks it off."""


_PATIENCE = timedelta(minutes=15)
"""How long a run may take before its being late is worth a mail."""


class TaskEnds(SystemExit):
    """Ends a task whose log says the reason already. ``SystemExit`` is what Airflow logs without a stack trace.

    Airflow shows ``code``; ``str()`` of it, for the mail, is what was told in the log.
    """

    def __init__(self, code: str, told: str) -> None:
        super().__init__(code)
        self._told = told

    def __str__(self) -> str:
        return self._told


class WorthRetrying(TaskEnds):
    """The task may succeed when it is tried again."""


class NotWorthRetrying(TaskEnds):
    """No repetition can help: somebody has to act first."""


def dag_arguments(flow: Flow, channel: str, doc: str | None) -> dict[str, Any]:
    """The arguments of ``@dag`` for a flow of a channel; ``doc`` is the DAG file's docstring."""
    zone = timezone()
    starts = _starts(flow, channel, zone)
    return {
        "dag_id": dag_id(flow, channel),
        "dag_display_name": flow.display_name if channel == "default" else f"{flow.display_name} ({channel})",
        "description": (doc or "").strip().partition("\n")[0],
        "doc_md": doc,
        "schedule": starts,
        "start_date": pendulum.datetime(2025, 1, 1, tz=zone),
        "catchup": False,
        "max_active_runs": 1,
        "tags": {"fashfed", flow.group, flow.direction},
        "params": _params(flow),
        "default_args": _task_arguments(flow, channel),
        "deadline": _late_run(flow, channel) if starts else None,
    }


def feature_flag(flow: Flow, channel: str) -> "XComArg":
    """The first task of every flow: skips the others while the flow is off (design.md section 5)."""

    def check(**context: Any) -> bool:
        from include.task_run import feature_flag

        return feature_flag(flow, channel, context)

    return task.short_circuit(task_id="feature_flag", execution_timeout=timedelta(minutes=3))(check)()


def step(flow: Flow, channel: str, name: str) -> "XComArg":
    """The task of one step of a flow; its XCom is the report in numbers."""

    def work(**context: Any) -> Mapping[str, Any]:
        from include.task_run import step

        return step(flow, channel, name, context)

    return task(task_id=name, multiple_outputs=False, outlets=_outlets(flow, channel, name))(work)()


def _starts(flow: Flow, channel: str, zone: str) -> CronTriggerTimetable | list[Asset] | None:
    """What starts the flow: its cron, the success of another flow, or nobody but a person."""
    before = starts_after(flow, channel)
    if before is not None:
        return [_success_of(before, channel)]
    cron = schedule(flow, channel)
    return CronTriggerTimetable(cron, timezone=zone) if cron else None


def _success_of(flow: Flow, channel: str) -> Asset:
    """The asset that is updated when the flow has succeeded; a task that was skipped or failed updates none."""
    return Asset(name=dag_id(flow, channel), uri=f"fashfed://{channel}/{flow.name}")


def _outlets(flow: Flow, channel: str, step: str) -> list[Asset]:
    """The last step of a flow that others start after says so; the others say nothing."""
    followed = any(other.after == flow.name for other in FLOWS.values())
    return [_success_of(flow, channel)] if followed and step == flow.steps[-1] else []


def _task_arguments(flow: Flow, channel: str) -> dict[str, Any]:
    return {
        "owner": "fashfed",
        "retries": 2,
        "retry_delay": timedelta(seconds=15),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=5),
        "retry_policy": ExceptionRetryPolicy(
            [RetryRule(NotWorthRetrying, RetryAction.FAIL, reason="another try cannot help; see the next step above")]
        ),
        "execution_timeout": flow.time_limit + _MARGIN,
        "show_return_value_in_logs": False,
        "on_failure_callback": _on_failure(flow, channel),
    }


def _on_failure(flow: Flow, channel: str) -> Callable[[Mapping[str, Any]], None]:
    """No mail for each failure: it is noted, and alarms make one incident of what belongs together."""

    def note(context: Mapping[str, Any]) -> None:
        from include.hooks.calls import failed

        failed(flow.name, channel, context)

    return note


def _late_run(flow: Flow, channel: str) -> list[DeadlineAlert] | None:
    """A mail, seldom for one flow, when a run has not ended within a step's time limit, and a quarter of an hour at
    least, after it was queued."""
    recipients = list(operators(channel))
    if not recipients:
        return None
    mail = {
        "to": recipients,
        "subject": "[Fashfed] {{ dag_run.dag_id }} is late",
        "html_content": "<p>Run {{ dag_run.dag_run_id }} should have ended by {{ deadline.deadline_time }}.</p>",
    }
    return [
        DeadlineAlert(
            name="late run",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=max(flow.time_limit, _PATIENCE),
            callback=AsyncCallback(
                "include.hooks.calls.late_run", kwargs={"flow": flow.name, "channel": channel, "mail": mail}
            ),
        )
    ]


def _params(flow: Flow) -> dict[str, Param]:
    """The fields of the trigger form."""
    return {field.name: _param(field) for field in fields(flow)}


def _param(field: Field) -> Param:
    told = {"title": field.title, "description": field.description}
    match field.kind:
        case "yes_no":
            return Param(False, type="boolean", **told)
        case "moment":
            return Param(None, type=["null", "string"], format="date-time", **told)
        case "skus":
            return Param(None, type=["null", "array"], items={"type": "string"}, **told)
        case "csv":
            return Param(None, type=["null", "string"], format="multiline", **told)
