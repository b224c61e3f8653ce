"""Dashboard: the eight figures, the orders of both sides, and whether every flow is well."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from include.alarms.criteria import INBOX_KINDS
from include.dashboard.schedules import in_words
from include.domain.penalty import Penalty
from include.domain.run import Outcome, RunReport
from include.flows.registry import FLOWS
from include.state.alarms import AlarmChange, Incident, IncidentState
from include.state.postgres import PostgresStore
from include.state.store import Comparison, Difference, Incoming
from tests.ui.served import Served

InStore = Callable[[Callable[[PostgresStore], Awaitable[Any]]], Any]

_MINUTE = timedelta(minutes=1)
_FIGURES: Mapping[str, Any] = {
    "catalog_skus": 1017,
    "on_sale_skus": 953,
    "sku_difference": 47,
    "price_differences": 12,
    "catalog_stock": 41697,
    "on_sale_stock": 36214,
    "stock_difference": 2560,
    "stock_differences": 9,
    "price": {"found": 12, "new": 3, "queued": 11, "confirmed": 10},
    "stock": {"found": 9, "new": 9, "queued": 8, "confirmed": 7},
    "in_flight": 5,
}
_SHOWN = {
    "TOTAL SKU IN CATALOG": "1,017",
    "NUMBER OF SKUs ON SALE": "953",
    "TOTAL SKU DIFFERENCE": "47",
    "NUMBER OF SKUs WITH PRICE DIFFERENCES THAT WERE CORRECTED": "12",
    "TOTAL STOCK IN CATALOG": "41,697",
    "TOTAL STOCK QUANTITY": "36,214",
    "TOTAL STOCK DIFFERENCE": "2,560",
    "NUMBER OF SKUs WITH STOCK DIFFERENCES": "9",
}
"""The titles as spec section 7.1 has them."""


def kept(figures: Mapping[str, Any], ago: timedelta, name: str = "products") -> Callable[[PostgresStore], Any]:
    """A comparison that was made so long ago."""
    return lambda store: store.keep_comparison("default", Comparison(name, datetime.now(UTC) - ago, figures))


def ran(flow: str, ago: timedelta, *steps: str, **facts: Any) -> Callable[[PostgresStore], Any]:
    """A run of a flow: all its steps, or these, the last of them as ``facts`` say; ``ended=False`` leaves it open."""

    async def work(store: PostgresStore) -> None:
        began = datetime.now(UTC) - ago
        ended = facts.pop("ended", True)
        for step in steps or FLOWS[flow].steps:
            report = RunReport(flow, "default", began, seconds=2.0, **facts)
            if ended:
                await store.finish_run(report, run_id=f"run {ago}", step=step, now=began + timedelta(seconds=2))
            else:
                await store.start_run(report, run_id=f"run {ago}", step=step)

    return work


def everything_ran(store: PostgresStore) -> Any:
    async def work() -> None:
        for flow in FLOWS:
            await ran(flow, timedelta(seconds=30))(store)

    return work()


def text_of(html: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def row_of(page: str, flow: str) -> str:
    """The flow's row of the table of flows."""
    found = re.search(rf'<tr>\s*<td><a id="dag-{flow}".*?</tr>', page, re.DOTALL)
    assert found, flow
    return text_of(found[0])


def said(page: str) -> str:
    """The line over the page."""
    found = re.search(r"<strong>(.*?)</strong>", page, re.DOTALL)
    assert found
    return text_of(found[1])


def test_the_eight_figures_stand_under_the_titles_of_the_spec(screens: Served, in_store: InStore) -> None:
    in_store(kept({name: 1 for name in _FIGURES if isinstance(_FIGURES[name], int)}, 45 * _MINUTE))
    in_store(kept(_FIGURES, 15 * _MINUTE))
    page = screens.ask("/", "viewer").text
    found, reports = {}, []
    for card in re.findall(r'<(?:a|div) class="card figure".*?</(?:a|div)>', page, re.DOTALL):
        name, value = (re.search(rf'class="{part}">(.*?)<', card) for part in ("name", "value"))
        assert name
        assert value
        found[name[1]] = value[1]
        reports += re.findall(r'href="/fashfed/monitoring/reports\?view=(\w+)"', card)
    assert found == _SHOWN
    assert reports == ["not_on_sale", "prices", "not_on_sale", "stocks"]
    assert "12 found 11 sent again 10 confirmed" in text_of(page)
    assert "9 found 8 sent again 7 confirmed" in text_of(page)
    assert "5 SKUs were on their way and not judged · Compared 15 min ago" in text_of(page)


def test_without_a_comparison_the_page_says_why_there_is_none(screens: Served) -> None:
    page = text_of(screens.ask("/", "viewer").text)
    assert "The products have not been compared yet" in page
    assert "while one of the flags product, price and stock is on" in page
    assert "No trend yet" in page


def test_one_line_says_that_all_is_well(screens: Served, in_store: InStore) -> None:
    in_store(everything_ran)
    assert said(screens.ask("/", "viewer").text) == "All flows run as they should."


def test_flows_that_are_not_well_are_named_in_the_line_and_marked_in_their_rows(
    screens: Served, in_store: InStore
) -> None:
    reason = "Default Attributes has not succeeded yet [default_attributes_missing]. Next step: Run it"
    troubles = {
        "product": ran("product", _MINUTE, "feature_flag", outcome=Outcome.SKIPPED, reason=reason),
        "delete_product": ran("delete_product", 16 * _MINUTE, "send"),
        "price": ran("price", _MINUTE, outcome=Outcome.FAILED, reason="Fashfed is away"),
        "stock": ran("stock", 20 * _MINUTE),
        "get_orders": ran("get_orders", 50 * _MINUTE, "pull", ended=False),
    }

    async def fill(store: PostgresStore) -> None:
        for flow in FLOWS:
            await troubles.get(flow, ran(flow, timedelta(seconds=30)))(store)

    in_store(fill)
    page = screens.ask("/", "viewer").text
    assert said(page) == (
        "5 flows need a look: Product waits: Default Attributes has not succeeded yet; "
        "Product Delete stopped after send; Price failed; and 2 more."
    )
    assert " Waits " in row_of(page, "product")
    assert " Broke off Stopped after send " in row_of(page, "delete_product")
    assert " Failed Fashfed is away " in row_of(page, "price")
    assert " Late Should have run 19 min ago " in row_of(page, "stock")
    assert " Broke off Did not end " in row_of(page, "get_orders")
    assert " OK " in row_of(page, "send_update_orders")


def test_a_flow_that_is_switched_off_is_well_and_says_so(screens: Served, in_store: InStore) -> None:
    in_store(everything_ran)
    reason = "feature flag price is false"
    in_store(ran("price", timedelta(seconds=5), "feature_flag", outcome=Outcome.SKIPPED, reason=reason))
    page = screens.ask("/", "viewer").text
    assert said(page) == "All flows run as they should. 1 is switched off."
    assert f"Off {reason}" in row_of(page, "price")


def test_an_inactive_channel_is_not_well(screens: Served, in_store: InStore) -> None:
    reason = "sales channel Fashfed (137) is inactive in Omnitron"

    async def fill(store: PostgresStore) -> None:
        for flow in FLOWS.values():
            off = {} if flow.on_any_channel else {"outcome": Outcome.SKIPPED, "reason": reason}
            await ran(flow.name, timedelta(seconds=30), **off)(store)

    in_store(fill)
    assert said(screens.ask("/", "viewer").text) == f"No flow runs: {reason}."


def test_a_paused_flow_needs_a_look(screens: Served, in_store: InStore) -> None:
    in_store(everything_ran)
    screens.airflow.is_paused.add("stock")
    page = screens.ask("/", "viewer").text
    assert said(page) == "1 flow needs a look: Stock is paused in Airflow."
    assert 'href="/dags/stock" target="_top"' in page


def test_open_incidents_are_counted_and_a_flow_that_is_tried_again_and_again_is_not_well(
    screens: Served, in_store: InStore
) -> None:
    now = datetime.now(UTC)
    troubles = [
        Incident(f"cause {number}", IncidentState.OPEN, "Stock fails", ("stock",), (), now, now) for number in range(2)
    ]

    async def fill(store: PostgresStore) -> None:
        await everything_ran(store)
        await store.settle_alarms("default", [AlarmChange(one) for one in troubles], watching_since=now, now=now)

    in_store(fill)
    page = screens.ask("/", "viewer").text
    assert said(page) == "1 flow needs a look: Stock has an open incident."
    assert re.search(r'href="/fashfed/alarms">2 open incidents</a>', page)


def test_a_dry_run_is_no_run_of_the_flow(screens: Served, in_store: InStore) -> None:
    in_store(everything_ran)
    in_store(ran("price", timedelta(hours=3), outcome=Outcome.SUCCESS))
    in_store(ran("price", timedelta(seconds=5), outcome=Outcome.SUCCESS, reason="dry run"))
    assert "30 s ago" in row_of(screens.ask("/", "viewer").text, "price")


def test_records_that_are_due_for_long_are_a_backlog_of_their_flow(screens: Served, in_store: InStore) -> None:
    in_store(everything_ran)
    long_ago = datetime.now(UTC) - timedelta(hours=2)

    async def fill(store: PostgresStore) -> None:
        for kind in INBOX_KINDS:
            rows = [Incoming(f"{kind}{number}", long_ago, {}) for number in range(3)]
            await store.receive("default", kind, rows, now=long_ago if kind == "refund" else datetime.now(UTC))

    in_store(fill)
    page = screens.ask("/", "viewer").text
    assert said(page) == "1 flow needs a look: Order Refund does not keep up: 3 records are due."
    assert "3 records are due oldest since 2 h ago" in row_of(page, "get_refund_orders")
    assert "3 records are due" in row_of(page, "get_orders")


def test_the_orders_of_both_sides_add_up(screens: Served, in_store: InStore) -> None:
    now = datetime.now(UTC)

    async def fill(store: PostgresStore) -> None:
        await store.receive("default", "package", [Incoming(f"P{n}", now, {}) for n in range(10)], now=now)
        await store.finish("default", "package", [f"P{n}" for n in range(6)], now=now)
        await store.exclude("default", "package", "P6", rule="cancelled before it was read", now=now)
        penalty = Penalty(now, 1, now + timedelta(hours=8))
        await store.park("default", "package", "P7", code="product_unknown", reason="?", penalty=penalty, now=now)
        difference = Difference("P9", "package_missing", "Package P9 is missing")
        await store.note_differences("default", "order", checked=[], found=[difference], now=now)

    in_store(fill)
    span = {"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}
    in_store(kept(span, _MINUTE, name="order_ledger"))
    page = text_of(screens.ask("/", "viewer").text)
    assert "Fashfed 10 packages it showed Omnitron 6 of them are orders Waiting 3" in page
    assert "Need no order 1 by a rule that is on record Difference 1 orders or returns that disagree" in page
    assert "1 record of orders need a person" in page


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 min"),
        ("2-59/5 * * * *", "every 5 min"),
        ("7-59 * * * *", "7-59 * * * *"),
        ("0 */12 * * *", "every 12 h"),
        ("0 6 * * *", "daily at 06:00"),
        ("30 3 * * 1", "Mondays at 03:30"),
        ("5 4 1 * *", "5 4 1 * *"),
        ("@hourly", "@hourly"),
    ],
)
def test_schedules_are_said_as_people_say_them(cron: str, words: str) -> None:
    assert in_words(cron) == words


def test_the_charts_draw_what_the_table_says_in_the_colours_of_the_mode(
    window: BrowserContext, screens: Served, in_store: InStore
) -> None:
    async def fill(store: PostgresStore) -> None:
        for hours in range(60, 0, -4):
            await kept({**_FIGURES, "on_sale_skus": 900 + hours}, timedelta(hours=hours))(store)

    in_store(fill)
    page = window.new_page()
    page.goto(f"{screens.url}/")
    sets = "name => Chart.getChart(document.querySelector(`canvas[data-draws=${name}]`)).data.datasets"
    skus = page.evaluate(sets, "skus")
    assert [one["label"] for one in skus] == ["SKUs in catalog", "SKUs on sale"]
    assert skus[1]["data"] == [900 + hours for hours in range(60, 0, -4)]
    page.evaluate("localStorage.setItem('theme', 'dark'); dispatchEvent(new StorageEvent('storage'))")
    assert page.evaluate(sets, "skus")[0]["borderColor"] != skus[0]["borderColor"]
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    assert page.url.endswith("?days=90")
    page.get_by_text("The values as a table").click()
    expect(page.get_by_role("row", name=re.compile("1,017")).first).to_be_visible()


def test_the_page_renews_itself_without_moving_under_the_reader(
    window: BrowserContext, screens: Served, in_store: InStore
) -> None:
    in_store(everything_ran)
    in_store(kept(_FIGURES, _MINUTE))
    page = window.new_page()
    page.clock.install()
    page.goto(f"{screens.url}/")
    link = page.locator("#dag-housekeeping")
    link.focus()
    before = page.evaluate("scrollY")
    in_store(kept({**_FIGURES, "catalog_skus": 2222}, timedelta()))
    with page.expect_response("**/now"):
        page.clock.run_for(31_000)
    expect(page.locator("#figure-catalog_skus .value")).to_have_text("2,222")
    assert page.evaluate("scrollY") == before > 0
    expect(link).to_be_focused()
