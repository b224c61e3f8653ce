"""Reports: what is not on sale and why, and where prices and stocks differ."""

import csv
import io

import pytest
from openpyxl import load_workbook
from playwright.sync_api import BrowserContext

from tests.ui.monitored import states
from tests.ui.served import Served


@pytest.fixture
def compared(screens: Served, state_uri: str) -> Served:
    refused = {"on_sale": False, "market_price": None, "market_stock": None, "code": "market_refused"}
    states(
        state_uri,
        {"sku": "A-1"},
        {"sku": "B-1", **refused, "name": "Blue_shirt", "reason": "Fashfed refused B-1: image", "hub_price": 30},
        {"sku": "B-2", **refused, "code": "out_of_stock", "reason": "The stock of B-2 is 0", "hub_price": 200},
        {"sku": "=B-3", **refused, "reason": "Fashfed refused =B-3: name", "hub_price": 90},
        {"sku": "C-1", "price_differs": True, "market_price": 80, "code": "price_differs", "reason": "80 there"},
        {"sku": "D-1", "stock_differs": True, "market_stock": 9, "code": "stock_differs", "reason": "9 there"},
        {"sku": "E-1", "in_catalog": False, "on_sale": False},
    )
    return screens


def rows(screens: Served, query: str) -> list[dict[str, str]]:
    """A filtered report, as its file has it."""
    text = screens.ask(f"/monitoring/reports.csv?{query}", "viewer").text
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["'=B-3", "B-1", "B-2"]),
        ("sort=hub_price", ["B-1", "'=B-3", "B-2"]),
        ("sort=hub_price&order=desc", ["B-2", "'=B-3", "B-1"]),
        ("code=out_of_stock", ["B-2"]),
        ("text=blue_", ["B-1"]),
        ("text=REFUSED&sort=hub_price", ["B-1", "'=B-3"]),
        ("text=nothing", []),
        ("view=prices", ["C-1"]),
        ("view=stocks", ["D-1"]),
    ],
)
def test_a_report_holds_what_is_asked_in_the_order_that_is_asked(
    compared: Served, query: str, expected: list[str]
) -> None:
    assert [row["SKU"] for row in rows(compared, query)] == expected


def test_a_difference_is_told_with_its_sign_and_the_next_step(compared: Served) -> None:
    [price] = rows(compared, "view=prices")
    assert (price["Omnitron price"], price["Fashfed price"], price["Difference"]) == ("100.00", "80.00", "-20.00")
    [stock] = rows(compared, "view=stocks")
    assert (stock["Due at Fashfed"], stock["Fashfed stock"], stock["Difference"]) == ("7", "9", "2")
    assert stock["Next step"].startswith("Nothing to do")


def test_excel_gets_numbers(compared: Served) -> None:
    book = compared.ask("/monitoring/reports.xlsx?view=prices", "viewer").content
    row = next(load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2, values_only=True))
    assert row[:5] == ("C-1", "Cotton shirt", 100, 80, -20)


def test_a_report_says_when_nothing_was_compared_and_when_nothing_is_wrong(screens: Served, state_uri: str) -> None:
    assert "Not compared yet" in screens.ask("/monitoring/reports", "viewer").text
    states(state_uri, {"sku": "A-1"})
    assert "Every product of the catalogue is on sale." in screens.ask("/monitoring/reports", "viewer").text
    assert "agree on every product" in screens.ask("/monitoring/reports?view=stocks", "viewer").text


def test_a_report_without_such_a_column_is_refused(screens: Served) -> None:
    assert screens.ask("/monitoring/reports?sort=password", "viewer").status_code == 422
    assert screens.ask("/monitoring/reports?view=all", "viewer").status_code == 422
    assert screens.ask("/monitoring/reports").status_code == 401


def test_from_the_counts_to_the_reason_of_one_product(window: BrowserContext, compared: Served) -> None:
    page = window.new_page()
    page.goto(f"{compared.url}/monitoring/reports?view=prices")
    page.get_by_role("link", name="Not on sale").click()
    page.get_by_label("Reason", exact=True).select_option("out_of_stock")
    page.wait_for_url("**code=out_of_stock**")
    page.get_by_role("link", name="B-2").click()
    assert "The stock of B-2 is 0" in page.get_by_label("Verdict").inner_text()
