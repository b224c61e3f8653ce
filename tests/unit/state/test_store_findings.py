"""What every store does with the findings of runs."""

from dataclasses import replace

from include.state.store import Finding, Store
from tests.unit.state.examples import MINUTE, NOW


def a_finding(key: str, verdict: str = "send") -> Finding:
    return Finding("productstock", key, verdict, "5")


async def test_what_a_run_found_is_shown_in_the_order_it_was_kept(store: Store) -> None:
    refused = Finding("productstock", "C", "refuse", "", "stock_missing", "Stock data not found")
    await store.keep_findings("default", "stock", "run 1", [a_finding("B"), a_finding("A")], now=NOW)
    await store.keep_findings("default", "stock", "run 1", [refused], now=NOW)
    found = [a_finding("B"), a_finding("A"), refused]
    assert await store.findings("default", "stock", run_id="run 1") == found
    assert await store.findings("default", "stock", run_id="run 1", limit=2) == found[:2]
    assert await store.findings("default", "stock", run_id="run 1", limit=2, offset=1) == found[1:]
    assert await store.findings("default", "stock", run_id="run 1", offset=3) == []


async def test_without_a_run_those_of_the_run_that_kept_something_last_are_shown(store: Store) -> None:
    assert await store.findings("default", "stock") == []
    await store.keep_findings("default", "stock", "run 1", [a_finding("A")], now=NOW)
    await store.keep_findings("default", "stock", "run 2", [a_finding("B")], now=NOW)
    await store.keep_findings("default", "stock", "run 3", [], now=NOW)
    await store.keep_findings("default", "price", "run 4", [a_finding("C")], now=NOW)
    await store.keep_findings("tr", "stock", "run 5", [a_finding("D")], now=NOW)
    assert await store.findings("default", "stock") == [a_finding("B")]
    assert await store.findings("default", "stock", run_id="run 1") == [a_finding("A")]
    await store.keep_findings("default", "stock", "run 1", [a_finding("E")], now=NOW - MINUTE)
    assert await store.findings("default", "stock") == [a_finding("A"), a_finding("E")]


async def test_findings_of_another_flow_channel_or_run_are_not_shown(store: Store) -> None:
    await store.keep_findings("default", "stock", "run 1", [a_finding("A")], now=NOW)
    assert await store.findings("default", "price", run_id="run 1") == []
    assert await store.findings("tr", "stock", run_id="run 1") == []
    assert await store.findings("default", "stock", run_id="run 2") == []


async def test_any_text_can_be_a_finding(store: Store) -> None:
    odd = Finding("product", "SKU\x00ı", "refuse", "a\tb\\n", "bad_line", "half \ud800 a letter")
    await store.keep_findings("default", "product", "run 1", [odd], now=NOW)
    plain = replace(odd, key="SKU?ı", text="half ? a letter")
    assert await store.findings("default", "product") == [plain]
