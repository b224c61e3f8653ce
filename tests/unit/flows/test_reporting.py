"""What the record log shows beside a record: what was sent of it, what was answered, and which run it was."""

import json

from include.sandbox.fashfed import Line
from include.state.store import LogEntry
from tests.unit.flows.catalog.shelf import drawn_kit, skus
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL, Kit

_BUYER = {"first_name": "Kanaryabey", "last_name": "Kanaryaoglu", "line": "Kanarya Bahcesi Sok. 77"}


async def rows(kit: Kit, flow: str) -> list[LogEntry]:
    """The record log of a flow, newest first."""
    return await kit.store().log_entries(CHANNEL, flow, 500)


async def test_a_stock_that_fashfed_refuses_is_shown_as_it_was_sent_with_fashfeds_words(kit: Kit) -> None:
    await kit.run("stock")
    bad = kit.sandbox.skus_on_sale()[0]
    kit.sandbox.touch_stock(bad, 50)
    kit.sandbox.fashfed.refused_skus[bad] = "This offer is under review."
    await kit.run("stock", run_id="manual__7")
    (refused,) = [row for row in await rows(kit, "stock") if row.code == "market_refused"]
    call, sent = (refused.request or "").split("\n")
    assert call == "POST /api/i2/offers/stocks/"
    assert json.loads(sent) == {"sku": bad, "stock": 47}
    assert "This offer is under review." in (refused.response or "")
    assert refused.run_id == "manual__7"
    batch = next(row for row in await rows(kit, "stock") if row.run_id == "manual__7" and row.kind == "batchrequest")
    assert batch.request == "POST /api/i2/offers/stocks/\n1 SKUs in 1 calls"


async def test_what_never_left_has_no_request(kit: Kit) -> None:
    await kit.run("stock")
    unsent = [row for row in await rows(kit, "stock") if row.code == "product_not_sent"]
    assert unsent
    assert {(row.request, row.response) for row in unsent} == {(None, None)}


async def test_a_product_that_fashfed_refuses_later_is_shown_as_it_was_suggested() -> None:
    kit = await drawn_kit()
    sku = skus(kit)[0]
    kit.sandbox.fashfed.refused_skus[sku] = "Image too small"
    await kit.run("product", "send")
    suggested = next(
        item for body in kit.wire.bodies("POST", "/products/batch/") for item in body["items"] if item["sku"] == sku
    )
    await kit.run("product", "settle")
    (refused,) = [row for row in await rows(kit, "product") if row.code == "suggestion_failed"]
    call, sent = (refused.request or "").split("\n")
    assert call == "POST /api/i2/products/batch/"
    assert json.loads(sent) == suggested
    assert "Image too small" in (refused.response or "")


async def test_a_request_that_is_long_is_cut() -> None:
    kit = await drawn_kit()
    sku = skus(kit)[0]
    next(iter(kit.sandbox.omnitron.products.find("sku", sku)))["attributes"]["aciklama"] = "y" * 9000
    kit.sandbox.fashfed.refused_skus[sku] = "z" * 9000
    await kit.run("product")
    (refused,) = [row for row in await rows(kit, "product") if row.code == "suggestion_failed"]
    assert len(refused.request or "") <= 4096
    assert len(refused.response or "") == 4096


async def test_orders_are_shown_by_their_numbers_and_lines_and_nothing_of_the_buyer(kit: Kit) -> None:
    shop = Shop(kit)
    good = shop.buy(Line(shop.skus[0], 2), address=_BUYER)
    bad = shop.buy(Line("NO-SUCH-SKU"), address=_BUYER)
    await shop.run(run_id="scheduled__1")
    found = {row.key: row for row in await rows(kit, "get_orders") if row.kind == "order"}
    for package, sku, quantity in ((good, shop.skus[0], 2), (bad, "NO-SUCH-SKU", 1)):
        shown = json.loads(found[package["number"]].request or "")
        assert (shown["number"], shown["order_number"]) == (package["number"], package["order_number"])
        assert [(line["sku"], line["quantity"]) for line in shown["lines"]] == [(sku, quantity)]
    assert (found[good["number"]].ok, found[bad["number"]].code) == (True, "product_unknown")
    assert {row.run_id for row in found.values()} == {"scheduled__1"}
    assert "kanarya" not in str(found).lower()
