"""Inbox: what needs a person is there by cause and can be taken in hand; what is solved, or solves itself, is not."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import psycopg
import pytest
from playwright.sync_api import BrowserContext, expect

from include.errors import StopRun
from include.state.postgres import PostgresStore
from include.state.store import Hold, LogEntry, Sent
from tests.ui.served import Served
from tests.ui.stored import Do, doing

Park = Callable[..., None]
_NOW = datetime.now(UTC)
_HOUR = timedelta(hours=1)
_BUYER = "Zülfikar Buyeroğlu"


@pytest.fixture
def store(state_uri: str) -> Do:
    """Does something with the state database."""
    return doing(state_uri)


_PARK = """
insert into inbox (channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at, first_failed_at,
    failures, code, reason)
select 'default', %(kind)s, key, 'parked', %(at)s,
    json_build_object('order_number', '4' || key, 'buyer', %(buyer)s::text),
    %(at)s, %(at)s + interval '2 hours', %(at)s, 2, %(code)s, 'why ' || key
from unnest(%(keys)s::text[]) as key
"""


@pytest.fixture
def park(state_uri: str) -> Park:
    """Parks records with a code."""

    def do(keys: Sequence[str], code: str, kind: str = "package") -> None:
        with psycopg.connect(state_uri) as connection:
            facts = {"kind": kind, "at": _NOW - _HOUR, "buyer": _BUYER, "keys": list(keys), "code": code}
            connection.execute(_PARK, facts)
            connection.execute("analyze inbox")  # as autovacuum does

    return do


def failed(
    keys: Sequence[str], code: str, kind: str = "productprice", flow: str = "price", at: datetime = _NOW - _HOUR
) -> Callable[[PostgresStore], Awaitable[None]]:
    rows = [LogEntry(f"b-{key}", kind, key, False, code, f"why {key}", at) for key in keys]
    return lambda store: store.log("default", flow, rows)


def row_of(page: httpx.Response, text: str) -> str:
    """The visible text of the one row of the table in which this text is; empty when there is none."""
    assert page.status_code == 200, page.text
    rows = [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))) for row in page.text.split("<tr")[1:]]
    found = [row for row in rows if text in row]
    assert len(found) < 2
    return found[0] if found else ""


def change(screens: Served, role: str = "op", **asked: object) -> httpx.Response:
    return screens.post("inbox/change", role, data=asked)


def trail(screens: Served, text: str) -> str:
    return row_of(screens.ask("inbox/trail", "viewer"), text)


def test_four_thousand_records_of_one_cause_are_one_row_that_is_excluded_and_taken_back_in_one_go(
    screens: Served, park: Park
) -> None:
    park([f"3{number:06}" for number in range(4000)], "cargo_unmapped")
    shown = row_of(screens.ask("inbox", "viewer"), "The carrier is not mapped")
    assert "4,000 packages" in shown
    assert "Complete Cargo Company Mapping" in shown

    answer = change(screens, kind="package", code="cargo_unmapped", action="exclude", reason="an old carrier")
    assert "changed=4000" in answer.headers["location"]
    assert "Nothing needs a person" in screens.ask("inbox", "viewer").text
    assert "4,000 packages" in trail(screens, "an old carrier")
    gone = screens.ask("inbox/excluded", "op")
    assert "4,000 packages" in row_of(gone, "an old carrier")

    moment = re.search(r'name="at" value="([^"]+)"', gone.text)
    assert moment
    answer = change(screens, kind="package", at=unescape(moment[1]), action="retry")
    assert "changed=4000" in answer.headers["location"]
    assert screens.airflow.started == [("get_orders", {}, "op")]
    assert "Nobody has excluded anything" in screens.ask("inbox/excluded", "viewer").text
    assert "4,000 packages" in trail(screens, "Retried")


def test_only_what_a_search_finds_is_changed(screens: Served, park: Park) -> None:
    park(["31", "32", "322"], "cargo_unmapped")
    change(screens, kind="package", code="cargo_unmapped", q="432", action="retry")  # part of two order numbers
    assert "1 packages" not in row_of(screens.ask("inbox", "viewer"), "The carrier is not mapped")
    left = screens.ask("inbox/records?kind=package&code=cargo_unmapped", "viewer").text
    assert "why 31" in left
    assert "why 32" not in left


def test_a_record_with_text_that_postgres_cannot_show_breaks_no_page(
    screens: Served, park: Park, state_uri: str
) -> None:
    park(["31", "32"], "cargo_unmapped")
    with psycopg.connect(state_uri) as connection:
        connection.execute(r"""update inbox set payload = '{"order_number": "9", "buyer": "\u0000 \ud800"}'""")
    assert "2 packages" in row_of(screens.ask("inbox", "viewer"), "The carrier is not mapped")
    assert "why 31" in screens.ask("inbox/records?kind=package&code=cargo_unmapped&q=3", "viewer").text
    assert screens.ask("monitoring/search?q=9", "viewer").status_code in (200, 303)


def test_what_solves_itself_needs_nobody(screens: Served, park: Park) -> None:
    park(["7"], "order_unclear", "cancel")
    assert "Nothing needs a person" in screens.ask("inbox", "viewer").text
    assert "1 cancellation" in row_of(screens.ask("inbox/waiting", "viewer"), "got lost a few minutes ago")


def test_a_sku_leaves_when_fashfed_confirms_its_value_and_returns_when_it_fails_anew(
    screens: Served, store: Do
) -> None:
    store(failed(["A-1", "A-2"], "price_invalid"))
    assert "2 prices" in row_of(screens.ask("inbox", "viewer"), "selling at it would give")
    sent = [Sent("A-1", "9.90", "2026-11-26 10:00:00")]
    store(lambda db: db.record_sent("default", "productprice", sent, now=_NOW))
    assert "1 price" in row_of(screens.ask("inbox", "viewer"), "selling at it would give")
    change(
        screens, kind="productprice", code="price_invalid", action="exclude", scope="chosen", keys="A-2", reason="gone"
    )
    assert "Nothing needs a person" in screens.ask("inbox", "viewer").text
    store(failed(["A-2"], "price_invalid", at=datetime.now(UTC)))
    assert "1 price" in row_of(screens.ask("inbox", "viewer"), "selling at it would give")


def test_penalties_of_skus_are_lifted_by_the_flow_for_it(screens: Served, store: Do) -> None:
    store(failed(["A-1", "A-2", "A-3"], "mapping_failed", "product", "product"))
    change(screens, kind="product", code="mapping_failed", action="retry", scope="chosen", keys=["A-3", "A-1"])
    assert screens.airflow.started == [("delete_bulk_failed_integration", {"skus": ["A-3", "A-1"]}, "op")]
    assert "2 products" in trail(screens, "Retried")


def test_held_changes_pass_all_by_a_run_of_the_flow_or_a_few_by_themselves(screens: Served, store: Do) -> None:
    store(failed(["A-1", "A-2", "A-3"], "change_held"))
    holds = [Hold(f"A-{number}", number, "v", "100", "10", _NOW - _HOUR) for number in (1, 2, 3)]
    store(lambda db: db.hold("default", "productprice", holds))
    held = {"kind": "productprice", "code": "change_held", "action": "let_pass"}
    change(screens, **held, scope="chosen", keys="A-2")
    change(screens, **held)
    assert screens.airflow.started == [
        ("delete_bulk_failed_integration", {"skus": ["A-2"]}, "op"),
        ("price", {"let_pass": True}, "op"),
    ]
    assert "Nothing needs a person" in screens.ask("inbox", "viewer").text


def test_when_no_run_can_be_started_it_is_said_and_nothing_is_noted_that_did_not_happen(
    screens: Served, store: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> str:
        raise StopRun("dag_unknown", dag="delete_bulk_failed_integration")

    monkeypatch.setattr(screens.airflow, "start", refuses)
    store(failed(["A-1"], "mapping_failed", "product", "product"))
    answer = change(screens, kind="product", code="mapping_failed", action="retry")
    told = screens.ask(answer.headers["location"].removeprefix("/fashfed/"), "op").text
    assert "Delete Bulk Failed Integration could not be started" in told
    assert "Nobody has changed anything" in screens.ask("inbox/trail", "viewer").text


def test_readers_see_and_do_nothing_and_nobody_sees_buyers_data(screens: Served, park: Park) -> None:
    park(["31"], "cargo_unmapped")
    pages = ("inbox", "inbox/records?kind=package&code=cargo_unmapped")
    for path in pages:
        text = screens.ask(path, "viewer").text
        assert '<button class="primary"' not in text
        assert _BUYER not in text
    assert "431" in screens.ask(pages[1], "viewer").text
    asked = {"kind": "package", "code": "cargo_unmapped", "action": "retry"}
    assert change(screens, "viewer", **asked).status_code == 403
    assert screens.post("inbox/change", "op", data=asked, from_page=False).status_code == 403
    assert change(screens, kind="package", code="cargo_unmapped", action="exclude").status_code == 422
    empty = {"kind": "package", "code": "cargo_unmapped", "key": "31", "order": " "}
    assert screens.post("inbox/assign", "op", data=empty).status_code == 422
    assert "1 package" in row_of(screens.ask("inbox", "viewer"), "The carrier is not mapped")


def test_records_are_ticked_excluded_with_a_reason_and_found_in_the_trail(
    window: BrowserContext, screens: Served, park: Park
) -> None:
    park(["31", "32", "33"], "cargo_unmapped")
    page = window.new_page()
    page.goto(f"{screens.url}/inbox")
    expect(page.locator("#inbox-count")).to_contain_text("1")
    page.get_by_role("link", name="The carrier is not mapped").click()
    page.get_by_label("Tick 31", exact=True).check()
    page.get_by_label("Tick 33", exact=True).check()
    page.get_by_label("Tick 33", exact=True).press("Enter")  # which changes nothing
    page.get_by_role("button", name="Exclude …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Exclude 2 ticked").click()
    expect(dialog).to_be_visible()  # it asks for the reason
    dialog.get_by_label("Reason").fill("entered by hand")
    dialog.get_by_label("Reason").press("Enter")
    expect(page.get_by_role("status").filter(has_text="2 excluded.")).to_be_visible()
    expect(page.get_by_label("Tick 32", exact=True)).to_be_visible()
    expect(page.get_by_label("Tick 31", exact=True)).to_have_count(0)
    page.goto(f"{screens.url}/inbox/trail")
    expect(page.get_by_role("row", name="entered by hand")).to_contain_text("admin")
