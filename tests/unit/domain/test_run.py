"""What one run is told and what it reports."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from include.domain.run import COUNTS, Outcome, RunReport, Window

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_window_reaches_back_from_the_time_of_the_run() -> None:
    assert Window.back_from(NOON, timedelta(hours=12)) == Window(NOON - timedelta(hours=12), NOON)


def test_a_window_may_be_a_single_moment_because_both_ends_belong_to_it() -> None:
    assert Window(NOON, NOON).start == NOON


def test_a_window_that_ends_before_it_starts_is_refused_and_both_ends_are_named() -> None:
    with pytest.raises(ValueError, match=r"ends \(2026-03-02 11:00.*starts \(2026-03-02 12:00"):
        Window(NOON, NOON - timedelta(hours=1))


def test_ends_in_different_zones_are_compared_as_moments() -> None:
    istanbul = timezone(timedelta(hours=3))
    assert Window(NOON, NOON.astimezone(istanbul)).end == NOON
    with pytest.raises(ValueError, match="ends"):
        Window(NOON, NOON.replace(tzinfo=istanbul))


@pytest.mark.parametrize("ends", [(NOON.replace(tzinfo=None), NOON), (NOON, NOON.replace(tzinfo=None))])
def test_a_window_without_a_zone_is_refused(ends: tuple[datetime, datetime]) -> None:
    with pytest.raises(ValueError, match="zone"):
        Window(*ends)


def test_a_report_names_every_count_also_those_that_are_zero() -> None:
    shown = RunReport("stock", "default", NOON).as_json()
    assert shown["counts"] == dict.fromkeys(COUNTS, 0)
    assert list(COUNTS) == ["read", "sent", "created", "updated", "parked", "failed", "unchanged"]
    assert shown["window"] is None
    assert shown["outcome"] == "success"


def test_several_steps_add_to_one_report() -> None:
    report = RunReport("get_orders", "default", NOON, Window.back_from(NOON, timedelta(hours=12)))
    report.count("created", 2)
    report.count("created")
    report.count("created", 0)
    report.error("address_not_valid")
    report.error("address_not_valid")
    report.requests = {"omnitron": 7, "fashfed": 3}
    report.seconds = 1.23456
    report.outcome = Outcome.FAILED
    report.reason = "Omnitron did not answer"
    shown = json.loads(json.dumps(report.as_json()))
    assert shown["counts"]["created"] == 3
    assert shown["errors"] == {"address_not_valid": 2}
    assert shown["requests"] == {"fashfed": 3, "omnitron": 7}
    assert (shown["seconds"], shown["outcome"], shown["reason"]) == (1.235, "failed", "Omnitron did not answer")
    assert shown["window"] == {"from": "2026-03-02T00:00:00+00:00", "to": "2026-03-02T12:00:00+00:00"}


def test_a_count_that_no_report_shows_is_a_fault() -> None:
    with pytest.raises(ValueError, match="'lost'"):
        RunReport("stock", "default", NOON).count("lost")
