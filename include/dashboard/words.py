"""How values are shown to people: numbers, money, times, ages. Times in the deployment's zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_NOTHING = "–"
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def number(value: float | None) -> str:
    """With thin separators between thousands: ``12,345``."""
    if value is None:
        return _NOTHING
    return f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"


def money(value: Decimal | str | None) -> str:
    """Two decimals and separators: ``1,249.90``."""
    return _NOTHING if value is None or value == "" else f"{Decimal(value):,.2f}"


def moment(value: datetime | None, zone: str) -> str:
    """``26 Nov 2026 14:03:22``."""
    return f"{value.astimezone(ZoneInfo(zone)):%-d %b %Y %H:%M:%S}" if value else _NOTHING


def span(seconds: float | timedelta | None) -> str:
    """A duration in its two largest units: ``2 h 5 min``."""
    if seconds is None:
        return _NOTHING
    left = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    if 0 < left < 1:
        return f"{left * 1000:.0f} ms"
    parts = []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{int(left // size)} {unit}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"


def ago(value: datetime | None, now: datetime) -> str:
    """``3 min ago``; ``in 2 h`` for what is to come."""
    if value is None:
        return _NOTHING
    seconds = (now - value).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    told = span(abs(seconds)).split(" ")
    short = " ".join(told[:2])
    return f"{short} ago" if seconds > 0 else f"in {short}"
