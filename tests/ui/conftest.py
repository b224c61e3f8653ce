"""The screens, and a browser to look at them with."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.ui.served import Connections, Served, served
from tests.ui.stored import Do, doing

CALM = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
"""Chromium as root, and without calls to the outside."""
_PICTURES = Path(__file__).resolve().parents[2] / "build" / "screens"


@pytest.fixture
def screens(state_uri: str) -> Iterator[Served]:
    """The screens on an empty state database; a cookie ``role`` says who asks."""
    with served(Connections(state_uri)) as running:
        yield running


@pytest.fixture
def in_store(state_uri: str) -> Do:
    """Does something with the state database."""
    return doing(state_uri)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser; the test is skipped where there is none.

    Of one module: while it is open, Playwright's own event loop runs in this thread, and no asynchronous test can.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium on this machine (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CALM))
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, screens: Served, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A window of an administrator; what the console or a page complains of fails the test.

    How its pages look in the end is kept in build/screens.
    """
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.add_cookies([{"name": "role", "value": "admin", "url": screens.url}])
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield context
    for number, page in enumerate(context.pages):
        name = re.sub(r"\W+", "_", request.node.name).strip("_")
        page.screenshot(path=_PICTURES / f"{name}{number or ''}.png", full_page=True)
    context.close()
    assert complaints == []
