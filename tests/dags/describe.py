"""Parses the DAG files in a fresh process and prints what Airflow made of them, as JSON (``test_dags.py`` runs it)."""

import json
import os
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization


def described(dag: Any) -> dict[str, Any]:
    """What the tests look at."""
    DagSerialization.to_dict(dag)  # what the scheduler gets; raises for anything that cannot be stored
    return {
        "file": os.path.relpath(dag.fileloc, sys.argv[1]),
        "display_name": dag.dag_display_name,
        "doc": dag.doc_md,
        "description": dag.description,
        "schedule": getattr(dag.timetable, "expression", None),
        "after": [asset.name for asset in getattr(dag.timetable.asset_condition, "objects", [])],
        "timezone": str(getattr(dag.timetable, "timezone", "")) or None,
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "deadlines": [deadline.interval.total_seconds() for deadline in dag.deadline or []],
        "params": {name: dag.params.get_param(name).dump() for name in dag.params},
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "type": task.task_type,
                "owner": task.owner,
                "retries": task.retries,
                "time_out": task.execution_timeout.total_seconds(),
                "callbacks": len(task.on_failure_callback or []),
                "publishes": [[asset.name, asset.uri] for asset in task.outlets],
            }
            for task in dag.topological_sort()
        },
    }


bag = DagBag(sys.argv[1])
json.dump(
    {
        "errors": bag.import_errors,
        "dags": {name: described(dag) for name, dag in bag.dags.items()},
        "modules": sorted(name for name in sys.modules if name.startswith(("include", "aiohttp", "psycopg"))),
    },
    sys.stdout,
)
