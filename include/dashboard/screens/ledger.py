"""Orders: on which packages, returns and orders the two sides do not agree (design.md section 7)."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from include.catalogue import CATALOGUE
from include.catalogue.entries import in_general
from include.dashboard.page import Page, Reader
from include.state.records import ORDER_LEDGER, Difference

router = APIRouter()
_PAGE: Final = 50


@router.get("/monitoring/orders")
async def orders(page: Reader, p: Annotated[int, Query(ge=1, le=100_000)] = 1) -> HTMLResponse:
    """One page of what differs, the oldest first, and what will agree when what is under way has arrived."""
    compared = await page.store.comparisons(page.channel, ORDER_LEDGER, 1)
    return page.show(
        "ledger.html",
        compared=compared[0] if compared else None,
        rows=await _standing(page, "order", p),
        total=await page.store.count_differences(page.channel, "order"),
        waiting=await _standing(page, "order_waiting", 1),
        number=p,
        first=(p - 1) * _PAGE + 1,
        entry_of=CATALOGUE.get,
        in_general=in_general,
    )


async def _standing(page: Page, kind: str, number: int) -> list[Difference]:
    return await page.store.differences(page.channel, kind, _PAGE, (number - 1) * _PAGE)
