"""The hooks' test buttons really log in, and say nothing secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.hooks.fashfed import FashfedHook
from include.hooks.omnitron import OmnitronHook
from include.hooks.state import StateHook
from include.local.postgres import EmbeddedPostgres
from include.state.migrations import upgrade
from tests.bench.rig import Rig, rig


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    postgres = EmbeddedPostgres(Path(tmp_path_factory.mktemp("hooks")))
    postgres.start()
    with rig(postgres, "hooks", size=50) as running:
        yield running
    postgres.stop()


@pytest.fixture
def connected(stand_ins: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Airflow finds the stand-ins' connections in its environment."""
    market = {"conn_type": "http", "host": "", "password": "fashfed-sandbox-access-token"}
    conf = stand_ins.control.post("channel")["conf"]
    for name, text in stand_ins.environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("AIRFLOW_CONN_FASHFED_DEFAULT", json.dumps({**market, "host": conf["base_url"]}))
    return stand_ins


def change(monkeypatch: pytest.MonkeyPatch, rig: Rig, **fields: object) -> None:
    hub = json.loads(rig.environment["AIRFLOW_CONN_OMNITRON_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_OMNITRON_DEFAULT", json.dumps({**hub, **fields}))


def test_omnitron_is_logged_in_to_and_names_its_channel(connected: Rig) -> None:
    assert OmnitronHook().test_connection() == (True, "Logged in; sales channel Fashfed is active.")


def test_a_wrong_password_of_omnitron_is_said_without_repeating_it(
    connected: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, connected, password="a-wrong-password")
    works, said = OmnitronHook().test_connection()
    assert not works
    assert "login_refused" in said
    assert "a-wrong-password" not in said


def test_a_channel_that_omnitron_does_not_have_is_said(connected: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, connected, extra={"channel_id": 999})
    assert OmnitronHook().test_connection() == (
        False,
        "Omnitron has no sales channel 999 [channel_missing]. "
        'Next step: Correct {"channel_id": ...} in the extra of the Omnitron connection.',
    )


def test_fashfeds_access_token_is_tried(connected: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FashfedHook().test_connection() == (True, "The access token is accepted.")
    wrong = json.dumps({"conn_type": "http", "host": "http://127.0.0.1:9", "password": "a-wrong-token"})
    monkeypatch.setenv("AIRFLOW_CONN_FASHFED_DEFAULT", wrong)
    works, said = FashfedHook().test_connection()
    assert not works
    assert "Fashfed did not answer" in said


def test_a_refused_access_token_is_said_without_repeating_it(connected: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    base_url = connected.control.post("channel")["conf"]["base_url"]
    wrong = json.dumps({"conn_type": "http", "host": base_url, "password": "a-wrong-token"})
    monkeypatch.setenv("AIRFLOW_CONN_FASHFED_DEFAULT", wrong)
    works, said = FashfedHook().test_connection()
    assert not works
    assert "token_refused" in said
    assert "a-wrong-token" not in said


async def test_the_omnitron_hook_gives_the_client(connected: Rig) -> None:
    async with OmnitronHook().client() as hub:
        assert (await hub.channel()).name == "Fashfed"


def test_the_state_database_is_looked_at_for_its_tables(connected: Rig) -> None:
    works, said = StateHook().test_connection()
    assert not works
    assert "include.state.migrations" in said
    upgrade(StateHook().address())
    assert StateHook().test_connection() == (True, "Connected; its tables are up to date.")


async def test_the_state_hook_gives_the_store(connected: Rig) -> None:
    upgrade(StateHook().address())
    store = await StateHook().store()
    assert await store.watermark("default", "get_orders") is None
    await store.close()


def test_a_state_database_that_is_away_is_said(connected: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CONNECTOR_DB", "postgresql://me:hidden-password@127.0.0.1:9/connector")
    works, said = StateHook().test_connection()
    assert not works
    assert "hidden-password" not in said
