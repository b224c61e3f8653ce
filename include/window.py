"""Which span of market time a run reads (design.md section 5). Pure: plain values in, a window out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from include.domain.run import Window

_JUST_NOW = timedelta(hours=1)
"""A manual run's logical date this close to its start is what the trigger form fills in by itself."""


class WindowInvalid(ValueError):
    """The window that somebody asked for cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What Airflow tells a run about its time. Manual and asset-triggered runs may have nothing but ``run_after``."""

    run_after: datetime
    run_type: str = "manual"
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunWindow:
    """The window of a run. ``fixed``: somebody asked for it, so it is not stretched back to the watermark."""

    window: Window
    fixed: bool


def asked_window(start: str | None, end: str | None, *, now: datetime, look_back: timedelta, zone: str) -> RunWindow:
    """The window between two texts of ISO 8601; one without an offset is a time of ``zone``.

    Without an end it reaches to ``now``, without a start ``look_back`` behind its end. Raises ``WindowInvalid``.
    """
    until = _moment("window_end", end, zone) if end else now
    since = _moment("window_start", start, zone) if start else until - look_back
    if since > until:
        raise WindowInvalid(f"window_start ({since.isoformat()}) lies behind window_end ({until.isoformat()})")
    return RunWindow(Window(since, until), fixed=True)


def run_window(occasion: Occasion, look_back: timedelta) -> RunWindow:
    """The window of a run for which nobody gave one.

    A data interval with a width was asked for with the run and is kept. Otherwise the window reaches ``look_back``
    behind the time the run stands for: its slot, the logical date of a manual run, or its start.
    """
    since, until = occasion.data_interval_start, occasion.data_interval_end
    if since and until and since < until:
        return RunWindow(Window(since.astimezone(UTC), until.astimezone(UTC)), fixed=True)
    end = until or occasion.logical_date or occasion.run_after
    if occasion.run_type == "manual" and timedelta(0) <= occasion.run_after - end < _JUST_NOW:
        end = occasion.run_after
    fixed = occasion.run_type == "backfill" or (occasion.run_type == "manual" and end != occasion.run_after)
    return RunWindow(Window.back_from(end.astimezone(UTC), look_back), fixed)


def _moment(name: str, text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WindowInvalid(f"{name} {text!r} is not a time such as 2026-01-31T06:00:00+03:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
