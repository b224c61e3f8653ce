"""When a record that failed is tried again (spec section 3, reference/flows.md section 1.3)."""

from datetime import UTC, datetime, timedelta

from include.domain.penalty import Penalty, penalise, wait

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(hours=8)
EXPIRATION = timedelta(seconds=57601)


def after(hours: float, before: Penalty | None, max_retries: int = 2) -> Penalty:
    """The penalty after a failure so many hours after noon."""
    now = NOON + timedelta(hours=hours)
    return penalise(now, before, retry_interval=INTERVAL, expiration=EXPIRATION, max_retries=max_retries)


def test_the_first_failure_keeps_a_record_back_for_the_retry_interval() -> None:
    assert after(0, None) == Penalty(NOON, 1, NOON + INTERVAL)


def test_a_further_failure_counts_up_from_the_first_and_moves_the_time() -> None:
    assert after(8, after(0, None)) == Penalty(NOON, 2, NOON + timedelta(hours=16))


def test_max_retry_count_counts_the_tries_after_the_first_error() -> None:
    """With two retries the third failure is the last: the record then rests until its failure expires."""
    third = after(2, after(1, after(0, None)))
    assert third == Penalty(NOON, 3, NOON + EXPIRATION)


def test_without_retries_the_first_failure_rests_until_it_expires() -> None:
    assert after(0, None, max_retries=0) == Penalty(NOON, 1, NOON + EXPIRATION)


def test_a_record_never_rests_less_than_the_retry_interval_also_when_its_failure_is_about_to_expire() -> None:
    assert after(15, after(0, None, 0), 0).due_at == NOON + timedelta(hours=23)


def test_an_expired_failure_is_forgotten_and_the_count_begins_again() -> None:
    exhausted = after(2, after(1, after(0, None)))
    moment = NOON + EXPIRATION
    fresh = penalise(moment, exhausted, retry_interval=INTERVAL, expiration=EXPIRATION, max_retries=2)
    assert fresh == Penalty(moment, 1, moment + INTERVAL)


def test_a_failure_just_before_its_expiration_still_counts_on() -> None:
    moment = NOON + EXPIRATION - timedelta(microseconds=1)
    later = penalise(moment, after(0, None), retry_interval=INTERVAL, expiration=EXPIRATION, max_retries=2)
    assert (later.first_failed_at, later.failures) == (NOON, 2)


def test_a_changed_setting_counts_from_the_next_failure_on() -> None:
    running = after(0, None)
    changed = penalise(
        NOON + timedelta(hours=8), running, retry_interval=timedelta(hours=1), expiration=EXPIRATION, max_retries=2
    )
    assert running.due_at == NOON + INTERVAL
    assert changed.due_at == NOON + timedelta(hours=9)


def test_a_record_that_waits_for_an_event_elsewhere_uses_up_no_try() -> None:
    first = wait(NOON, None, timedelta(hours=1))
    assert first == Penalty(NOON, 0, NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=1)
    assert wait(later, first, timedelta(hours=1)) == Penalty(NOON, 0, later + timedelta(hours=1))
    assert wait(later, after(0, None), timedelta(hours=1)) == Penalty(NOON, 1, later + timedelta(hours=1))


def test_a_failure_after_waiting_is_the_first_one() -> None:
    assert after(1, wait(NOON, None, timedelta(hours=1))) == Penalty(NOON, 1, NOON + timedelta(hours=9))
