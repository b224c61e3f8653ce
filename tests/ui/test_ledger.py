"""Orders that differ, over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from include.state.store import Comparison, Difference
from tests.ui.served import Served

_NOW = datetime.now(UTC)


def test_orders_that_differ_are_named_with_the_next_step_and_lead_to_their_log(
    screens: Served, in_store: Callable[[Any], Any]
) -> None:
    assert "Not compared yet" in screens.ask("/monitoring/orders", "viewer").text
    found = [Difference(f"31{n:05}", "package_missing", f"Package 31{n:05} has no order", None) for n in range(51)]

    async def compared(store: Any) -> None:
        await store.keep_comparison("default", Comparison("order_ledger", _NOW, {"from": "", "to": ""}))
        await store.note_differences("default", "order", checked=[], found=found, now=_NOW)

    in_store(compared)
    text = screens.ask("/monitoring/orders", "viewer").text
    assert "Package 3100000 has no order" in text
    assert "1–50 of 51" in text
    assert "monitoring/search?q=3100000" in text
    assert "Package 3100050 has no order" in screens.ask("/monitoring/orders?p=2", "viewer").text


def test_where_all_orders_agree_the_page_says_so(screens: Served, in_store: Callable[[Any], Any]) -> None:
    in_store(lambda store: store.keep_comparison("default", Comparison("order_ledger", _NOW, {"from": "", "to": ""})))
    assert "Every order is accounted for" in screens.ask("/monitoring/orders", "viewer").text
