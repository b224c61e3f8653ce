"""The penalty box: when may a record that failed be tried again (spec section 3, reference/flows.md section 1.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Penalty:
    """What is known about a failing record: when it first failed, how often since, and when it is due again."""

    first_failed_at: datetime
    failures: int
    due_at: datetime


def penalise(
    now: datetime, before: Penalty | None, *, retry_interval: timedelta, expiration: timedelta, max_retries: int
) -> Penalty:
    """The penalty after one more failure at ``now``.

    The next try comes ``retry_interval`` later. Once ``max_retries`` tries after the first error have failed, the
    record rests until the failure expires, ``expiration`` after the first error, and is then a fresh candidate: so
    nothing rests for ever.
    """
    if before is None or now >= before.first_failed_at + expiration:
        before = Penalty(first_failed_at=now, failures=0, due_at=now)
    failures = before.failures + 1
    due_at = now + retry_interval
    if failures > max_retries:
        due_at = max(due_at, before.first_failed_at + expiration)
    return Penalty(before.first_failed_at, failures, due_at)


def wait(now: datetime, before: Penalty | None, interval: timedelta) -> Penalty:
    """The penalty of a record that waits for an event elsewhere: tried again ``interval`` later, no try used up."""
    if before is None:
        return Penalty(first_failed_at=now, failures=0, due_at=now + interval)
    return Penalty(before.first_failed_at, before.failures, now + interval)
