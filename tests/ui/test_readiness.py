"""Readiness: what the channel still lacks, what is in effect, and what is known while Omnitron is away."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from include.connections import Connection
from include.dashboard.screens import readiness
from include.domain.run import RunReport
from include.flows.registry import FLOWS
from include.local.postgres import EmbeddedPostgres
from include.settings import REQUIRED
from include.state.postgres import PostgresStore
from tests.bench.rig import Rig, free_port, rig
from tests.ui.served import Connections, Served, served


@pytest.fixture(scope="module")
def stand_ins(postgres: EmbeddedPostgres) -> Iterator[Rig]:
    with rig(postgres, "readiness", size=60) as running:
        yield running


@pytest.fixture
def screens(state_uri: str, stand_ins: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The screens of a deployment with every connection that may be there."""
    monkeypatch.setenv("FASHFED_ALLOW_PRIVATE_HOSTS", "1")
    monkeypatch.setenv("FASHFED_OPERATORS", "ops@brand.example, night@brand.example")
    monkeypatch.setenv("FASHFED_SCHEDULE_STOCK", "*/2 * * * *")
    with served(deployed(state_uri, stand_ins.control.url)) as running:
        yield running


def deployed(state_uri: str, omnitron: str) -> Connections:
    hub, mail, split = "omnitron_default", "smtp_default", "split_packages_default"
    others = (
        Connection(hub, "http", omnitron, login="connector", password="sandbox", extra={"channel_id": 137}),
        Connection(mail, "smtp", "mail.brand.example", 587, login="mailer", password="mail-secret-91"),
        Connection(split, "generic", password="split-secret-92"),
    )
    return Connections(state_uri, {each.id: each for each in others})


@pytest.fixture
def conf(stand_ins: Rig) -> Iterator[Callable[..., None]]:
    """Changes the channel's form in Omnitron; it is put back afterwards."""
    before = stand_ins.control.post("channel", {})["conf"]
    yield lambda **changes: stand_ins.control.post("channel", {"conf": changes})
    stand_ins.control.post("channel", {"conf": before, "is_active": True})


def setup_ran(store: PostgresStore) -> Awaitable[None]:
    async def work() -> None:
        now = datetime.now(UTC)
        for flow in ("channel_setup", "category_node", "category_attributes", "default_attributes"):
            await store.finish_run(RunReport(flow, "default", now), run_id="1", step="run", now=now)

    return work()


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def steps_of(page: str) -> dict[str, str]:
    """State and text of each step, by its title."""
    found = {}
    for step in re.findall(r"<li>(.*?)</li>", page, re.DOTALL):
        title = re.search(r"<strong>(.*?)</strong>", step)
        assert title
        found[unescape(title[1])] = text_of(step).removeprefix(unescape(title[1])).strip()
    return found


def test_every_step_is_done_or_says_what_is_missing_and_where(
    screens: Served, in_store: Any, conf: Callable[..., None], stand_ins: Rig
) -> None:
    conf(access_token="default", feature_flags={"stock": True})
    stand_ins.control.post("channel", {"is_active": False})
    in_store(setup_ran)
    page = screens.ask("/readiness", "viewer").text
    steps = steps_of(page)
    assert steps["Connection to Omnitron"].startswith("Done")
    assert steps["State database"].startswith("Done")
    assert steps["Default attributes"].startswith("Done Default Attributes has brought")
    assert "Not ready access_token is ***, expected the token made in Fashfed" in steps["Base URL and Access Token"]
    assert "Omnitron > Settings > Sales Channels > Fashfed > Access Token" in steps["Base URL and Access Token"]
    assert steps["Status"].startswith("Not ready The sales channel is inactive, so no flow runs.")
    assert steps["Feature flags"].startswith("Needs a look 1 of 12 are on; not in the form: product, ")
    assert steps["Settings of the flags"].startswith("Not ready Settings are missing or wrong for: stock.")
    assert steps["Mapping"].startswith("Not known No product has been sent yet")
    assert steps["Mails to operators"].startswith("Done 2 addresses hear of trouble, by mail.brand.example:587")
    assert "Not ready: Base URL and Access Token, Status, Settings of the flags." in text_of(page)


def test_a_flow_of_the_setup_that_has_not_succeeded_is_a_step_to_take(screens: Served) -> None:
    page = screens.ask("/readiness", "viewer").text
    assert steps_of(page)["Category attributes"].startswith(
        "Not ready Category Attribute and Values has not succeeded yet"
    )
    assert '/fashfed/triggers/category_attributes">Start it</a>' in page


def test_every_flag_shows_its_settings_as_they_are_in_effect(screens: Served, conf: Callable[..., None]) -> None:
    conf(buffer_stock="7", FAILED_INTEGRATION={"sent_to_remote": {"EXPIRATION_HOUR": 360}})
    page = screens.ask("/readiness", "viewer").text
    told = text_of(page)
    for flag in REQUIRED:
        assert f'<code class="muted">{flag}</code>' in page
    assert "Buffer Stock 7 OK" in told
    assert "Access Token *** OK" in told
    assert "Order Item Quantity Key – OK" in told
    assert "Fashfed's answers to bulk requests are awaited for 6 min (EXPIRATION_HOUR)" in told


def test_what_the_deployment_has_is_shown_without_its_secrets(screens: Served, stand_ins: Rig, in_store: Any) -> None:
    screens.airflow.is_paused.add("price")
    page = screens.ask("/readiness", "viewer").text
    told = text_of(page)
    assert f"{stand_ins.control.url} as connector There" in told
    assert (
        "fashfed_default only to override Base URL and Access Token of the channel not there Not set, optional" in told
    )
    assert "split_packages_default the shared secret of those who may have packages split a secret is set There" in told
    assert "Stock every 2 min Changed here */2 * * * *" in told
    assert re.search(r"Price every 5 min \*/5 \* \* \* \* – Paused", told)
    assert "Needs a look Paused: Price." in told
    token = stand_ins.control.post("channel", {})["conf"]["access_token"]
    for secret in (token, "mail-secret-91", "split-secret-92", "ops@brand.example"):
        assert secret not in page


@pytest.mark.parametrize(
    ("patience", "what"), [(0.0, "Omnitron did not answer within 0 s."), (30.0, "Omnitron did not answer")]
)
def test_while_omnitron_is_away_everything_else_is_still_shown(
    state_uri: str, in_store: Any, monkeypatch: pytest.MonkeyPatch, patience: float, what: str
) -> None:
    monkeypatch.setattr(readiness, "_PATIENCE", patience)
    in_store(setup_ran)
    with served(deployed(state_uri, f"http://127.0.0.1:{free_port()}")) as running:
        answer = running.ask("/readiness", "viewer")
    assert answer.status_code == 200
    steps = steps_of(answer.text)
    assert steps["Connection to Omnitron"].startswith(f"Not ready {what}")
    assert steps["Category tree"].startswith("Done")
    assert steps["Catalog"] == "Not known Omnitron did not answer, so this is not known now."
    told = text_of(answer.text)
    assert "Omnitron could not be asked" in told
    assert "Try again" in told
    assert all(flow.display_name in told for flow in FLOWS.values())


def test_without_a_connection_to_omnitron_the_page_says_which_one(state_uri: str) -> None:
    with served(Connections(state_uri)) as running:
        steps = steps_of(running.ask("/readiness", "viewer").text)
    assert "omnitron_default" in steps["Connection to Omnitron"]
    assert steps["Mails to operators"].startswith("Not ready There is no connection smtp_default")


def test_somebody_corrects_a_setting_and_checks_again(
    window: BrowserContext, screens: Served, conf: Callable[..., None]
) -> None:
    conf(feature_flags={"stock": True}, buffer_stock="a few")
    page = window.new_page()
    page.goto(f"{screens.url}/readiness")
    stock = page.locator("details.flag", has=page.get_by_text("stock", exact=True))
    expect(stock).to_have_attribute("open", "")
    expect(stock.get_by_text("expected a whole number from 0")).to_be_visible()
    conf(feature_flags={"stock": True}, buffer_stock="3")
    page.get_by_role("link", name="Check again").click()
    expect(stock).not_to_have_attribute("open", "")
    stock.locator("summary").click()
    expect(stock.get_by_role("row", name="Buffer Stock 3 OK")).to_be_visible()
