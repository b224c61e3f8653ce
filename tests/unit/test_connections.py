"""Connections out of the environment, in both forms Airflow knows."""

import json

import pytest

from include.connections import Connection, from_environment
from include.errors import ConfigurationError


def given(monkeypatch: pytest.MonkeyPatch, text: str, conn_id: str = "omnitron_default") -> Connection:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    found = from_environment(conn_id)
    assert found is not None
    return found


def test_a_connection_in_json_form_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {
        "conn_type": "http", "host": "https://hub.example", "port": "8443", "login": "me", "password": "p@ss",
        "extra": {"channel_id": 137},
    }  # fmt: skip
    found = given(monkeypatch, json.dumps(fields))
    assert (found.base_url, found.login, found.password) == ("https://hub.example:8443", "me", "p@ss")
    assert found.extra_id("channel_id") == 137


def test_an_extra_that_is_json_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, '{"host": "h", "extra": "{\\"channel_id\\": \\"12\\"}"}').extra_id("channel_id") == 12


@pytest.mark.parametrize(
    ("uri", "base_url"),
    [
        ("http://me:p%40ss@hub.example:8443/https?channel_id=137", "https://hub.example:8443"),
        ("http://me:p%40ss@hub.example?channel_id=137", "http://hub.example"),
        ("http://https://me:p%40ss@Hub.example:8443?channel_id=137", "https://hub.example:8443"),
        ("http://me:p%40ss@https%3A%2F%2FHub.example:8443?channel_id=137", "https://Hub.example:8443"),
        ("https://me:p%40ss@hub.example/?channel_id=137", "https://hub.example"),
        ("http://me:p%40ss@hub.example?__extra__=%7B%22channel_id%22%3A+137%7D", "http://hub.example"),
    ],
)
def test_a_connection_in_uri_form_is_read_whole(monkeypatch: pytest.MonkeyPatch, uri: str, base_url: str) -> None:
    found = given(monkeypatch, uri)
    assert (found.base_url, found.login, found.password) == (base_url, "me", "p@ss")
    assert found.extra_id("channel_id") == 137


def test_a_database_address_survives_the_way_through_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "postgresql://us%2Fer:p%40ss%2Fw@db.example:5433/connector?sslmode=require"
    assert given(monkeypatch, uri, "connector_db").postgres_uri == uri


def test_a_database_on_a_socket_is_addressed_by_its_folder() -> None:
    found = Connection("connector_db", "postgres", "/var/run/postgresql", None, "connector", "me")
    assert found.postgres_uri == "postgresql://me@/connector?host=%2Fvar%2Frun%2Fpostgresql"


def test_a_variable_that_is_not_there_or_empty_means_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OMNITRON_TR", " ")
    assert from_environment("omnitron_tr") is None
    assert from_environment("omnitron_other") is None


@pytest.mark.parametrize("text", ["{broken secret", "secret", '{"host": "h", "port": "secret"}', '["secret"]'])
def test_text_that_is_no_connection_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ConfigurationError, match="AIRFLOW_CONN_OMNITRON_DEFAULT") as caught:
        given(monkeypatch, text)
    assert "secret" not in str(caught.value)
    assert caught.value.code == "connection_missing"


@pytest.mark.parametrize("extra", [{}, {"channel_id": "abc"}, {"channel_id": None}])
def test_a_missing_channel_id_says_what_to_put_where(extra: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r'omnitron_default .*"channel_id": <number>') as caught:
        Connection("omnitron_default", extra=extra).extra_id("channel_id")
    assert "AIRFLOW_CONN_OMNITRON_DEFAULT" in caught.value.next_step


@pytest.mark.parametrize("rate", ["fast", 0, -1, "nan", None])
def test_a_rate_that_is_not_a_positive_number_is_refused(rate: object) -> None:
    with pytest.raises(ConfigurationError, match="requests_per_second"):
        Connection("omnitron_default", extra={"requests_per_second": rate}).extra_number("requests_per_second", 100)


def test_a_connection_never_shows_its_secrets() -> None:
    shown = repr(Connection("x", login="me", password="hidden-password", extra={"token": "hidden-token"}))
    assert "hidden" not in shown
