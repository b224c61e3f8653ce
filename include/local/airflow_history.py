"""Keeps Airflow's own history within bounds: old runs in its database, and the logs of runs that are gone.

Two dozen flows, one of them each minute, make 6,000 runs a day. Since Airflow 3 no task has access to Airflow's
database, so this is a process beside the scheduler. ``python -m include.local.airflow_history`` cleans once, in the
environment of the scheduler; with ``daily`` it stays and does so once a day, each time in a process of its own, because
one that has imported Airflow takes 200 MB.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from include.deployment import keep_history, state_folder

RUNS_OF_A_DAG: Final = 5000
"""Newest runs that are kept of a DAG: 3 days of one that runs each minute, 17 of one each 5 minutes; 200 MB of logs."""
STAMP: Final = "airflow-history-cleaned"
"""File of the state folder that is touched after each success; the health check of compose looks at its age."""

_DAY: Final = timedelta(days=1)
_LOOK_SECONDS: Final = 300.0
_ROWS_AT_ONCE: Final = 5000


def main(arguments: Sequence[str]) -> int:
    """Clean once, or ``daily``."""
    if list(arguments) == ["daily"]:
        _stay()
    clean(keep_history(), RUNS_OF_A_DAG)
    (state_folder() / STAMP).touch()
    return 0


def clean(keep: timedelta, runs_of_a_dag: int) -> None:
    """Delete what is older than ``keep`` and, of each DAG, all but its newest runs; then the logs of what is gone."""
    from airflow.configuration import conf
    from airflow.utils.db_cleanup import run_cleanup
    from airflow.utils.session import create_session

    before = datetime.now(UTC) - keep
    run_cleanup(
        clean_before_timestamp=before,
        skip_archive=True,
        confirm=False,
        batch_size=_ROWS_AT_ONCE,
        error_on_cleanup_failure=True,
    )
    with create_session() as session:
        _delete_surplus(session, runs_of_a_dag)
    logs = Path(conf.get("logging", "base_log_folder"))
    with create_session() as session:
        removed = _remove_logs_of_runs(logs, session)
    _remove_old_days(logs / "dag_processor", before.date())
    print(f"Airflow's history reaches back to {before:%Y-%m-%d}; logs of {removed} runs removed")


def _stay() -> None:
    while True:
        time.sleep(_LOOK_SECONDS)  # first, because Airflow has enough to do at its start
        stamp = state_folder() / STAMP
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > _DAY.total_seconds():
            subprocess.run([sys.executable, "-m", "include.local.airflow_history"], check=False)  # says why it failed


def _delete_surplus(session: Any, most: int) -> None:
    """Delete what a DAG has beyond its newest runs; the database deletes with a run what belongs to it.

    ``run_cleanup`` has an argument for single DAGs, which fails (3.3.2) on tables that do not name their DAG.
    """
    from airflow.models import Log
    from airflow.models.dagrun import DagRun
    from sqlalchemy import delete, func, select

    began = DagRun.start_date
    crowded = select(DagRun.dag_id).where(began.is_not(None)).group_by(DagRun.dag_id).having(func.count() > most)
    for dag in session.scalars(crowded).all():
        newest = select(began).where(DagRun.dag_id == dag, began.is_not(None)).order_by(began.desc())
        oldest = session.scalar(newest.offset(most - 1).limit(1))
        over = DagRun.state.in_(("success", "failed"))
        session.execute(delete(DagRun).where(DagRun.dag_id == dag, began < oldest, over))
        session.execute(delete(Log).where(Log.dag_id == dag, Log.dttm < oldest))


def _remove_logs_of_runs(logs: Path, session: Any) -> int:
    """Remove the log folders of runs that Airflow no longer knows."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    removed = 0
    for dag in logs.glob("dag_id=*"):
        folders = {folder.name.partition("=")[2]: folder for folder in dag.glob("run_id=*")}  # before the question
        known = session.scalars(select(DagRun.run_id).where(DagRun.dag_id == dag.name.partition("=")[2]))
        for run in folders.keys() - set(known):
            rmtree(folders[run])
            removed += 1
    return removed


def _remove_old_days(folder: Path, before: date) -> None:
    """Remove what the dag-processor wrote on days before that; its folders bear their dates."""
    for day in folder.glob("????-??-??"):
        if date.fromisoformat(day.name) < before:
            rmtree(day)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
