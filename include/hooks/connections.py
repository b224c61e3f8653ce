"""Airflow's connections as the connector sees them."""

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from include.connections import Connection, parse_extra


class AirflowConnections:
    """The ``ConnectionSource`` of everything that runs inside Airflow."""

    def get(self, conn_id: str) -> Connection | None:
        """The connection with its secrets masked, or None. Raises ``ConfigurationError`` for an unreadable extra."""
        try:
            return converted(BaseHook.get_connection(conn_id))
        except AirflowNotFoundException:
            return None

    def mask(self, secret: str) -> None:
        """Keep a secret out of the task logs."""
        if secret:
            mask_secret(secret)


def converted(connection: Any) -> Connection:
    """Our view of an Airflow connection; its password is masked first."""
    if connection.password:
        mask_secret(connection.password)
    return Connection(
        connection.conn_id,
        connection.conn_type or "",
        connection.host or "",
        connection.port,
        connection.schema or "",
        connection.login or "",
        connection.password or "",
        parse_extra(connection.conn_id, connection.extra),
    )
