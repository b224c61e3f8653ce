"""Trigger: every flow can be started with what it takes, lists are answered row by row, past days are read again."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from include.catalogue import CATALOGUE
from include.domain.run import Outcome, RunReport
from include.errors import RecordFailed
from include.flows.form import fields
from include.flows.registry import FLOWS
from include.state.store import Finding, LogEntry
from tests.ui.served import Served

Do = Callable[[Any], Any]
_NOW = datetime.now(UTC)
_BULK = "delete_bulk_failed_integration"
_REFUSED = RecordFailed("record_busy", local_batch_id="7f1c")


def text_of(page: httpx.Response | str) -> str:
    """What somebody reads."""
    html = page if isinstance(page, str) else page.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def upload(screens: Served, flow: str, content: bytes, **more: str) -> httpx.Response:
    return screens.post(f"triggers/{flow}", "op", data=more, files={"csv": ("list.csv", content, "text/csv")})


def played(screens: Served, flow: str, run_id: str, state: str, tasks: Mapping[str, str | None]) -> None:
    """Airflow shows a run as its newest one."""
    started = None if state == "queued" else _NOW - timedelta(minutes=2)
    run = {"dag_id": flow, "run_id": run_id, "state": state, "run_type": "manual", "who": "op", "tasks": tasks}
    times = {"run_after": _NOW, "start_date": started, "end_date": _NOW if state in ("success", "failed") else None}
    screens.airflow.known[flow] = [{**run, **times}]


def found(run_id: str, rows: Sequence[Finding], flow: str = _BULK) -> Any:
    return lambda store: store.keep_findings("default", flow, run_id, rows, now=_NOW)


def reported(run_id: str, flow: str = _BULK, step: str = "run", **facts: Any) -> Any:
    report = RunReport(flow, "default", _NOW - timedelta(minutes=1), seconds=61.0, outcome=Outcome.SUCCESS)
    report.counts.update(facts.get("counts", {}))
    report.errors.update(facts.get("errors", {}))
    return lambda store: store.finish_run(report, run_id=run_id, step=step, now=_NOW)


def test_every_flow_is_on_the_list_with_what_its_last_run_did_and_how_far_the_present_one_is(
    screens: Served, in_store: Do
) -> None:
    in_store(reported("scheduled__1", "price", "send+settle", counts={"read": 17, "sent": 15}, errors={"refused": 2}))
    played(screens, "price", "manual__2", "running", {"feature_flag": "success", "send": "running", "settle": None})
    screens.airflow.is_paused.add("stock")
    page = screens.ask("triggers", "viewer")
    text = text_of(page)
    assert all(flow.display_name in text for flow in FLOWS.values())
    assert "17 read , 15 sent" in text
    assert "2 errors" in text
    assert 'max="3" value="1"' in page.text
    assert "Paused in Airflow" in text
    assert "<form" not in page.text.partition("<main")[2]


def test_the_form_of_a_flow_has_the_fields_of_its_dag(screens: Served) -> None:
    for name, flow in FLOWS.items():
        form = screens.ask(f"triggers/{name}", "op").text.partition("<main")[2]
        names = re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', form)
        assert sorted(names) == sorted(field.name for field in fields(flow)), name


def test_a_list_is_handed_to_the_run_as_it_was_sent_and_who_did_it_is_noted(screens: Served, in_store: Do) -> None:
    content = "\ufeffsku\r\nŞAL-1\r\n\r\nA-2;x\r\n ŞAL-1 \r\n"
    answer = upload(screens, "product", content.encode("utf-16"), dry_run="true")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/fashfed/triggers/product/run?run=manual__1&of=2"
    [(dag, given, who)] = screens.airflow.started
    assert (dag, who) == ("product", "op")
    assert given["dry_run"] is True
    assert given["csv"].split("\r\n")[1:] == ["ŞAL-1", "", "A-2;x", " ŞAL-1 ", ""]
    [audit] = in_store(lambda store: store.audits("default", 1))
    assert (audit.who, audit.action, audit.subject, audit.key) == ("op", "start", "run of Product", "manual__1")
    assert audit.reason == "1 SKU of list.csv; Dry run"


def test_a_file_that_cannot_be_worked_off_is_answered_at_once_in_the_words_of_the_spec(screens: Served) -> None:
    header = "sku cannot identify please check your csv file. Header value should be set this: sku"
    for flow, content, told in (
        ("product", b"barcode\nA\n", header),
        (_BULK, b"SKU\nA\n", header),
        (_BULK, b"\xff\xfe\x00", "cannot be read"),
        (_BULK, b"sku\n", "was given no SKUs"),
        (
            _BULK,
            b"sku\n" + b"A%d\n" * 3 % (1, 2, 3) + b"".join(b"B%d\n" % n for n in range(200_000)),
            "at most 200,000",
        ),
    ):
        answer = upload(screens, flow, content)
        assert answer.status_code == 422, told
        assert told in text_of(answer)
    both = upload(screens, "product", b"sku\nA\n", skus="B")
    assert (both.status_code, "both given" in text_of(both), ">B</textarea>" in both.text) == (422, True, True)
    assert upload(screens, _BULK, b"sku\n" + b"A" * 6_000_000).status_code == 413
    assert screens.post(f"triggers/{_BULK}", "op").status_code == 422
    assert screens.airflow.started == []


def test_a_window_is_given_as_it_was_typed_and_refused_when_it_cannot_be_read(screens: Served) -> None:
    typed = {"window_start": "2026-01-31T06:00", "window_end": "2026-01-31T18:00"}
    assert screens.post("triggers/get_orders", "op", data=typed).status_code == 303
    assert screens.airflow.started == [("get_orders", typed, "op")]
    back = screens.post("triggers/get_orders", "op", data={**typed, "window_end": "2026-01-30T06:00"})
    assert back.status_code == 422
    assert "lies behind To" in text_of(back)
    assert 'value="2026-01-31T06:00"' in back.text
    assert screens.post("triggers/get_orders", "op", data={"window_start": "yesterday"}).status_code == 422
    assert len(screens.airflow.started) == 1
    assert screens.post("triggers/nonsense", "op").status_code == 404


def test_rows_of_a_list_are_shown_by_outcome_and_exported_without_formulas(screens: Served, in_store: Do) -> None:
    rows = [Finding("product", f"SKU-{n:03}", "released") for n in range(60)]
    refused = [
        Finding("product", key, "refused", code=_REFUSED.code, text=_REFUSED.message) for key in ("=HYPERLINK(1)", "B")
    ]
    in_store(found("manual__1", [*rows, *refused]))
    in_store(found("another", [Finding("product", "OTHER", "released")]))
    in_store(reported("manual__1", counts={"read": 62, "updated": 60, "failed": 2}, errors={"record_busy": 2}))
    played(screens, _BULK, "manual__1", "success", {"feature_flag": "success", "run": "success"})
    run = f"triggers/{_BULK}/run?run=manual__1"
    text = text_of(screens.ask(run, "viewer"))
    for told in ("All 62", "Penalty lifted 60", "Refused 2", "SKU-049", CATALOGUE["record_busy"].next_step):
        assert told in text
    assert "SKU-050" not in text
    assert "OTHER" not in text
    second = text_of(screens.ask(f"{run}&p=2", "viewer"))
    assert _REFUSED.message in second
    assert "LocalBatchId: 7f1c" in second
    only = text_of(screens.ask(f"{run}&verdict=refused&q=hyper", "viewer"))
    assert "=HYPERLINK(1)" in only
    assert "Rows 1 to 1" in only
    file = screens.ask(f"triggers/{_BULK}/rows.csv?run=manual__1&verdict=refused", "viewer")
    assert file.text.splitlines()[1].startswith("'=HYPERLINK(1),Refused,")
    assert len(file.text.splitlines()) == 3


def test_a_product_that_was_taken_up_and_failed_later_says_of_what(screens: Served, in_store: Do) -> None:
    in_store(found("manual__1", [Finding("product", "A", "chosen"), Finding("product", "B", "chosen")], "product"))
    error = RecordFailed("stock_not_found", sku="B")
    later = _NOW + timedelta(minutes=1)
    entries = [
        LogEntry("x", "product", "B", False, error.code, error.message, later),
        LogEntry("y", "product", "A", False, error.code, "an older failure", _NOW - timedelta(days=1)),
    ]
    in_store(lambda store: store.log("default", "product", entries))
    played(screens, "product", "manual__1", "success", dict.fromkeys(("feature_flag", "send", "settle"), "success"))
    page = screens.ask("triggers/product/run?run=manual__1", "viewer").text
    text = text_of(page)
    assert f"B Failed {error.message}" in text
    assert "A Taken up" in text
    assert "an older failure" not in text


def test_a_run_that_was_skipped_says_why(screens: Served, in_store: Do) -> None:
    report = RunReport("stock", "default", _NOW, outcome=Outcome.SKIPPED, reason="feature flag stock is false")
    in_store(lambda store: store.finish_run(report, run_id="earlier", step="feature_flag", now=_NOW))
    tasks = {"feature_flag": "success", "send": "skipped", "settle": "skipped"}
    played(screens, "stock", "manual__1", "success", tasks)
    text = text_of(screens.ask("triggers/stock/run?run=manual__1", "viewer"))
    assert "Skipped: feature flag stock is false" in text
    assert screens.ask("triggers/stock/run?run=nonsense", "viewer").status_code == 404


def test_a_template_is_what_the_upload_takes(screens: Served) -> None:
    template = screens.ask(f"triggers/{_BULK}/template.csv", "viewer")
    assert template.headers["content-disposition"] == f'attachment; filename="{_BULK}.csv"'
    assert upload(screens, _BULK, template.content + b"A-1\r\n").status_code == 303
    assert screens.ask("triggers/stock/template.csv", "viewer").status_code == 404


def test_a_backfill_says_how_many_runs_it_makes_before_it_makes_them(screens: Served, in_store: Do) -> None:
    days = {"first": "2026-01-10", "last": "2026-01-11"}
    plan = text_of(screens.ask("triggers/sweep_orders/backfill?first=2026-01-10&last=2026-01-11", "op"))
    assert "5 runs, one after the other" in plan
    assert screens.airflow.backfilled == []
    assert screens.post("triggers/sweep_orders/backfill", "op", data=days).status_code == 303
    [(dag, start, end, again, who)] = screens.airflow.backfilled
    assert (dag, again, who) == ("sweep_orders", False, "op")
    # slots behind midnight of the first day; the one at midnight behind the last day reads its second half
    assert [slot.isoformat() for slot in (start, end)] == [
        "2026-01-10T00:00:00.000001+03:00",
        "2026-01-12T11:59:59.999999+03:00",
    ]
    [audit] = in_store(lambda store: store.audits("default", 1))
    assert (audit.action, audit.reason) == ("backfill", "2026-01-10 to 2026-01-11")
    assert "0 of 5 over" in text_of(screens.ask("triggers/sweep_orders/backfill/now", "viewer"))


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-01-11", "2026-01-10"), ("2025-01-01", "2026-01-01"), ("", "2026-01-10"), ("2026-01-10", "2999-01-01")],
)
def test_days_that_cannot_be_read_are_refused(screens: Served, first: str, last: str) -> None:
    answer = screens.post("triggers/sweep_orders/backfill", "op", data={"first": first, "last": last})
    assert answer.status_code == 422
    assert screens.airflow.backfilled == []


def test_a_person_uploads_a_list_and_watches_it_being_worked_off(
    window: BrowserContext, screens: Served, in_store: Do
) -> None:
    page = window.new_page()
    page.goto(f"{screens.url}/triggers")
    page.get_by_role("link", name=re.compile("^Delete Bulk Failed Integration Lifts")).click()
    page.get_by_label("CSV file").set_input_files(
        {"name": "big.csv", "mimeType": "text/csv", "buffer": b"sku\n" + b"x" * 5_300_000}
    )
    expect(page.get_by_text("The file has more than 5 MB.")).to_be_visible()
    page.get_by_label("CSV file").set_input_files(
        {"name": "autumn.csv", "mimeType": "text/csv", "buffer": b"sku\nA\nB\nC\nD\n"}
    )
    played(screens, _BULK, "manual__1", "running", {"feature_flag": "success", "run": "running"})
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("4 SKUs of autumn.csv")).to_be_visible()
    expect(page.get_by_text("No row is done yet")).to_be_visible()

    in_store(found("manual__1", [Finding("product", "A", "released")]))
    expect(page.get_by_text("1 of 4 rows so far")).to_be_visible()
    rest = [Finding("product", key, "released") for key in "BC"]
    last = Finding("product", "D", "refused", code=_REFUSED.code, text=_REFUSED.message)
    in_store(found("manual__1", [*rest, last]))
    in_store(reported("manual__1", counts={"read": 4, "updated": 3, "failed": 1}))
    played(screens, _BULK, "manual__1", "success", {"feature_flag": "success", "run": "success"})
    page.get_by_role("link", name="Refused 1").click()
    expect(page.get_by_text(_REFUSED.message)).to_be_visible()
    assert page.locator("[hx-trigger*='every 2s']").count() == 0
