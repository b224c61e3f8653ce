"""The environment that Airflow's processes run in (design.md section 12; measured on two cores)."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from include.local.config import PROJECT, LocalConfig, free_port
from include.local.keys import USERS, passwords_file
from include.local.postgres import EmbeddedPostgres

SETTINGS: Final = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "6",
    "AIRFLOW__CORE__MP_START_METHOD": "fork",  # a task then starts in 0.2 s instead of 4 s
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",  # the test button of the connection form
    "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # a killed task frees its flow after this
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    "AIRFLOW__API__DEFAULT_WRAP": "True",  # the next step at the end of a log line is then seen without scrolling
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
"""What every deployment sets; ``docker-compose.yaml`` repeats it and a test compares the two."""
SPLIT_SECRET: Final = "split-packages-of-the-sandbox"  # noqa: S105 - known to everybody, printed in docs/split_packages.md
"""With the sandbox: what its OMS and the examples of the documentation authorise themselves with."""

OPERATORS: Final = "operators@example.com"
"""With the sandbox: whom alarms are told; the mail sink keeps what they get."""


def airflow_environment(
    config: LocalConfig, keys: Mapping[str, str], postgres: EmbeddedPostgres, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Environment of the Airflow processes of a local run.

    What the caller's environment says wins over ``SETTINGS`` and over the values that ``airflow_settings.yaml`` asks
    for, but not over folders, addresses and keys: those make this installation work.
    """
    connector = urlsplit(postgres.uri("connector"))
    values = {
        "OMNITRON_URL": config.url("omnitron"),
        "CONNECTOR_DB_HOST": str(connector.hostname),
        "CONNECTOR_DB_PORT": str(connector.port),
        "CONNECTOR_DB_NAME": "connector",
        "CONNECTOR_DB_USER": str(connector.username),
        "CONNECTOR_DB_PASSWORD": str(connector.password),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(config.ports["smtp"]),
    }
    if config.sandbox:
        values["SPLIT_PACKAGES_SECRET"] = SPLIT_SECRET
        values["FASHFED_OPERATORS"] = OPERATORS
    log_port = str(free_port())  # for talks between Airflow's processes only
    fixed = {
        "FASHFED_HOME": str(config.home),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(config.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{config.url('airflow')}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _sqlalchemy(postgres.uri("airflow")),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(config.ports["airflow"]),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{config.ports['airflow']}",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "include.local.config.loopback_host",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": log_port,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": log_port,
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        **_login(config),
        **keys,
    }
    if config.sandbox:
        fixed["FASHFED_ALLOW_PRIVATE_HOSTS"] = "1"
    given = {name: value for name, value in environ.items() if value}
    return {**SETTINGS, **values, **given, **fixed}


def _login(config: LocalConfig) -> dict[str, str]:
    if not config.roles:
        return {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(config.airflow_home)),
    }


def _sqlalchemy(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg2://", 1)
