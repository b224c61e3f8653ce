"""The flow ``stock`` when it is killed, disturbed or not alone (design.md sections 6 and 10)."""

import json
from typing import Any

import pytest

from include.clients.transport import Request, Response, TransportError
from include.domain.batch import BatchState
from include.errors import RunInProgress
from include.flows.context import Tuning
from include.state.store import OpenBatch
from tests.unit.flows.catalog.stockroom import STOCKS, batch_states, on_sale, penalised
from tests.worldkit import CHANNEL, Kit


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


async def test_a_killed_run_does_not_make_an_older_value_look_unchanged(settled: Kit) -> None:
    [sku] = settled.sandbox.skus_on_sale()[:1]
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    settled.sandbox.touch_stock(sku, 50)
    assert await settled.run_and_die("stock", on=STOCKS)
    await settled.later(seconds=5)
    settled.sandbox.settle()
    assert on_sale(settled, sku) == 47
    settled.sandbox.touch_stock(sku, 40)
    await settled.run("stock")
    assert on_sale(settled, sku) == 37


async def test_wherever_a_run_is_killed_the_next_two_put_everything_right() -> None:
    after = 0
    killed = True
    while killed:
        after += 3
        kit = Kit.made(size=30)
        killed = await kit.run_and_die("stock", after=after)
        await kit.later(minutes=41)
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
    await settled.later(minutes=41)
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
