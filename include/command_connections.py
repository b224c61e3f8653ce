"""Where ``python -m include.run`` gets its connections: the environment, else Airflow, else what is on this machine."""

import os
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from include import deployment
from include.alarms.outbox import MailServer
from include.connections import Connection, connection_missing, from_environment
from include.local.errors import CannotStart
from include.local.postgres import EmbeddedPostgres

_STATE = "connector_db"
_MASKED_FROM = 5
"""Characters; masking shorter secrets would make the log unreadable (Airflow draws the same line)."""


class CommandConnections:
    """A ``ConnectionSource`` that needs no running Airflow. Leaving it gives the embedded database up.

    When the environment holds the channel's Omnitron connection, Airflow is not asked (nor imported) for the others.
    Without a connector database the embedded one is used and started.
    """

    def __init__(self, channel: str) -> None:
        self.secrets: set[str] = set()
        self._hub_id = f"omnitron_{channel}"
        self._postgres = EmbeddedPostgres(deployment.state_folder())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._postgres.stop()

    def get(self, conn_id: str) -> Connection | None:
        """The connection, or None. Raises ``ConfigurationError`` when it cannot be read."""
        if conn_id == _STATE:
            return self.state_database()
        found = self._configured(conn_id)
        if found is not None:
            self.mask(found.password)
        return found

    def state_database(self) -> Connection:
        """The configured connector database, else the embedded one, started. Raises ``ConfigurationError``."""
        found = self._configured(_STATE) or self._embedded()
        self.mask(found.password)
        return found

    def _configured(self, conn_id: str) -> Connection | None:
        found = from_environment(conn_id)
        return self._from_airflow(conn_id) if found is None and from_environment(self._hub_id) is None else found

    def mail_server(self) -> MailServer:
        """The mail server of ``smtp_default``. Raises ``ConfigurationError`` when the connection cannot be read."""
        from include.hooks.mail import CONNECTION, SmtpServer

        return SmtpServer(self.get(CONNECTION))

    def screens(self) -> str:
        """The address of Airflow's screens, without a slash at its end."""
        return (os.environ.get("AIRFLOW__API__BASE_URL") or "http://localhost:8080").rstrip("/")

    def mask(self, secret: str) -> None:
        """Keep a secret out of the log."""
        if len(secret) >= _MASKED_FROM:
            self.secrets.add(secret)

    def _from_airflow(self, conn_id: str) -> Connection | None:
        if not _airflow_is_set_up():
            if not (deployment.state_folder() / "airflow").is_dir():
                raise connection_missing(self._hub_id, "neither the environment nor an Airflow here has it")
            self._set_local_airflow_up()
        os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"  # lets Airflow's own database be read, as in its services
        from include.hooks.connections import AirflowConnections

        return AirflowConnections().get(conn_id)

    def _set_local_airflow_up(self) -> None:
        """Use the Airflow that ``make run`` has made in the state folder."""
        from include.local.airflow_environment import airflow_environment
        from include.local.config import LocalConfig
        from include.local.keys import keys

        self._start_postgres()
        config = LocalConfig.from_environment()
        os.environ.update(airflow_environment(config, keys(config.home), self._postgres))

    def _start_postgres(self) -> None:
        try:
            self._postgres.start()
        except CannotStart as error:
            raise connection_missing("connector_db", str(error)) from None

    def _embedded(self) -> Connection:
        self._start_postgres()
        address = urlsplit(self._postgres.uri("connector"))
        return Connection(
            _STATE,
            "postgres",
            address.hostname or "",
            address.port,
            address.path[1:],
            unquote(address.username or ""),
            unquote(address.password or ""),
        )


def _airflow_is_set_up() -> bool:
    return any(name in os.environ for name in ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"))
