"""What happens to a stock that is not accepted: it costs only itself (reference/flows.md 4.7 and 1.3)."""

from typing import Any

import pytest

from include.clients.transport import Request
from tests.unit.flows.catalog.stockroom import on_sale, penalised, sent_values
from tests.worldkit import Kit


async def test_a_product_that_was_never_sent_is_failed_with_the_message_of_the_spec(kit: Kit) -> None:
    hub = kit.sandbox.omnitron
    unsent = {row["sku"] for row in hub.products.rows.values() if not hub.actions.get("product", row["pk"])}
    assert unsent
    report = await kit.run("stock")
    assert report.errors["product_not_sent"] == len(unsent)
    assert penalised(kit) == unsent
    told = [row["raw_response"] for row in hub.error_reports.rows.values() if not row["is_ok"]]
    assert [text.splitlines()[0] for text in told] == ["channel_app-Product has not been sent"] * len(unsent)
    assert all(text.splitlines()[1].startswith("Next step: See why") for text in told)
    assert not unsent & {sku for sku, _ in sent_values(kit)}


async def test_a_penalised_sku_is_left_alone_until_its_interval_is_over(kit: Kit) -> None:
    await kit.run("stock")
    await kit.later(hours=7)
    assert (await kit.run("stock")).counts["read"] == 0
    await kit.later(hours=1.01)
    assert (await kit.run("stock")).errors["product_not_sent"] == len(penalised(kit))


async def test_a_sku_that_the_market_refuses_costs_only_itself(settled: Kit) -> None:
    first, bad, last = settled.sandbox.skus_on_sale()[:3]
    for sku in (first, bad, last):
        settled.sandbox.touch_stock(sku, 50)
    settled.sandbox.fashfed.refused_skus[bad] = "This offer is under review."
    report = await settled.run("stock")
    assert (on_sale(settled, first), on_sale(settled, last)) == (47, 47)
    assert penalised(settled) & {first, bad, last} == {bad}
    assert report.errors == {"market_refused": 1}
    assert report.counts["updated"] == 2
    told = [row["raw_response"] for row in settled.sandbox.omnitron.error_reports.rows.values()]
    assert f"remote-Fashfed refused {bad}: " in told[-2]
    assert "This offer is under review." in told[-2]


async def test_a_sku_that_the_market_does_not_know_is_failed_by_itself(settled: Kit) -> None:
    gone, good = settled.sandbox.skus_on_sale()[:2]
    settled.sandbox.touch_stock(gone, 50)
    settled.sandbox.touch_stock(good, 50)
    settled.sandbox.fashfed.offers.remove(settled.sandbox.fashfed.offers.rows[gone])
    report = await settled.run("stock")
    assert report.errors == {"market_refused": 1}
    assert gone in penalised(settled)
    assert on_sale(settled, good) == 47


async def test_a_sku_the_market_says_nothing_about_counts_as_failed(settled: Kit) -> None:
    skus = settled.sandbox.skus_on_sale()[:3]
    for sku in skus:
        settled.sandbox.touch_stock(sku, 50)
    settled.sandbox.fashfed.next_batches.append("incomplete")
    report = await settled.run("stock")
    assert report.errors == {"market_silent": 1}
    assert report.counts["updated"] == 2
    assert len(penalised(settled) & set(skus)) == 1


@pytest.mark.parametrize("stock", [2.5, "NaN", "many"])
async def test_a_stock_that_is_no_whole_number_costs_only_its_sku(settled: Kit, stock: Any) -> None:
    odd, good = settled.sandbox.skus_on_sale()[:2]
    settled.sandbox.touch_stock(good, 50)
    settled.sandbox.touch_stock(odd, 50)
    settled.sandbox.stock_row(odd)["stock"] = stock
    settled.wire.interceptors.append(lambda request: _unsorted(request))
    report = await settled.run("stock")
    assert on_sale(settled, good) == 47
    assert odd in penalised(settled)
    assert report.counts["failed"] == 1


def _unsorted(request: Request) -> None:
    # a poisoned row cannot be sorted by its stock, so this hub keeps its own order
    if "product_stocks" in request.url:
        object.__setattr__(request, "query", tuple(pair for pair in request.query if pair[0] != "sort"))


async def test_a_row_whose_product_omnitron_does_not_show_is_failed_by_itself(settled: Kit) -> None:
    lost, good = settled.sandbox.skus_on_sale()[:2]
    settled.sandbox.touch_stock(lost, 50)
    settled.sandbox.touch_stock(good, 50)
    hub = settled.sandbox.omnitron
    product = hub.products.find("sku", lost)[0]
    hub.actions.remove(hub.actions.get("product", product["pk"]))
    hub.products.remove(product)
    report = await settled.run("stock")
    assert report.errors == {"product_missing": 1}
    assert on_sale(settled, good) == 47
