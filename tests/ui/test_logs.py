"""The log screen: one list over all flows, whatever is asked of it, and what one row leads to."""

import csv
import io
import re
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext

from tests.ui.monitored import NOW, failed_run, log, order, waits
from tests.ui.served import Served

_CALL = 'POST /api/i2/offers/stocks/\n{"sku": "SKU-0", "stock": 4}'


def keys(screens: Served, query: str) -> list[str]:
    """The records of the filtered log, in its order."""
    answer = screens.ask(f"/monitoring/logs.csv?{query}", "viewer")
    assert answer.status_code == 200
    found = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    return [row["Record"] for row in found if row["Status"] != "Waiting" or "status=waiting" in query]


@pytest.fixture
def filled(screens: Served, state_uri: str) -> Served:
    log(
        state_uri,
        {"key": "SKU-0", "request": _CALL, "response": "too high", "run_id": "scheduled__2026-11-20T09:00:00+00:00"},
        {"key": "12", "kind": "batchrequest", "ok": True, "code": None, "message": "7 accepted, 0 refused"},
        {"key": "SKU-0", "flow": "price", "kind": "productprice", "log_id": "batch-2-Channel-price"},
        {"key": "3100", "flow": "get_orders", "kind": "order", "code": "product_unknown", "log_id": "3100-GetOrders"},
        {"key": "SKU-9", "at": NOW - timedelta(days=3), "log_id": "batch-3_Channel%stock"},
    )
    order(state_uri, "3100", "4200")
    waits(state_uri, "SKU-0", "SKU-5")
    return screens


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["SKU-0", "12", "SKU-0", "3100", "SKU-9"]),
        ("flow=stock&status=fail", ["SKU-0", "SKU-9"]),
        ("status=successful", ["12"]),
        ("kind=order", ["3100"]),
        ("record=SKU-0&flow=price", ["SKU-0"]),
        ("record=3100", ["3100"]),
        ("record=4200", ["3100"]),
        ("record=4200-3100", ["3100"]),
        ("log_id=BATCH-2", ["SKU-0"]),
        ("log_id=3_Channel%25", ["SKU-9"]),
        ("log_id=h_3", []),
        ("start=2026-11-20T11:58&end=2026-11-20T12:00", ["12", "SKU-0"]),  # Europe/Istanbul
        ("status=waiting", ["77"]),
        ("status=waiting&record=SKU-5", ["SKU-5"]),
    ],
)
def test_filters_find_what_has_all_of_them(filled: Served, query: str, expected: list[str]) -> None:
    assert keys(filled, query) == expected


def test_what_waits_stands_before_the_rows_and_is_found_by_its_sku(filled: Served) -> None:
    page = filled.ask("/monitoring/logs", "viewer").text
    assert page.index("has 2 records of batch 77 and has not answered yet") < page.index("7 accepted")
    assert "has not answered yet" in filled.ask("/monitoring/logs?status=waiting&record=SKU-5", "viewer").text
    assert "Nothing waits" in filled.ask("/monitoring/logs?status=waiting&record=SKU-9", "viewer").text


@pytest.mark.parametrize("query", ["status=lost", "start=yesterday", "older=1-x", "log_id=ab", "record=%00"])
def test_what_cannot_be_asked_is_refused_in_words(screens: Served, query: str) -> None:
    answer = screens.ask(f"/monitoring/logs?{query}", "viewer")
    assert answer.status_code == 422
    assert "This address cannot be read" in answer.text or "This cannot be done" in answer.text


def test_runs_that_failed_stand_among_the_rows(filled: Served, state_uri: str) -> None:
    failed_run(state_uri, "get_orders", NOW - timedelta(seconds=90), "Fashfed refuses the token")
    assert keys(filled, "") == ["SKU-0", "12", "pull", "SKU-0", "3100", "SKU-9"]
    assert keys(filled, "kind=run") == ["pull"]
    assert keys(filled, "status=successful") == ["12"]
    page = filled.ask("/monitoring/logs?status=fail&flow=get_orders", "viewer").text
    [address] = re.findall(r'href="/fashfed/(monitoring/logs/-\d+)"', page)
    opened = filled.ask(address, "viewer").text
    assert "Fashfed refuses the token" in opened
    assert "/dags/get_orders/runs/scheduled__7/tasks/pull" in opened


def test_an_empty_log_says_why(screens: Served) -> None:
    assert "No flow has written anything yet" in screens.ask("/monitoring/logs", "viewer").text
    assert "No row fits" in screens.ask("/monitoring/logs?flow=stock", "viewer").text


def test_nobody_reads_the_log_without_a_login(screens: Served) -> None:
    for path in ("/monitoring", "/monitoring/logs", "/monitoring/logs.csv", "/monitoring/search?q=x"):
        assert screens.ask(path).status_code == 401


def test_a_row_opens_to_all_that_is_known_of_it(window: BrowserContext, filled: Served) -> None:
    page = window.new_page()
    page.goto(f"{filled.url}/monitoring/logs?status=fail&flow=stock")
    page.locator("tr.opens", has_text="SKU-0").click()
    panel = page.locator("#panel")
    panel.wait_for()
    assert '"stock": 4' in panel.inner_text()
    assert "too high" in panel.inner_text()
    assert "Next step (catalogue team):" in panel.inner_text()
    link = panel.get_by_role("link", name="Airflow task log")
    assert (link.get_attribute("href") or "").endswith("/dags/stock/runs/scheduled__2026-11-20T09%3A00%3A00%2B00%3A00")
    assert link.get_attribute("target") == "_top"
    page.keyboard.press("Escape")
    page.get_by_label("Status").select_option("Successful")
    page.wait_for_url("**status=successful**")
    assert page.locator("tr.opens").count() == 1


def test_pages_go_to_the_end_and_back(window: BrowserContext, screens: Served, state_uri: str) -> None:
    log(state_uri, *({"at": NOW} for _ in range(120)))  # of one moment: only their numbers tell them apart
    page = window.new_page()
    page.goto(f"{screens.url}/monitoring/logs")
    seen = []
    for step in ("Next", "Next", "Previous", "Previous"):
        seen.append(page.locator("td.record").all_inner_texts())
        page.get_by_role("link", name=step).click()
        page.wait_for_load_state()
    assert [len(rows) for rows in seen] == [50, 50, 20, 50]
    assert seen[0] + seen[1] + seen[2] == [f"SKU-{number}" for number in range(120)]
    assert seen[3] == seen[1]
    assert page.locator("td.record").all_inner_texts() == seen[0]


def test_a_number_leads_to_what_it_names(filled: Served) -> None:
    for asked, leads_to in (("sku-0", "logs?record=sku-0"), ("SKU-0", "/skus/SKU-0"), ("4200", "logs?record=4200")):
        answer = filled.ask(f"/monitoring/search?q={asked}", "viewer")
        assert answer.status_code == 303
        assert answer.headers["location"].endswith(leads_to)
