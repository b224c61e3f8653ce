"""The flow ``stock`` as operators know it (reference/flows.md 4.7 and 5)."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from include.clients.transport import Request, Response, TransportError
from include.domain.batch import BatchState
from include.errors import RunInProgress
from include.flows.context import Tuning
from include.sandbox import Sandbox
from include.sandbox.seed.catalogue import agree
from include.state.store import OpenBatch
from tests.worldkit import CHANNEL, Kit

STOCKS = "/offers/stocks/"


def sent_values(kit: Kit) -> list[tuple[str, int]]:
    """(SKU, stock) as they went to Fashfed, in order."""
    return [(item["sku"], item["stock"]) for body in kit.wire.bodies("POST", STOCKS) for item in body["items"]]


def on_sale(kit: Kit, sku: str) -> int:
    stock: int = kit.sandbox.fashfed.offers.rows[sku]["stock"]
    return stock


def penalised(kit: Kit) -> set[str]:
    hub = kit.sandbox.omnitron
    rows = [row for row in hub.penalties.table.rows.values() if row["is_active"]]
    return {hub.products.rows[hub.stocks.rows[row["object_id"]]["product"]]["sku"] for row in rows}


def batch_states(kit: Kit) -> list[str]:
    return [batch["status"] for batch in kit.sandbox.omnitron.batches.rows.values()]


@pytest.fixture
async def settled(kit: Kit) -> Kit:
    """A kit whose market agrees with the hub, with nothing waiting, and a wire that has forgotten how that came."""
    await kit.run("stock")
    await kit.run("stock")
    assert kit.sandbox.stock_differences() == []
    kit.wire.requests.clear()
    return kit


# --- what is sent ---------------------------------------------------------------------------------------------------


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


# --- what is refused ------------------------------------------------------------------------------------------------


async def test_a_product_that_was_never_sent_is_failed_with_the_message_of_the_spec(kit: Kit) -> None:
    hub = kit.sandbox.omnitron
    unsent = {row["sku"] for row in hub.products.rows.values() if not hub.actions.get("product", row["pk"])}
    assert unsent
    report = await kit.run("stock")
    assert report.errors["product_not_sent"] == len(unsent)
    assert penalised(kit) == unsent
    told = [row["raw_response"] for row in hub.error_reports.rows.values() if not row["is_ok"]]
    assert told == ["channel_app-Product has not been sent"] * len(unsent)
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
    products = settled.sandbox.omnitron.products
    products.remove(products.find("sku", lost)[0])
    report = await settled.run("stock")
    assert report.errors == {"product_missing": 1}
    assert on_sale(settled, good) == 47


# --- batches --------------------------------------------------------------------------------------------------------


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
    for sku in skus:
        settled.sandbox.touch_stock(sku, 1)
    await settled.run("stock")
    assert sorted(on_sale(settled, sku) for sku in skus).count(0) >= 2
    assert penalised(settled).isdisjoint(skus)


async def test_one_batch_that_cannot_be_settled_does_not_hold_up_the_others(settled: Kit) -> None:
    settled.sandbox.touch_stocks(2)
    await settled.run("stock", "send", tuning=Tuning(feed_page=1, batch_objects=1))
    first = settled.database.batches[
        min(settled.database.batches, key=lambda name: settled.database.batches[name].pk or 0)
    ]
    waiting = [batch for batch in settled.database.batches.values() if batch.state is BatchState.SENT_TO_REMOTE]
    assert len(waiting) == 2
    assert first
    ticket = waiting[0].items[0].ticket
    page = Response(200, {"content-type": "text/html"}, b"<html>login</html>")
    settled.wire.interceptors.append(lambda request: page if f"/batches/{ticket}/" in request.url else None)
    with pytest.raises(Exception, match="is not"):
        await settled.run("stock", "settle")
    assert sorted(batch_states(settled)[-2:]) == ["done", "sent_to_remote"]


# --- interrupted, disturbed -----------------------------------------------------------------------------------------


async def test_a_batch_left_in_commit_by_a_killed_run_is_closed_by_the_next(settled: Kit) -> None:
    [sku] = settled.sandbox.touch_stocks(1)
    hub = settled.sandbox.omnitron
    assert await settled.run_and_die("stock", on=STOCKS)
    left = list(settled.database.batches.values())[-1]
    assert (left.state, hub.batches.rows[left.pk]["status"]) == (BatchState.COMMIT, "commit")
    await settled.run("stock")
    assert hub.batches.rows[left.pk]["status"] == "fail"
    assert settled.sandbox.stock_differences() == []
    assert sku not in penalised(settled)


async def test_wherever_a_run_is_killed_the_next_two_put_everything_right() -> None:
    after = 0
    killed = True
    while killed:
        after += 3
        kit = Kit.made(size=30)
        killed = await kit.run_and_die("stock", after=after)
        await kit.later(minutes=11)
        await kit.run("stock")
        await kit.run("stock")
        assert kit.sandbox.stock_differences() == [], after
        assert set(batch_states(kit)) <= {"done", "fail"}, after
        assert not kit.database.locks
    assert after > 60


async def test_a_batch_whose_end_could_not_be_noted_does_not_block_the_flow(settled: Kit) -> None:
    hub = settled.sandbox.omnitron
    await settled.run("stock")
    done = hub.batches.rows[max(hub.batches.rows)]
    assert done["status"] == "done"
    now = settled.clock.now()
    await settled.store().add_batch(OpenBatch("x", CHANNEL, "stock", "productstock", BatchState.OPENING, now))
    await settled.store().change_batch("x", BatchState.INITIALIZED, now=now, pk=done["pk"], local_batch_id="x")
    await settled.store().change_batch("x", BatchState.COMMIT, now=now)
    settled.sandbox.touch_stocks(1)
    report = await settled.run("stock")
    assert report.counts["updated"] == 1
    assert settled.database.batches["x"].state is BatchState.DONE


async def test_an_empty_batch_whose_number_never_came_is_swept(settled: Kit) -> None:
    settled.sandbox.touch_stocks(1)
    settled.sandbox.faults.add("reset_after", method="POST", path="*/batch_requests/", next=1)
    with pytest.raises(Exception, match="may have carried out"):
        await settled.run("stock")
    settled.sandbox.faults.clear()
    assert batch_states(settled)[-1] == "initialized"
    await settled.later(minutes=12)
    await settled.run("stock")
    assert "initialized" not in batch_states(settled)
    assert settled.sandbox.stock_differences() == []


async def test_a_second_batch_in_commit_by_another_program_gives_a_readable_error(settled: Kit) -> None:
    [sku, other] = settled.sandbox.touch_stocks(2)
    hub = settled.sandbox.omnitron
    entry = {"pk": settled.sandbox.stock_row(other)["pk"], "content_type": "productstock"}
    entry |= {"version_date": settled.sandbox.stock_row(other)["modified_date"], "remote_id": None}
    stranger = await _as_another_program(settled, entry)
    with pytest.raises(RunInProgress) as raised:
        await settled.run("stock")
    assert raised.value.code == "batch_held"
    assert str(hub.batches.rows[stranger]["local_batch_id"]) in str(raised.value)
    assert penalised(settled).isdisjoint({sku, other})
    assert hub.batches.rows[stranger]["status"] == "commit"
    assert batch_states(settled)[-1] == "fail"


async def _as_another_program(kit: Kit, entry: dict[str, Any]) -> int:
    kit.sandbox.omnitron.tokens.add("stranger")
    base = f"{kit.sandbox.urls['omnitron']}/api/v1/channel/{kit.sandbox.channel_id}/batch_requests/"

    async def call(method: str, url: str, body: Any) -> Any:
        request = Request(method, url, headers={"authorization": "Token stranger"}, body=json.dumps(body).encode())
        return json.loads((await kit.sandbox.transport().send(request)).body)

    pk: int = (await call("POST", base, {}))["pk"]
    body = {"status": "commit", "content_type": "productstock", "objects": [entry]}
    assert (await call("PATCH", f"{base}{pk}/", body))["status"] == "commit"
    return pk


async def test_an_object_that_omnitron_does_not_let_go_costs_only_itself(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(5)
    held = settled.sandbox.stock_row(skus[2])

    def refuse(request: Request) -> Response | None:
        body = json.loads(request.body or b"{}") if request.method == "PATCH" else {}
        if body.get("status") == "commit" and held["pk"] in [entry["pk"] for entry in body["objects"]]:
            return Response(
                406, {}, b'{"non_field_errors":"processing in another queue","code":"batch_request_object_100_3"}'
            )
        return None

    settled.wire.interceptors.append(refuse)
    report = await settled.run("stock")
    assert report.counts["updated"] == 4
    assert report.errors == {"refused": 1}
    assert {sku for sku, _, _ in settled.sandbox.stock_differences()} == {skus[2]}


async def test_an_outage_of_the_market_penalises_nobody_and_the_next_run_sends(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(3)
    settled.sandbox.faults.add("error", remote="fashfed", status=503)
    with pytest.raises(Exception, match="Fashfed"):
        await settled.run("stock")
    assert penalised(settled).isdisjoint(skus)
    assert batch_states(settled)[-1] == "fail"
    settled.sandbox.faults.clear()
    await settled.run("stock")
    assert settled.sandbox.stock_differences() == []


async def test_a_sku_that_spoils_its_call_costs_only_itself_and_is_penalised_when_it_goes_on(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(8)
    page = Response(502, {"content-type": "text/html"}, b"<html>Bad Gateway</html>")
    settled.wire.interceptors.append(
        lambda request: page if request.url.endswith(STOCKS) and skus[3].encode() in (request.body or b"") else None
    )
    report = await settled.run("stock")
    assert report.counts["updated"] == 7
    assert {sku for sku, _, _ in settled.sandbox.stock_differences()} == {skus[3]}
    for _ in range(2):
        assert skus[3] not in penalised(settled)
        settled.sandbox.touch_stocks(2)
        await settled.run("stock")
    assert skus[3] in penalised(settled)


async def test_a_call_that_times_out_while_others_go_through_penalises_nobody(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(8)
    lost = TransportError("timed out", reached=True)
    settled.wire.interceptors.append(
        lambda request: lost if request.url.endswith(STOCKS) and skus[3].encode() in (request.body or b"") else None
    )
    await settled.run("stock")
    settled.wire.interceptors.clear()
    assert penalised(settled).isdisjoint(skus)
    await settled.run("stock")
    assert settled.sandbox.stock_differences() == []


async def test_a_feed_row_that_cannot_be_read_costs_only_itself(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(4)
    bad = settled.sandbox.stock_row(skus[1])
    bad["product"] = {"pk": None}
    report = await settled.run("stock")
    assert report.counts["updated"] == 3
    assert report.errors == {"record_unreadable": 1}


async def test_a_page_that_cannot_be_read_is_read_in_parts(settled: Kit) -> None:
    skus = settled.sandbox.touch_stocks(20)
    poisoned = settled.sandbox.stock_row(skus[7])

    def spoil(request: Request) -> Response | None:
        query = dict(request.query)
        if "product_stocks/updates" not in request.url:
            return None
        due = settled.sandbox.omnitron.feeds.due("productstock", 1, "updates").head("stock", 1000)
        start = (int(query["page"]) - 1) * int(query["limit"])
        shown = [row["pk"] for row in due[start : start + int(query["limit"])]]
        return Response(200, {}, b'{"results": [{"pk": 1,') if poisoned["pk"] in shown else None

    settled.wire.interceptors.append(spoil)
    report = await settled.run("stock")
    assert report.counts["updated"] == 19
    assert {sku for sku, _, _ in settled.sandbox.stock_differences()} == {skus[7]}


async def test_two_runs_at_a_time_do_not_overlap(settled: Kit) -> None:
    settled.sandbox.touch_stocks(5)
    store = settled.store()
    async with store.lock(CHANNEL, "productstock", wait=0):
        with pytest.raises(RunInProgress) as raised:
            await settled.run("stock", tuning=Tuning(lock_wait=5))
    assert raised.value.code == "run_in_progress"


# --- what an operator reads -----------------------------------------------------------------------------------------


async def test_many_records_with_one_cause_are_one_line(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    big = Kit.made(size=500)
    with caplog.at_level(logging.INFO, "fashfed"):
        report = await big.run("stock")
    lines = [record.getMessage() for record in caplog.records if "Product has not been sent" in record.getMessage()]
    assert len(lines) == 1
    assert f"{report.errors['product_not_sent']} SKUs failed" in lines[0]
    assert "[product_not_sent]" in lines[0]
    assert "Next step: " in lines[0]
    assert any(record.getMessage().startswith("Done: ") for record in caplog.records)


async def test_a_dry_run_says_what_it_would_send_and_writes_nothing(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    before = kit.sandbox.stock_differences()
    with caplog.at_level(logging.INFO, "fashfed"):
        report = await kit.run("stock", "send", dry_run=True)
    assert report.counts["sent"] > 0
    assert kit.sandbox.stock_differences() == before
    assert {request.method for request in kit.wire.requests if "auth/login" not in request.url} == {"GET"}
    assert any(record.getMessage().startswith("Would send ") for record in caplog.records)


async def test_the_penalty_follows_the_setting_of_the_content_type(kit: Kit, sandbox: Sandbox) -> None:
    kit.conf["FAILED_INTEGRATION"]["productstock"] = {
        "RETRY_INTERVAL": 600, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2,
    }  # fmt: skip
    await kit.run("stock")
    await kit.later(seconds=timedelta(minutes=11).total_seconds())
    assert (await kit.run("stock")).errors["product_not_sent"] == len(penalised(kit))
