"""The page of one SKU: why it is not on sale, in one look, and what an operator can do about it."""

import pytest
from playwright.sync_api import BrowserContext

from include.connections import Connection
from include.local.postgres import EmbeddedPostgres
from include.state import migrations
from tests.bench.rig import rig
from tests.ui.monitored import audits, log, states, waits
from tests.ui.served import Connections, Served, served

_REFUSED = {"on_sale": False, "code": "market_refused", "reason": "Fashfed refused S/1 mavi: image too small"}


@pytest.fixture
def refused(screens: Served, state_uri: str) -> Served:
    states(state_uri, {"sku": "S/1 mavi", **_REFUSED}, {"sku": "fine"})
    log(state_uri, {"key": "S/1 mavi", "message": "Fashfed refused S/1 mavi: image too small"})
    waits(state_uri, "S/1 mavi")
    return screens


def test_one_look_says_why_a_sku_is_not_on_sale_and_who_does_what(refused: Served) -> None:
    page = refused.ask("/skus/S/1%20mavi", "viewer").text
    assert "Not on sale" in page
    assert "Fashfed refused S/1 mavi: image too small" in page
    assert "Next step (catalogue team):" in page
    assert "in batch" in page
    assert "Release its penalty" not in page
    assert "its price and stock agree" in refused.ask("/skus/fine", "viewer").text


def test_a_sku_that_nobody_knows_is_said_to_be_one(screens: Served) -> None:
    page = screens.ask("/skus/NOPE", "viewer").text
    assert "did not see this SKU" in page
    assert "No flow has handled it" in page


def test_what_failed_before_any_comparison_is_the_verdict(screens: Served, state_uri: str) -> None:
    log(state_uri, {"key": "NEW", "kind": "product", "flow": "product", "message": "Stock data not found"})
    page = screens.ask("/skus/NEW", "viewer").text
    assert "Not sent" in page
    assert "Stock data not found" in page


def test_a_penalty_that_cannot_be_asked_for_says_what_is_missing(refused: Served) -> None:
    answer = refused.ask("/skus/S/1%20mavi/penalty", "viewer")
    assert answer.status_code == 200
    assert "connection_missing" in answer.text


def test_a_penalty_is_shown_as_omnitron_has_it_now(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHFED_ALLOW_PRIVATE_HOSTS", "1")
    with rig(postgres, "penalties", size=20, on_sale=0.5) as stand_ins:
        state = stand_ins.environment["AIRFLOW_CONN_CONNECTOR_DB"]
        migrations.upgrade(state)
        stand_ins.run("stock")  # of a product that is not on Fashfed yet
        sku = next(row["sku"] for row in stand_ins.control.get("penalties") if row["content_type"] == "productstock")
        hub = Connection(
            "omnitron_default", "http", stand_ins.control.url, login="connector", password="sandbox",
            extra={"channel_id": 137},
        )  # fmt: skip
        with served(Connections(state, {hub.id: hub})) as screens:
            assert "Product has not been sent" in screens.ask(f"/skus/{sku}", "viewer").text
            shown = screens.ask(f"/skus/{sku}/penalty", "viewer").text
    assert "<td>Stock</td>" in shown
    assert "<td>Product</td>" not in shown


def test_only_operators_release_and_only_from_our_pages(refused: Served) -> None:
    form = {"action": "delete_bulk_failed_integration"}
    assert refused.post("/skus/fine", None, data=form).status_code == 401
    assert refused.post("/skus/fine", "viewer", data=form).status_code == 403
    assert refused.post("/skus/fine", "op", data=form, from_page=False).status_code == 403
    assert refused.post("/skus/fine", "op", data={"action": "housekeeping"}).status_code == 422
    assert refused.airflow.started == []


def test_a_press_releases_the_penalty_of_this_sku_alone(
    window: BrowserContext, refused: Served, state_uri: str
) -> None:
    page = window.new_page()
    page.goto(f"{refused.url}/monitoring")
    page.get_by_label("SKU, order or package number").fill("s/1 MAVI")
    page.keyboard.press("Enter")
    page.wait_for_url("**/skus/S/1%20mavi")
    page.get_by_text("Not known now").wait_for()
    page.get_by_role("button", name="Release its penalty").click()
    assert "Delete Bulk Failed Integration was started" in page.get_by_role("status").first.inner_text()
    assert refused.airflow.started == [("delete_bulk_failed_integration", {"skus": ["S/1 mavi"]}, "admin")]
    assert audits(state_uri) == [("admin", "run of Delete Bulk Failed Integration", "SKU S/1 mavi")]
    page.get_by_role("button", name="Have it sent again").click()
    page.get_by_role("dialog").get_by_role("button", name="Have it sent again").click()
    page.wait_for_url("**started=update_bulk_product_version_date**")
    assert refused.airflow.started[1][0] == "update_bulk_product_version_date"
