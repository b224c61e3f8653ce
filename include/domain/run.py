"""What one run of a flow is told and what it reports."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """A span of market time, closed at both ends (design.md section 7). Both ends are aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs times with a zone")
        if self.start > self.end:
            raise ValueError(f"the window ends ({self.end}) before it starts ({self.start})")

    @classmethod
    def back_from(cls, end: datetime, look_back: timedelta) -> "Window":
        """The window that ends at ``end`` and reaches ``look_back`` into the past."""
        return cls(end - look_back, end)

    def as_json(self) -> dict[str, str]:
        """ISO texts under ``from`` and ``to``."""
        return {"from": self.start.isoformat(), "to": self.end.isoformat()}


class Outcome(StrEnum):
    """How a run ended."""

    SUCCESS = "success"
    """It did its work; single records may have failed."""
    FAILED = "failed"
    """It could not do its work."""
    SKIPPED = "skipped"
    """The feature flag or the channel is off."""


COUNTS = ("read", "sent", "created", "updated", "parked", "failed", "unchanged")
"""What a run counts, in the order it is shown. ``read`` is records taken up, ``sent`` records handed to Fashfed."""


@dataclass(slots=True)
class RunReport:
    """What a run did, in numbers. Several steps of one run add to the same report."""

    flow: str
    channel: str
    started_at: datetime
    window: Window | None = None
    outcome: Outcome = Outcome.SUCCESS
    reason: str | None = None
    code: str | None = None
    """Why the run as a whole failed: a code of the error catalogue."""
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    requests: dict[str, int] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, number: int = 1) -> None:
        """Add to one of ``COUNTS``; another name is a fault."""
        if what not in COUNTS:
            raise ValueError(f"a run does not count {what!r}")
        self.counts[what] += number

    def error(self, code: str) -> None:
        """Count one error of the catalogue."""
        self.errors[code] += 1

    def as_json(self) -> dict[str, Any]:
        """The report as ``python -m include.run`` prints it."""
        return {
            "flow": self.flow,
            "channel": self.channel,
            "window": self.window.as_json() if self.window else None,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "counts": {name: self.counts[name] for name in COUNTS},
            "requests": dict(sorted(self.requests.items())),
            "errors": dict(sorted(self.errors.items())),
        }
