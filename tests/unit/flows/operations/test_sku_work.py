"""What both operations on lists of SKUs have in common: outcomes, messages, trouble and time."""

import json
import logging
from functools import partialmethod
from urllib.parse import urlencode

import pytest

from include.clients.transport import Request, Response, TransportError
from include.domain.sku_list import BadLine, SkuList, read_csv
from include.errors import ConfigurationError, RateLimited, RemoteUnavailable
from include.flows.context import FlowContext
from tests.unit.flows.operations.worklist import (
    MOVE,
    RELEASE,
    asked,
    counted,
    due_updates,
    findings,
    hold,
    penalise,
    penalties,
    remember,
    verdicts,
)
from tests.worldkit import CHANNEL, Kit, Process

BOTH = pytest.mark.parametrize("flow", [RELEASE, MOVE])
DONE = {RELEASE: "released", MOVE: "moved"}


@BOTH
async def test_a_file_with_known_unknown_and_busy_skus_gives_the_three_outcomes(
    kit: Kit, sold: list[str], flow: str
) -> None:
    penalise(kit, sold[0])
    local_batch_id = hold(kit, sold[1])
    file = f"sku\r\n{sold[0]}\r\nNO-SUCH-SKU\r\n{sold[1]};\r\nA,B\r\n"
    report = await kit.run(flow, sku_list=read_csv(file.encode()))
    found = await findings(kit, flow)
    assert found[sold[0]].verdict == DONE[flow]
    base = kit.sandbox.urls["omnitron"]
    asked_for = f"{base}/api/v1/channel/137/products/?sort=id&sku__in=NO-SUCH-SKU&page=1&limit=100"
    texts = {
        "NO-SUCH-SKU": f"The relevant SKU not exists in omnitron. Request URL: {asked_for}",
        sold[1]: f"The relevant record is processing in another queue, LocalBatchId: {local_batch_id}",
        "row 5": "Row 5 holds no SKU: it has several values",
    }
    assert {key: row.text for key, row in found.items() if row.verdict == "refused"} == texts
    assert counted(report) == {"read": 4, "updated": 1, "failed": 3}
    assert report.errors == {"sku_unknown": 1, "record_busy": 1, "csv_row": 1}
    logged = {entry.key: entry.message for entry in await kit.store().log_entries(CHANNEL, flow, 10)}
    assert logged == texts


@BOTH
async def test_the_address_of_an_unknown_sku_is_the_one_that_was_asked(kit: Kit, flow: str) -> None:
    await kit.run(flow, sku_list=asked("YOK ŞKÜ/1&2"))
    [look_up] = [request for request in kit.wire.requests if request.url.endswith("/products/")]
    text = (await findings(kit, flow))["YOK ŞKÜ/1&2"].text
    assert text.endswith(f"Request URL: {look_up.url}?{urlencode(look_up.query)}")
    assert look_up.headers["authorization"].split()[-1] not in text


@BOTH
@pytest.mark.parametrize("given", [None, SkuList(())])
async def test_a_run_without_skus_ends_readably(kit: Kit, flow: str, given: SkuList | None) -> None:
    with pytest.raises(ConfigurationError, match="was given no SKUs") as raised:
        await kit.run(flow, sku_list=given)
    assert raised.value.code == "skus_missing"


@BOTH
async def test_a_file_of_bad_rows_alone_says_each(kit: Kit, flow: str) -> None:
    report = await kit.run(flow, sku_list=SkuList((), (BadLine(2, "x"), BadLine(3, "y"))))
    assert await verdicts(kit, flow) == {"row 2": "csv_row", "row 3": "csv_row"}
    assert counted(report) == {"read": 2, "failed": 2}


@BOTH
async def test_the_task_log_has_one_line_per_cause_and_omnitron_no_report(
    kit: Kit, sold: list[str], flow: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fashfed")
    penalise(kit, sold[0])
    hold(kit, sold[1])
    hold(kit, sold[2])
    unknown = [f"NO-{number}" for number in range(300)]
    await kit.run(flow, sku_list=asked(*unknown, *sold[:3]))
    lines = [record.getMessage() for record in caplog.records if record.name == "fashfed"]
    assert len(lines) == 3
    assert lines[0].startswith("300 rows refused: for example: The relevant SKU not exists in omnitron. Request URL: ")
    assert "(NO-0, NO-1, NO-2, NO-3, NO-4 ...). Next step: Correct the SKU" in lines[0]
    assert lines[1].startswith("2 rows refused: for example: The relevant record is processing in another queue")
    assert lines[2] == f"1 row {DONE[flow]} ({sold[0]})"
    assert kit.wire.count("POST", "error_reports") == 0


@BOTH
async def test_findings_stand_in_the_order_of_the_list(kit: Kit, sold: list[str], flow: str) -> None:
    skus = [sku for pair in zip(sold, (f"NO-{number}" for number in range(900)), strict=False) for sku in pair]
    await kit.run(flow, sku_list=asked(*skus))
    assert list(await findings(kit, flow)) == skus


@BOTH
async def test_a_sku_with_a_comma_is_found_and_nothing_else_is_touched(kit: Kit, sold: list[str], flow: str) -> None:
    hub = kit.sandbox.omnitron
    hub.products.change(hub.products.find("sku", sold[0])[0], sku="A,B")
    penalise(kit, "A,B", "productprice")
    penalise(kit, sold[1], "productprice")
    await kit.run(flow, sku_list=asked("A,B", "A"))
    assert await verdicts(kit, flow) == {"A,B": DONE[flow], "A": "sku_unknown"}
    assert penalties(kit) == (1 if flow == RELEASE else 2)
    assert due_updates(kit) == (set() if flow == RELEASE else {"A,B"})
    assert not kit.sandbox.apps["omnitron"].ignored_filters


@BOTH
async def test_what_omnitron_shows_beyond_the_skus_asked_for_stays_as_it_is(
    kit: Kit, sold: list[str], flow: str
) -> None:
    for sku in sold[:2]:
        penalise(kit, sku, "productprice")
    await remember(kit, *sold[:2])
    rows = [kit.sandbox.omnitron.products.find("sku", sku)[0] for sku in sold[:2]]

    def show_all(request: Request) -> Response | None:
        if request.url.endswith("/products/"):
            return Response(200, {"content-type": "application/json"}, json.dumps(rows).encode())
        return None

    kit.wire.interceptors.append(show_all)
    await kit.run(flow, sku_list=asked(sold[0]))
    assert await verdicts(kit, flow) == {sold[0]: DONE[flow]}
    assert penalties(kit) == (1 if flow == RELEASE else 2)
    assert sold[1] in await kit.store().sent(CHANNEL, "product", [sold[1]])


@BOTH
async def test_a_sku_that_spoils_its_look_up_costs_only_itself(kit: Kit, sold: list[str], flow: str) -> None:
    penalise(kit, sold[0])

    def spoil(request: Request) -> Response | None:
        if any("%00" in value for _, value in request.query):
            return Response(400, {"content-type": "application/json"}, b'{"detail": "no such sign"}')
        return None

    kit.wire.interceptors.append(spoil)
    report = await kit.run(flow, sku_list=asked("A%00", sold[0], "NO"))
    assert await verdicts(kit, flow) == {"A%00": "refused", sold[0]: DONE[flow], "NO": "sku_unknown"}
    assert counted(report) == {"read": 3, "updated": 1, "failed": 2}
    await kit.run(flow, sku_list=asked("A%00"))


@BOTH
async def test_a_record_whose_write_fails_costs_only_itself(kit: Kit, sold: list[str], flow: str) -> None:
    for sku in sold[:3]:
        penalise(kit, sku, "product")
    lost: list[str] = []

    def lose(request: Request) -> TransportError | None:
        if request.method not in ("PATCH", "DELETE") or (lost and request.url != lost[0]):
            return None
        lost.append(request.url)
        return TransportError("connection reset", reached=False)

    kit.wire.interceptors.append(lose)
    report = await kit.run(flow, sku_list=asked(*sold[:3]))
    assert sorted((await verdicts(kit, flow)).values()) == sorted([DONE[flow]] * 2 + ["remote_unreachable"])
    assert counted(report) == {"read": 3, "updated": 2, "failed": 1}


@BOTH
async def test_an_outage_stops_the_run_and_what_was_done_stays(kit: Kit, sold: list[str], flow: str) -> None:
    for sku in sold:
        penalise(kit, sku, "productstock")
    seen = 0

    def fail(request: Request) -> TransportError | None:
        nonlocal seen
        seen += request.method in ("PATCH", "DELETE")
        return TransportError("no route", reached=False) if seen > 20 else None

    kit.wire.interceptors.append(fail)
    with pytest.raises(RemoteUnavailable):
        await kit.run(flow, sku_list=asked(*sold))
    done = [key for key, verdict in (await verdicts(kit, flow)).items() if verdict == DONE[flow]]
    assert len(done) == 20
    kit.wire.interceptors.clear()
    await kit.later(minutes=5)
    await kit.run(flow, sku_list=asked(*sold))
    assert penalties(kit) == (0 if flow == RELEASE else len(sold))
    assert due_updates(kit) == (set() if flow == RELEASE else set(sold))


@BOTH
async def test_what_was_on_its_way_when_an_outage_began_is_kept_as_well(kit: Kit, sold: list[str], flow: str) -> None:
    for sku in sold:
        penalise(kit, sku, "productprice")
    kit.sandbox.faults.set_latency(500)
    seen = 0

    def busy(request: Request) -> Response | None:
        nonlocal seen
        seen += request.method in ("PATCH", "DELETE")
        return Response(429, {"retry-after": "3600"}, b"") if seen == 6 else None

    kit.wire.interceptors.append(busy)
    with pytest.raises(RateLimited):
        await kit.run(flow, sku_list=asked(*sold))
    done = [key for key, verdict in (await verdicts(kit, flow)).items() if verdict == DONE[flow]]
    assert len(done) == (len(sold) - penalties(kit) if flow == RELEASE else len(due_updates(kit)))
    assert len(done) == 5


@BOTH
async def test_a_run_whose_time_is_over_names_the_rows_that_are_left(
    kit: Kit, sold: list[str], flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(FlowContext, "out_of_time", lambda _: next(answers, True))
    for sku in sold:
        penalise(kit, sku, "product")
    first = [*sold[:1], *(f"NO-{number}" for number in range(399))]
    report = await kit.run(flow, sku_list=asked(*first, *sold[1:3]))
    found = await verdicts(kit, flow)
    assert (found[sold[0]], found[sold[1]], found[sold[2]]) == (DONE[flow], "skus_left", "skus_left")
    assert counted(report) == {"read": 402, "updated": 1, "failed": 401}


@BOTH
async def test_wherever_a_run_is_killed_a_second_one_comes_to_the_same_end(
    flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = 0
    killed = True
    while killed:
        after += 1
        kit = Kit.made(size=12)
        sold = kit.sandbox.skus_on_sale()
        for sku in sold:
            penalise(kit, sku, "productprice", "productstock")
        busy = hold(kit, sold[-1])
        given = asked("NO", *sold)
        with monkeypatch.context() as patch:
            patch.setattr(Process, "context", partialmethod(Process.context, sku_list=given))
            killed = await kit.run_and_die(flow, after=after)
        await kit.later(minutes=1)
        await kit.run(flow, sku_list=given)
        found = await findings(kit, flow)
        assert set(found) == {"NO", *sold}, after
        assert found[sold[-1]].text.endswith(busy)
        assert penalties(kit) == (2 if flow == RELEASE else 2 * len(sold)), after
        assert due_updates(kit) == (set() if flow == RELEASE else set(sold[:-1])), after
    assert after > 30
