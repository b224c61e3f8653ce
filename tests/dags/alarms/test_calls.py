"""What Airflow calls when something fails or is late: noted for the alarms, mailed only where they are of no help."""

import email
import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from airflow.sdk.exceptions import AirflowTaskTimeout

from include.dag_defaults import NotWorthRetrying
from include.hooks import calls
from include.hooks.calls import failed, late_run
from tests.bench.rig import free_port

OPS = "ops@example.com"


class Mailbox:
    """Keeps the subjects of what it is handed."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content)
        self.mails += [(to, message["Subject"]) for to in envelope.rcpt_tos]
        return "250 kept"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch, state_uri: str) -> Iterator[Mailbox]:
    """Airflow's environment with a mail server and a state database."""
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    extra = {"from_email": "fashfed@example.com", "disable_tls": True, "disable_ssl": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    monkeypatch.setenv("AIRFLOW_CONN_CONNECTOR_DB", state_uri)
    monkeypatch.setenv("FASHFED_OPERATORS", OPS)
    monkeypatch.setattr("airflow.sdk.Variable", Variables())
    yield box
    server.stop()


class Variables:
    """Airflow's variables, which only a task of a running Airflow can reach."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.kept.get(name, default)

    def set(self, name: str, value: str) -> None:
        self.kept[name] = value


def context(error: object, task_id: str = "send") -> dict[str, Any]:
    task = SimpleNamespace(task_id=task_id, run_id="scheduled__1", log_url="https://airflow.example.com/log")
    return {"exception": error, "run_id": "scheduled__1", "ti": task}


def noted(uri: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri) as connection:
        return connection.execute("select flow, step, outcome, code, reason from run_reports order by id").fetchall()


def test_a_failed_task_is_noted_and_nobody_is_mailed(mailbox: Mailbox, state_uri: str) -> None:
    told = "The connection omnitron_default is missing or incomplete: there is none [connection_missing]"
    failed("stock", "default", context(NotWorthRetrying("connection_missing", told), "feature_flag"))
    failed("price", "default", context(AirflowTaskTimeout("Timeout")))
    failed("product", "default", context(None))
    failed("product", "default", context(KeyError("a@example.com"), "settle"))
    assert noted(state_uri) == [
        ("stock", "feature_flag", "failed", "connection_missing", told),
        ("price", "send", "failed", "stopped", "Timeout"),
        ("product", "send", "failed", "run_died", "the process of the task died"),
        ("product", "settle", "failed", "unexpected", "***'"),
    ]
    assert mailbox.mails == []


def test_that_alarms_fail_themselves_is_mailed_at_most_hourly(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        failed("alarms", "default", context(KeyError("x"), "run"))
    assert mailbox.mails == [(OPS, "[Fashfed] Alarms cannot work")]
    monkeypatch.setattr(calls, "_SELDOM", timedelta(0))
    failed("alarms", "default", context(KeyError("x"), "run"))
    assert len(mailbox.mails) == 2


def test_without_a_state_database_the_operators_hear_of_it_at_most_hourly_whatever_fails(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CONNECTOR_DB", "postgresql://nobody@127.0.0.1:9/nothing")
    for flow in ("stock", "price", "alarms"):
        failed(flow, "default", context(KeyError("x")))
    [(to, subject)] = mailbox.mails
    assert to == OPS
    assert subject.replace("\n", "").startswith("[Fashfed] stock failed, and alarms cannot work: The state database")


async def test_a_flow_that_is_late_all_day_is_mailed_seldom(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = {"to": [OPS], "subject": "[Fashfed] {{ dag_run.dag_id }} is late", "html_content": "late"}
    run = {"dag_run": {"dag_id": "stock"}}
    for _ in range(3):
        await late_run("stock", "default", dict(mail), context=dict(run))
    await late_run("price", "default", dict(mail), context={"dag_run": {"dag_id": "price"}})
    assert mailbox.mails == [(OPS, "[Fashfed] stock is late"), (OPS, "[Fashfed] price is late")]
    monkeypatch.setenv("AIRFLOW_CONN_CONNECTOR_DB", "postgresql://nobody@127.0.0.1:9/nothing")
    await late_run("stock", "default", dict(mail), context=dict(run))
    assert len(mailbox.mails) == 3  # nobody can say whether it was mailed
