"""What `make run` tells while it runs, read from the run reports."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Json

from include.local.happening import Happening

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TYPES = {
    "stock": "productstock",
    "product": "product",
    "category_node": "categorytree",
    "get_orders": "order",
    "alarms": None,
}


class _Reports:
    """Writes run reports as the flows do, each a second after the one before."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._number = 0

    def add(
        self, flow: str, step: str, outcome: str | None = "success", reason: str | None = None, **counts: int
    ) -> None:
        self._number += 1
        at = BEGAN + timedelta(seconds=self._number)
        with psycopg.connect(self._uri) as connection:
            connection.execute(
                "INSERT INTO run_reports (channel, flow, run_id, step, outcome, started_at, finished_at, seconds, "
                "reason, counts, requests, errors) VALUES ('default', %s, %s, %s, %s, %s, %s, 1, %s, %s, '{}', '{}')",
                (flow, f"run-{self._number}", step, outcome, BEGAN, at if outcome else None, reason, Json(counts)),
            )

    def decide(self, sku: str, decision: str, minutes: int = 1) -> None:
        """Note what Fashfed's owner said of a product, so many minutes after the start."""
        with psycopg.connect(self._uri) as connection:
            connection.execute(
                "INSERT INTO events (channel, subject, key, before, after, at) "
                "VALUES ('default', 'suggestion', %s, 'waiting', %s, %s)",
                (sku, decision, BEGAN + timedelta(minutes=minutes)),
            )


@pytest.fixture
def reports(state_uri: str) -> _Reports:
    return _Reports(state_uri)


@pytest.fixture
def happening(state_uri: str) -> Happening:
    return Happening(state_uri, TYPES, BEGAN)


def test_a_flow_is_told_in_one_line_with_what_it_counts(happening: Happening, reports: _Reports) -> None:
    reports.add("stock", "send", read=240, sent=214, failed=3)
    reports.add("stock", "settle", updated=214)
    reports.add("get_orders", "apply", created=12)
    assert happening.lines() == [
        "stock: 214 SKUs sent, 214 taken over by Fashfed, 3 refused",
        "get_orders: 12 orders created",
    ]


def test_nothing_is_told_twice(happening: Happening, reports: _Reports) -> None:
    reports.add("stock", "send", sent=1)
    assert happening.lines() == ["stock: 1 SKUs sent"]
    assert happening.lines() == []
    reports.add("stock", "send", sent=2)
    assert happening.lines() == ["stock: 2 SKUs sent"]


def test_runs_that_moved_nothing_or_go_on_are_not_told(happening: Happening, reports: _Reports) -> None:
    reports.add("stock", "send", read=5, unchanged=5)
    reports.add("stock", "settle", outcome="skipped")
    reports.add("stock", "send", outcome=None, sent=9)
    assert happening.lines() == []


def test_the_catalogue_is_told_in_its_own_words(happening: Happening, reports: _Reports) -> None:
    reports.add("category_node", "run", read=80, created=75, updated=2, failed=1)
    reports.add("product", "settle", updated=190, failed=10)
    assert happening.lines() == [
        "category_node: 75 categories created, 2 updated, 1 failed",
        "product: 190 products taken over by Fashfed, 10 refused",
    ]


def test_what_the_owner_of_fashfed_decided_is_told_once(happening: Happening, reports: _Reports) -> None:
    reports.decide("OLD", "approved", minutes=-1)
    for sku, decision in (("A", "approved"), ("B", "approved"), ("C", "rejected"), ("D", "waiting2")):
        reports.decide(sku, decision)
    assert happening.lines() == ["Fashfed's owner: 2 products approved, 1 rejected"]
    assert happening.lines() == []


def test_a_skipped_flow_is_told_with_its_reason(happening: Happening, reports: _Reports) -> None:
    reports.add("product", "feature_flag", outcome="skipped", reason="feature flag product is false")
    assert happening.lines() == ["product is skipped: feature flag product is false"]


def test_what_a_dry_run_would_do_is_not_told_as_done(happening: Happening, reports: _Reports) -> None:
    reports.add("stock", "send", reason="dry run", sent=9)
    assert happening.lines() == []


def test_a_run_that_failed_is_told_even_when_it_moved_nothing(happening: Happening, reports: _Reports) -> None:
    reports.add("alarms", "send", outcome="failed")
    assert happening.lines() == ["alarms: 1 runs failed"]


def test_a_database_that_is_away_is_no_reason_to_end(happening: Happening) -> None:
    gone = Happening("postgresql://fashfed@127.0.0.1:1/connector", TYPES, BEGAN)
    assert gone.lines() == []
