"""Monitoring (spec section 7.2): logs, reports, and the search that leads from a number to what is known of it."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from include.dashboard.page import Reader
from include.dashboard.screens.logs_asked import Text, keys_of
from include.dashboard.screens.skus import KINDS
from include.state.postgres.screens.logs import LogFilter

router = APIRouter()


@router.get("/monitoring")
async def monitoring(page: Reader) -> RedirectResponse:
    """The first view."""
    return page.goto("monitoring/logs")


@router.get("/monitoring/search")
async def search(page: Reader, q: Text = "") -> RedirectResponse:
    """The page of a SKU, or the log of an order or a package."""
    text = q.strip()
    if not text:
        return page.goto("monitoring/logs")
    sku = await page.store.sku_named(page.channel, text)
    if sku is None and await _is_product(page, text):
        sku = text
    if sku is not None:
        return page.goto(f"skus/{sku}")
    return page.goto("monitoring/logs", record=text)


async def _is_product(page: Reader, text: str) -> bool:
    """Whether something is known of a product of that name, though the last comparison did not see it."""
    known = await page.store.known_sku(page.channel, text, KINDS)
    if known.sent or known.suggestion or known.holds:
        return True
    if await keys_of(page, text) != [text]:
        return False
    rows = await page.store.log_page(page.channel, LogFilter(keys=[text]), 1)
    return any(row.kind in KINDS for row in rows)
