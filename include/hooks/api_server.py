"""Airflow as its API server's own plugin meets it: connections out of its database, and runs started in it."""

from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from include.connections import Connection
from include.deployment import dag_id
from include.errors import RemoteUnavailable
from include.flows.registry import FLOWS
from include.hooks.connections import AirflowConnections


class ApiServerConnections(AirflowConnections):
    """Connections of the environment and of Airflow's database, inside the API server."""

    def get(self, conn_id: str) -> Connection | None:
        """The connection, or None. Raises ``RemoteUnavailable`` when Airflow's database cannot be asked: Airflow itself
        would only say that there is none."""
        found = super().get(conn_id)
        if found is None:
            _require_database()
        return found


def _require_database() -> None:
    try:
        with create_session() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError as error:
        raise RemoteUnavailable(
            "remote_unreachable", remote="Airflow's database", call="a connection", reason=type(error).__name__
        ) from None


def start_run(flow: str, channel: str) -> None:
    """Start a run of a flow, unless one waits to begin: that one sees all that is there by then."""
    dag = dag_id(FLOWS[flow], channel)
    if not DagRun.find(dag_id=dag, state=DagRunState.QUEUED):
        trigger_dag(dag_id=dag, triggered_by=DagRunTriggeredByType.REST_API, triggering_user_name="fashfed")
