"""Reports (spec section 7.2.2): products that are not on sale, and those that differ in price or stock."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Final, Literal, cast

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, StreamingResponse

from include.catalogue import CATALOGUE
from include.catalogue.entries import in_general
from include.dashboard.exports import Cell, export
from include.dashboard.page import Page, Reader
from include.dashboard.screens.logs_asked import Text
from include.state.postgres.screens.reports import ReportFilter, View
from include.state.records import PRODUCTS
from include.state.sku_records import SkuState

router = APIRouter()
VIEWS: Final[dict[View, str]] = {
    "not_on_sale": "Not on sale",
    "prices": "Price differences",
    "stocks": "Stock differences",
}
_COLUMNS: Final[dict[View, dict[str, str]]] = {
    "not_on_sale": {"hub_price": "Omnitron price", "hub_stock": "Omnitron stock", "market_stock": "Fashfed stock"},
    "prices": {
        "hub_price": "Omnitron price",
        "market_price": "Fashfed price",
        "price_difference": "Difference",
    },
    "stocks": {
        "hub_stock": "Omnitron stock",
        "due_stock": "Due at Fashfed",
        "market_stock": "Fashfed stock",
        "stock_difference": "Difference",
    },
}
"""The figures of each report between SKU and reason."""
_ALWAYS: Final = ("sku", "name", "code", "since")
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """The address of a report."""

    view: View
    text: str = ""
    code: str = ""
    sort: str = "sku"
    order: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As an address has it."""
        return asdict(self)

    @property
    def wanted(self) -> ReportFilter:
        """What the store is asked."""
        return ReportFilter(self.view, self.text or None, self.code or None, self.sort, self.order == "desc")

    def by(self, column: str) -> dict[str, str]:
        """The query that sorts by a column; once more turns the order round."""
        turned = "desc" if self.sort == column and self.order != "desc" else ""
        return replace(self, sort=column, order=turned).query


def _asked(
    view: View = "not_on_sale",
    text: Text = "",
    code: Text = "",
    sort: Text = "sku",
    order: Literal["", "asc", "desc"] = "",
) -> Asked:
    if sort not in (*_ALWAYS, *_COLUMNS[view]):
        raise HTTPException(422, f"This report has no column {sort!r}.")
    return Asked(view, text.strip(), code, sort, order)


AskedReport = Annotated[Asked, Depends(_asked)]


@router.get("/monitoring/reports")
async def reports(page: Reader, asked: AskedReport, p: Annotated[int, Query(ge=1, le=100_000)] = 1) -> HTMLResponse:
    """One page of one report."""
    store, channel = page.store, page.channel
    compared = await store.comparisons(channel, PRODUCTS, 1)
    total = await store.report_count(channel, asked.wanted)
    return page.show(
        "reports.html",
        asked=asked,
        views=VIEWS,
        columns=_COLUMNS[asked.view],
        counts=await store.report_counts(channel),
        codes=await store.report_codes(channel, asked.view),
        rows=await store.report_page(channel, asked.wanted, _PAGE, (p - 1) * _PAGE),
        total=total,
        first=(p - 1) * _PAGE + 1,
        number=p,
        is_last=p * _PAGE >= total,
        compared_at=compared[0].at if compared else None,
        entry_of=CATALOGUE.get,
        in_general=in_general,
        value=value,
    )


def value(row: SkuState, column: str) -> Cell:
    """The figure of a row in a column."""
    if column == "price_difference":
        known = row.hub_price is not None and row.market_price is not None
        return cast("Cell", row.market_price - row.hub_price) if known else None  # type: ignore[operator]
    if column == "stock_difference":
        known = row.due_stock is not None and row.market_stock is not None
        return cast("Cell", row.market_stock - row.due_stock) if known else None  # type: ignore[operator]
    return cast("Cell", getattr(row, column))


@router.get("/monitoring/reports.{form}")
async def reports_file(page: Reader, asked: AskedReport, form: Literal["csv", "xlsx"]) -> StreamingResponse:
    """The filtered report, all of it, as a file."""
    columns = ("SKU", "Name", *_COLUMNS[asked.view].values(), "Code", "Reason", "Next step", "Since")
    name = f"fashfed-{asked.view.replace('_', '-')}"
    return export(name, columns, _exported(page, asked), form, page.now)


async def _exported(page: Page, asked: Asked) -> AsyncIterator[Sequence[Cell]]:
    async for row in page.store.report_rows(page.channel, asked.wanted):
        entry = CATALOGUE.get(row.code or "")
        figures = [value(row, column) for column in _COLUMNS[asked.view]]
        step = in_general(entry.next_step) if entry else None
        yield (row.sku, row.name, *figures, row.code, row.reason, step, row.since)
