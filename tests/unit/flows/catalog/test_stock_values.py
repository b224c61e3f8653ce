"""Which values the flow ``stock`` sends (reference/flows.md 4.7)."""

import pytest

from include.flows.context import Tuning
from include.sandbox.seed.catalogue import agree
from tests.unit.flows.catalog.stockroom import batch_states, on_sale, sent_values
from tests.worldkit import CHANNEL, Kit


async def test_a_changed_stock_reaches_the_market_less_the_buffer(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)
    report = await settled.run("stock")
    assert on_sale(settled, sku) == 37
    assert (report.counts["read"], report.counts["sent"], report.counts["updated"]) == (1, 1, 1)


@pytest.mark.parametrize(("stock", "offered"), [(3, 0), (2, 0), (0, 0), (4, 1)])
async def test_what_is_offered_never_falls_below_zero(settled: Kit, stock: int, offered: int) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.fashfed.offers.rows[sku]["stock"] = 9
    await settled.store().forget_sent(CHANNEL, "productstock", [sku])
    settled.sandbox.touch_stock(sku, stock)
    await settled.run("stock")
    assert on_sale(settled, sku) == offered


async def test_a_changed_buffer_setting_counts_from_the_next_run_on(settled: Kit) -> None:
    settled.conf["buffer_stock"] = "10"
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    assert on_sale(settled, sku) == 30


async def test_inserts_of_products_already_on_the_market_are_sent(kit: Kit) -> None:
    hub = kit.sandbox.omnitron
    new = [
        hub.products.rows[row["product"]]["sku"]
        for row in hub.stocks.rows.values()
        if hub.actions.get("product", row["product"]) and not hub.actions.get("productstock", row["pk"])
    ]
    assert new
    await kit.run("stock")
    assert kit.sandbox.stock_differences() == []
    assert set(new) <= {sku for sku, _ in sent_values(kit)}


async def test_sold_out_skus_go_first(settled: Kit) -> None:
    skus = settled.sandbox.skus_on_sale()[:6]
    for number, sku in enumerate(skus):
        settled.sandbox.touch_stock(sku, 20 + number)
    settled.sandbox.touch_stock(skus[4], 0)
    settled.sandbox.touch_stock(skus[2], 3)
    await settled.store().forget_sent(CHANNEL, "productstock", skus)
    await settled.run("stock", tuning=Tuning(market_items=2))
    assert {sku for sku, _ in sent_values(settled)[:2]} == {skus[4], skus[2]}


async def test_only_the_newest_value_of_a_sku_is_sent(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    for value in (20, 30, 25):
        settled.sandbox.touch_stock(sku, value)
    await settled.run("stock")
    assert sent_values(settled) == [(sku, 22)]


async def test_of_two_stock_rows_of_one_product_the_newer_wins(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    hub = settled.sandbox.omnitron
    old = settled.sandbox.stock_row(sku)
    twin = hub.create("productstock", {key: value for key, value in old.items() if key != "pk"})
    agree(hub, "productstock", twin, sku)
    hub.touch("productstock", twin, stock=33)
    hub.touch("productstock", old, stock=50)
    report = await settled.run("stock")
    assert sent_values(settled) == [(sku, 47)]
    assert (report.counts["sent"], report.counts["unchanged"]) == (1, 1)
    assert batch_states(settled)[-1] == "done"


async def test_an_unchanged_value_is_not_sent_again(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    settled.wire.requests.clear()
    settled.sandbox.touch_stock(sku, 40)
    report = await settled.run("stock")
    assert sent_values(settled) == []
    assert report.counts["unchanged"] == 1
    again = await settled.run("stock")
    assert again.counts["read"] == 0


async def test_a_value_is_sent_again_when_a_buyer_has_changed_the_market_meanwhile(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    settled.sandbox.place_order([sku])
    await settled.run("get_orders")
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    assert on_sale(settled, sku) == 37
