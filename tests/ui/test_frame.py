"""What all screens share: who gets in, headers, problems, colours."""

import pytest
from playwright.sync_api import BrowserContext

from tests.ui.served import Served


def test_nobody_gets_in_without_a_login(screens: Served) -> None:
    answer = screens.ask("/")
    assert answer.status_code == 401
    assert "Please sign in" in answer.text
    assert 'href="/auth/login/?next=%2Fplugin%2Ffashfed%2Ffashfed%2F"' in answer.text


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


_SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads"
"""What Airflow allows the page of a plugin."""


def test_in_airflows_frame_pages_follow_its_mode_ask_before_they_act_and_lead_out_of_it(
    window: BrowserContext, screens: Served
) -> None:
    """Airflow shows a plugin's page in a frame under /plugin/<route>; there no browser's own question can be asked."""
    frame = f"<html class=dark><iframe src=/fashfed/ sandbox='{_SANDBOX}' width=1000 height=600></iframe></html>"
    window.route("**/plugin/fashfed**", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page = window.new_page()
    page.goto(screens.url.removesuffix("/fashfed") + "/plugin/fashfed/fashfed/")
    inner = page.frames[1]
    inner.wait_for_load_state()
    assert inner.evaluate("document.documentElement.dataset.theme") == "dark"

    inner.evaluate("document.dispatchEvent(new Event('htmx:pushedIntoHistory', history.replaceState({}, '', '?x=1')))")
    assert page.url.endswith("/plugin/fashfed/fashfed/?x=1")

    inner.evaluate(
        """document.body.insertAdjacentHTML("beforeend", `<form action="/fashfed/asked" data-confirm="Really?">
        <button>Go</button></form><a href="/elsewhere" target="_top">Log</a>`)"""
    )
    inner.get_by_role("button", name="Go").click()
    inner.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert "asked" not in inner.url
    window.route("**/fashfed/asked*", lambda route: route.fulfill(body="sent", content_type="text/html"))
    inner.get_by_role("button", name="Go").click()
    with inner.expect_navigation(url="**/fashfed/asked*"):
        inner.get_by_role("dialog").get_by_role("button", name="Go").click()

    inner.goto(f"{screens.url}/")
    inner.evaluate("document.body.insertAdjacentHTML('beforeend', '<a href=/elsewhere target=_top>Log</a>')")
    window.route("**/elsewhere", lambda route: route.fulfill(body="Airflow's log", content_type="text/html"))
    inner.get_by_role("link", name="Log", exact=True).click()
    page.wait_for_url("**/elsewhere")
