"""How the flow ``stock`` drains the feed and settles its batches (reference/flows.md 4.7 and 5)."""

import pytest

from include.clients.transport import Request, Response
from include.domain.batch import BatchState
from include.flows.context import Tuning
from tests.unit.flows.catalog.stockroom import STOCKS, batch_states, on_sale, penalised
from tests.worldkit import Kit


async def test_an_empty_feed_opens_no_batch(settled: Kit) -> None:
    await settled.run("stock")
    assert settled.wire.count("POST", "batch_requests") == 0
    assert settled.wire.count("POST", "/offers/") == 0


async def test_a_page_with_nothing_to_send_still_closes_its_records(settled: Kit) -> None:
    hub = settled.sandbox.omnitron
    unsent = next(row for row in hub.products.rows.values() if not hub.actions.get("product", row["pk"]))
    hub.touch("productstock", hub.stocks.find("product", unsent["pk"])[0], stock=9)
    report = await settled.run("stock")
    assert (report.counts["failed"], report.counts["sent"]) == (1, 0)
    assert batch_states(settled)[-1] == "done"
    assert settled.wire.count("POST", "/offers/") == 0


async def test_no_market_call_carries_more_than_fifty_skus(kit: Kit) -> None:
    big = Kit.made(size=220)
    await big.run("stock")
    big.wire.requests.clear()
    big.sandbox.touch_stocks(180)
    report = await big.run("stock")
    sizes = [len(body["items"]) for body in big.wire.bodies("POST", STOCKS)]
    assert report.counts["sent"] == 180
    assert max(sizes) <= 50
    assert len(sizes) == 4


async def test_a_feed_of_ten_thousand_rows_is_drained_in_pages_in_one_run() -> None:
    big = Kit.made(size=11_000)
    await big.run("stock")
    big.wire.requests.clear()
    big.sandbox.touch_stocks(10_000)
    report = await big.run("stock")
    assert report.counts["updated"] == 10_000
    assert big.sandbox.stock_differences() == []
    assert sum(report.requests.values()) <= 1_000
    limits = {dict(request.query)["limit"] for request in big.wire.requests if "product_stocks" in request.url}
    assert limits == {"100"}


async def test_a_run_out_of_time_leaves_the_rest_to_the_next_one(settled: Kit) -> None:
    settled.sandbox.touch_stocks(30)
    settled.sandbox.faults.set_latency(10_000)
    tuning = Tuning(feed_page=5, batch_objects=5)
    report = await settled.run("stock", "send", tuning=tuning)
    assert 0 < report.counts["read"] <= 30
    settled.sandbox.faults.clear()
    await settled.run("stock")
    assert settled.sandbox.stock_differences() == []


async def test_the_version_written_back_is_the_one_that_was_read(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)

    def sell_meanwhile(request: Request) -> None:
        if request.url.endswith(STOCKS) and on_sale(settled, sku) != 7:
            settled.sandbox.touch_stock(sku, 10)

    settled.wire.interceptors.append(sell_meanwhile)
    await settled.run("stock")
    settled.wire.interceptors.clear()
    await settled.run("stock")
    assert on_sale(settled, sku) == 7


async def test_a_batch_the_market_still_works_on_is_settled_by_a_later_run(settled: Kit) -> None:
    settled.sandbox.fashfed.processing_seconds = 300
    settled.sandbox.touch_stocks(1)
    report = await settled.run("stock")
    assert (report.counts["sent"], report.counts["updated"]) == (1, 0)
    assert batch_states(settled)[-1] == "ongoing"
    await settled.later(minutes=5)
    report = await settled.run("stock")
    assert report.counts["updated"] == 1
    assert batch_states(settled)[-1] == "done"


async def test_a_batch_beyond_the_waiting_limit_fails_and_its_skus_come_back(settled: Kit) -> None:
    settled.sandbox.fashfed.next_batches.append("stuck")
    [sku] = settled.sandbox.touch_stocks(1)
    await settled.run("stock")
    await settled.later(hours=5.9)
    assert (await settled.run("stock")).counts["failed"] == 0
    await settled.later(minutes=10)
    report = await settled.run("stock")
    assert report.errors == {"market_timeout": 1}
    assert sku in penalised(settled)
    await settled.later(hours=8.1)
    await settled.run("stock")
    assert settled.sandbox.stock_differences() == []


async def test_a_batch_the_market_has_lost_fails_its_skus_only(settled: Kit) -> None:
    first, second = settled.sandbox.touch_stocks(2)
    settled.sandbox.fashfed.next_batches.append("lost")
    report = await settled.run("stock", tuning=Tuning(market_items=1))
    assert report.errors == {"market_lost_batch": 1}
    assert report.counts["updated"] == 1
    assert len(penalised(settled) & {first, second}) == 1


async def test_answered_skus_do_not_wait_for_a_stuck_call_of_the_same_batch(settled: Kit) -> None:
    settled.sandbox.fashfed.next_batches.append("stuck")
    skus = settled.sandbox.touch_stocks(4)
    await settled.run("stock", tuning=Tuning(market_items=2))
    await settled.later(minutes=3)
    report = await settled.run("stock")
    assert report.counts["updated"] == 2
    hub = settled.sandbox.omnitron
    held = {sku for sku in skus if _status(settled, sku) == "processing"}
    assert len(held) == 2
    for sku in skus:
        settled.sandbox.touch_stock(sku, 90)
    await settled.run("stock")
    assert {sku for sku in skus if on_sale(settled, sku) == 87} == set(skus) - held
    await settled.later(hours=6)
    report = await settled.run("stock")
    assert report.errors["market_timeout"] == 2
    assert penalised(settled) & set(skus) == held
    assert {batch["status"] for batch in hub.batches.rows.values()} <= {"done", "fail"}


def _status(kit: Kit, sku: str) -> str | None:
    action = kit.sandbox.omnitron.actions.get("productstock", kit.sandbox.stock_row(sku)["pk"])
    return action.status if action else None


async def test_one_batch_that_cannot_be_settled_does_not_hold_up_the_others(settled: Kit) -> None:
    settled.sandbox.touch_stocks(2)
    await settled.run("stock", "send", tuning=Tuning(feed_page=1, batch_objects=1))
    waiting = [batch for batch in settled.database.batches.values() if batch.state is BatchState.SENT_TO_REMOTE]
    assert len(waiting) == 2
    ticket = (await settled.store().batch_items(waiting[0].id))[0].ticket
    page = Response(200, {"content-type": "text/html"}, b"<html>login</html>")
    settled.wire.interceptors.append(lambda request: page if f"/batches/{ticket}/" in request.url else None)
    with pytest.raises(Exception, match="is not"):
        await settled.run("stock", "settle")
    assert sorted(batch_states(settled)[-2:]) == ["done", "sent_to_remote"]
