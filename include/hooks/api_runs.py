"""Runs of our DAGs as the screens start and follow them, inside Airflow's API server (Airflow 3.3's own functions)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.exceptions import AirflowException, DagNotFound
from airflow.models.backfill import (
    AlreadyRunningBackfill,
    Backfill,
    NoBackfillRunsToCreate,
    ReprocessBehavior,
    _create_backfill,
    _do_dry_run,
)
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from include.errors import RemoteUnavailable, StopRun

_SHOWN = (
    DagRun.dag_id,
    DagRun.run_id,
    DagRun.state,
    DagRun.run_type,
    DagRun.run_after,
    DagRun.start_date,
    DagRun.end_date,
    DagRun.triggering_user_name.label("who"),
)
"""What is shown of a run; its conf may be megabytes of SKUs and stays where it is."""


class AirflowRuns:
    """``dashboard.world.Airflow`` on Airflow's own database."""

    def start(self, dag: str, given: Mapping[str, Any], who: str) -> str:
        """Start a run by hand; what is given must suit the DAG's params, as it must for Airflow's own form."""
        with _readably(dag):
            run = trigger_dag(dag, conf=dict(given), triggered_by=DagRunTriggeredByType.UI, triggering_user_name=who)
            return str(run.run_id)

    def backfill(self, dag: str, start: datetime, end: datetime, again: bool, who: str) -> int:
        """One run for each past slot, the oldest first, one after the other."""
        with _readably(dag):
            made = _create_backfill(
                dag_id=dag,
                from_date=start,
                to_date=end,
                max_active_runs=1,
                reverse=False,
                dag_run_conf={},
                triggering_user_name=who,
                reprocess_behavior=_reprocess(again),
                run_on_latest_version=True,
            )
            return int(made.id)

    def slots(self, dag: str, start: datetime, end: datetime, again: bool) -> Sequence[datetime]:
        """The slots that such a backfill would run for."""
        with _readably(dag), create_session() as session:
            asked = {"dag_id": dag, "from_date": start, "to_date": end, "reverse": False, "session": session}
            found = _do_dry_run(**asked, reprocess_behavior=_reprocess(again))
            return [slot.logical_date for slot in found]

    def backfills(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest first, with the number of runs by state."""
        query = select(Backfill).where(Backfill.dag_id == dag).order_by(Backfill.id.desc()).limit(limit)
        with _readably(dag), create_session() as session:
            found = session.scalars(query).all()
            counted = select(DagRun.backfill_id, DagRun.state, func.count()).group_by(DagRun.backfill_id, DagRun.state)
            counted = counted.where(DagRun.backfill_id.in_([one.id for one in found]))
            states: dict[int, dict[str, int]] = {one.id: {} for one in found}
            for backfill, state, number in session.execute(counted):
                states[backfill][str(state)] = number
            return [
                {
                    "id": one.id,
                    "start": one.from_date,
                    "end": one.to_date,
                    "who": one.triggering_user_name,
                    "created_at": one.created_at,
                    "completed_at": one.completed_at,
                    "states": states[one.id],
                }
                for one in found
            ]

    def runs(self, dag: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest first."""
        query = select(*_SHOWN).where(DagRun.dag_id == dag).order_by(DagRun.run_after.desc()).limit(limit)
        with _readably(dag), create_session() as session:
            return [_told(row) for row in session.execute(query).mappings()]

    def run(self, dag: str, run_id: str) -> Mapping[str, Any] | None:
        """One run with the states of its tasks."""
        query = select(*_SHOWN).where(DagRun.dag_id == dag, DagRun.run_id == run_id)
        with _readably(dag), create_session() as session:
            found = [_told(row) for row in session.execute(query).mappings()]
            return next(_with_tasks(session, found), None)

    def unfinished(self, dags: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """By DAG, the run that is running, else the one that waits; with the states of its tasks."""
        query = select(*_SHOWN).where(DagRun.dag_id.in_(dags), DagRun.state.in_(["queued", "running"]))
        # what runs behind what waits, so that it is what is left
        query = query.order_by(DagRun.start_date.is_not(None), DagRun.run_after.desc())
        with _readably("the DAGs"), create_session() as session:
            found = {row["dag_id"]: _told(row) for row in session.execute(query).mappings()}
            return {run["dag_id"]: run for run in _with_tasks(session, found.values())}

    def paused(self, dags: Sequence[str]) -> frozenset[str]:
        """Those that start nothing, not by hand either."""
        query = select(DagModel.dag_id).where(DagModel.dag_id.in_(dags), DagModel.is_paused.is_(True))
        with _readably("the DAGs"), create_session() as session:
            return frozenset(session.scalars(query))


def _reprocess(again: bool) -> ReprocessBehavior:
    return ReprocessBehavior.COMPLETED if again else ReprocessBehavior.NONE


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "state": str(row["state"]), "run_type": str(row["run_type"])}


def _with_tasks(session: Any, runs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for run in runs:
        query = select(TaskInstance.task_id, TaskInstance.state)
        query = query.where(TaskInstance.dag_id == run["dag_id"], TaskInstance.run_id == run["run_id"])
        tasks = {task: state and str(state) for task, state in session.execute(query)}
        yield {**run, "tasks": tasks}


@contextmanager
def _readably(dag: str) -> Iterator[None]:
    """Airflow's refusals and its database's silence as errors of ours."""
    try:
        yield
    except DagNotFound:
        raise StopRun("dag_unknown", dag=dag) from None
    except AlreadyRunningBackfill:
        raise StopRun("backfill_running", dag=dag) from None
    except NoBackfillRunsToCreate:
        raise StopRun("backfill_empty", dag=dag) from None
    except SQLAlchemyError as error:
        told = {"remote": "Airflow's database", "call": f"a question about {dag}", "reason": type(error).__name__}
        raise RemoteUnavailable("remote_unreachable", **told) from None
    except (AirflowException, ValueError) as error:  # what is given does not suit the DAG's params
        raise StopRun("run_refused", dag=dag, detail=error) from None
