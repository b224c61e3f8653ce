"""Which span of time a run reads, for every way a run can come about."""

from datetime import UTC, datetime, timedelta

import pytest

from include.domain.run import Window
from include.window import Occasion, WindowInvalid, asked_window, run_window

NOW = datetime(2026, 3, 2, 10, 0, 7, tzinfo=UTC)
SLOT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HALF_DAY = timedelta(hours=12)


def at_slot(run_type: str, moment: datetime = SLOT) -> Occasion:
    return Occasion(NOW, run_type, logical_date=moment, data_interval_start=moment, data_interval_end=moment)


def test_a_scheduled_run_looks_back_from_its_slot_and_may_be_stretched() -> None:
    found = run_window(at_slot("scheduled"), HALF_DAY)
    assert (found.window, found.fixed) == (Window(SLOT - HALF_DAY, SLOT), False)


def test_a_backfill_run_reads_exactly_the_window_of_its_slot() -> None:
    slot = SLOT - timedelta(days=9)
    found = run_window(at_slot("backfill", slot), HALF_DAY)
    assert (found.window, found.fixed) == (Window(slot - HALF_DAY, slot), True)


def test_a_manual_run_with_a_past_date_reads_the_window_of_that_date() -> None:
    asked = SLOT - timedelta(days=3)
    found = run_window(at_slot("manual", asked), HALF_DAY)
    assert (found.window, found.fixed) == (Window(asked - HALF_DAY, asked), True)


def test_the_date_that_the_trigger_form_fills_in_counts_as_now() -> None:
    found = run_window(at_slot("manual", NOW - timedelta(minutes=4)), HALF_DAY)
    assert (found.window, found.fixed) == (Window(NOW - HALF_DAY, NOW), False)


@pytest.mark.parametrize("run_type", ["manual", "asset_triggered", "operator_triggered"])
def test_a_run_without_a_logical_date_looks_back_from_its_start(run_type: str) -> None:
    found = run_window(Occasion(NOW, run_type), HALF_DAY)
    assert (found.window, found.fixed) == (Window(NOW - HALF_DAY, NOW), False)


def test_an_interval_that_was_given_with_the_run_is_kept() -> None:
    start = SLOT - timedelta(days=2)
    occasion = Occasion(NOW, "manual", logical_date=start, data_interval_start=start, data_interval_end=SLOT)
    found = run_window(occasion, HALF_DAY)
    assert (found.window, found.fixed) == (Window(start, SLOT), True)


def asked(start: str | None, end: str | None) -> Window:
    found = asked_window(start, end, now=NOW, look_back=HALF_DAY, zone="Europe/Istanbul")
    assert found.fixed
    return found.window


def test_window_params_are_read_with_their_offset() -> None:
    found = asked("2026-02-01T00:00:00+03:00", "2026-02-01T12:00:00Z")
    assert found == Window(datetime(2026, 1, 31, 21, tzinfo=UTC), datetime(2026, 2, 1, 12, tzinfo=UTC))


def test_a_window_param_without_an_offset_is_a_time_of_the_channels_zone() -> None:
    assert asked("2026-02-01T00:00:00", "2026-02-01T03:00:00").start == datetime(2026, 1, 31, 21, tzinfo=UTC)


def test_a_window_without_an_end_reaches_to_now_and_one_without_a_start_looks_back_from_its_end() -> None:
    assert asked("2026-03-01T00:00:00Z", None).end == NOW
    assert asked(None, "2026-03-01T00:00:00Z").start == datetime(2026, 2, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z", "lies behind"),
        ("yesterday", None, "window_start 'yesterday' is not a time"),
        (None, "31.01.2026", "window_end '31.01.2026' is not a time"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_with_its_reason(start: str | None, end: str | None, said: str) -> None:
    with pytest.raises(WindowInvalid, match=said):
        asked(start, end)
