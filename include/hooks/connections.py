"""Airflow's connections as the connector sees them."""

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from include.alarms.outbox import MailServer
from include.connections import Connection, parse_extra

_LOCAL = "http://localhost:8080"
"""Where Airflow is when nobody says otherwise."""


class AirflowConnections:
    """The ``ConnectionSource`` of everything that runs inside Airflow."""

    def get(self, conn_id: str) -> Connection | None:
        """The connection with its secrets masked, or None. Raises ``ConfigurationError`` for an unreadable extra."""
        try:
            return converted(BaseHook.get_connection(conn_id))
        except AirflowNotFoundException:
            return None

    def mail_server(self) -> MailServer:
        """The mail server of ``smtp_default``. Raises ``ConfigurationError`` for an unreadable extra."""
        from include.hooks.mail import CONNECTION, SmtpServer  # costs every task time, and only one sends mail

        return SmtpServer(self.get(CONNECTION))

    def screens(self) -> str:
        """The address of Airflow's screens, without a slash at its end."""
        return str(conf.get("api", "base_url", fallback="") or _LOCAL).rstrip("/")

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
