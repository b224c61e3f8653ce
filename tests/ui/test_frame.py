"""What all screens share: who gets in, headers, problems, colours."""

import pytest
from playwright.sync_api import BrowserContext

from tests.ui.served import Served


def test_nobody_gets_in_without_a_login(screens: Served) -> None:
    answer = screens.ask("/")
    assert answer.status_code == 401
    assert "Please sign in" in answer.text
    assert 'href="/auth/login"' in answer.text


def test_an_unknown_channel_is_said_to_be_one(screens: Served) -> None:
    answer = screens.ask("/?channel=tr", "viewer")
    assert answer.status_code == 404
    assert "no channel" in answer.text


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/nothing"])
def test_every_answer_forbids_what_is_not_ours(screens: Served, path: str) -> None:
    headers = screens.ask(path, "viewer").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_page_of_its_own_takes_the_mode_that_airflow_left_in_the_browser(
    window: BrowserContext, screens: Served, mode: str
) -> None:
    page = window.new_page()
    page.goto(f"{screens.url}/")
    page.evaluate("mode => localStorage.setItem('theme', mode)", mode)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == mode


def test_in_airflows_frame_the_address_bar_names_the_page_and_leads_back_to_it(
    window: BrowserContext, screens: Served
) -> None:
    """Airflow shows a plugin's page in a frame under /plugin/<route>."""
    outer = screens.url.removesuffix("/fashfed") + "/plugin/fashfed"
    frame = "<html class=dark><iframe src='/fashfed/enter' width=1000 height=600></iframe></html>"
    window.route("**/plugin/fashfed", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page = window.new_page()
    page.goto(outer)
    page.wait_for_function("location.hash === '#/fashfed/'")
    inner = page.frames[1]
    assert inner.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto("about:blank")
    page.goto(f"{outer}#/fashfed/?channel=default")
    page.wait_for_function("frames[0].location.search === '?channel=default'")
