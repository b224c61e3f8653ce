"""What both stores decide in the same way."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.state import rules
from include.state.memory import MemoryStore

START = datetime(2024, 1, 1, tzinfo=UTC)

pauses = st.tuples(st.just("pause"), st.floats(0, 20))
leases = st.tuples(st.just("lease"), st.integers(1, 7))
steps = st.lists(st.tuples(st.floats(0, 5), leases | pauses), min_size=1, max_size=60)


@given(steps=steps, per_second=st.floats(0.2, 200), burst=st.integers(7, 30))
async def test_no_window_ever_holds_more_calls_than_the_burst_and_its_time_times_the_rate(
    steps: list[tuple[float, tuple[str, float]]], per_second: float, burst: int
) -> None:
    store = MemoryStore()
    now = START
    paused_until = START
    gone: list[tuple[datetime, int]] = []
    for after, (what, amount) in steps:
        now += timedelta(seconds=after)
        if what == "pause":
            until = now + timedelta(seconds=amount)
            paused_until = max(paused_until, until)
            await store.pause_calls("fashfed", until)
            continue
        calls = int(amount)
        wait = await store.lease_calls("fashfed", calls, per_second=per_second, burst=burst, now=now)
        leaves = now + timedelta(seconds=wait)
        assert leaves >= max(now, paused_until)
        gone.append((leaves, calls))
    for first, (start, _) in enumerate(gone):
        for last in range(first, len(gone)):
            window = (gone[last][0] - start).total_seconds()
            calls = sum(number for _, number in gone[first : last + 1])
            assert calls <= burst + per_second * (window + 2e-6)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_versions_are_compared_as_moments(one: datetime, other: datetime) -> None:
    assert rules.older(one.isoformat(), other.isoformat()) == (one < other)


@pytest.mark.parametrize("version", ["", "yesterday", "2024-13-01T00:00:00Z"])
def test_a_version_that_is_no_date_is_never_older_and_never_newer(version: str) -> None:
    assert rules.version_moment(version) is None
    assert not rules.older(version, "2024-01-01T00:00:00Z")
    assert not rules.older("2024-01-01T00:00:00Z", version)


def test_a_version_without_a_zone_is_read_as_utc() -> None:
    assert rules.version_moment("2024-01-01 10:00:00") == datetime(2024, 1, 1, 10, tzinfo=UTC)


@given(st.text(alphabet=st.characters()))
def test_plain_text_can_be_written_to_postgres(text: str) -> None:
    plain = rules.plain_text(text)
    assert "\x00" not in plain
    assert len(plain) == len(text)
    plain.encode()
