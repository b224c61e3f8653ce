"""The README's pictures, out of a running installation: ``python -m tests.ui.pictures http://127.0.0.1:8080``.

They show what ``make run`` shows after some minutes; a picture of a screen that is still empty says nothing, so look at
them before they are committed.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.ui.conftest import CALM

_FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
_SCREENS = {
    "dashboard": "",
    "reports": "monitoring/reports",
    "logs": "monitoring/logs?status=fail",
    "alarms": "alarms",
    "triggers": "triggers",
    "inbox": "inbox",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="where Airflow is")
    parser.add_argument("--sku", help="a SKU whose page is worth a picture")
    asked = parser.parse_args()
    screens = {**_SCREENS, **({"sku": f"skus/{asked.sku}"} if asked.sku else {})}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CALM))
        for mode in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=mode)  # type: ignore[arg-type]
            for name, path in (screens if mode == "light" else {"readiness": "readiness"}).items():
                _show(page, asked.url, path)
                page.screenshot(path=_FOLDER / f"{name}.png")
        browser.close()


def _show(page: Page, url: str, path: str) -> None:
    """A screen as Airflow shows it, in its frame."""
    page.goto(f"{url}/plugin/fashfed")
    frame = page.frame_locator("iframe")
    frame.locator(".brand").wait_for()
    inner = next(one for one in page.frames if one != page.main_frame)
    inner.goto(f"{url}/fashfed/{path}")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)  # charts draw themselves slowly


if __name__ == "__main__":
    main()
