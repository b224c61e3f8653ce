"""Moments as the two remotes write them, taken from the clock that is passed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from include.clock import Clock

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def parse(text: str) -> datetime:
    """Read an ISO 8601 moment; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def micro(moment: datetime) -> str:
    """The hub's form: UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def milli(moment: datetime) -> str:
    """The market's form: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def normal_micro(text: str) -> str:
    """Bring any moment a client may send into the hub's form. Raises ValueError."""
    if len(text) == 27 and text[-1] == "Z" and text[10] == "T":
        return text
    return micro(parse(text))


class Timeline:
    """Now, and strictly increasing version stamps even when the clock stands still.

    ``ahead`` is how far it has jumped ahead of its clock.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ahead = timedelta(0)
        self._last = _LONG_AGO

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    def stamp(self) -> str:
        """A version stamp in the hub's form, later than every one before."""
        self._last = max(self.now(), self._last + timedelta(microseconds=1))
        return micro(self._last)

    @contextmanager
    def earlier(self, span: timedelta) -> Iterator[None]:
        """Within it, it is so much earlier, and what is stamped is stamped then."""
        kept = self.ahead, self._last
        self.ahead, self._last = self.ahead - span, _LONG_AGO
        try:
            yield
        finally:
            self.ahead, self._last = kept

    def __getstate__(self) -> dict[str, Any]:
        return {"clock": None, "ahead": self.ahead, "_last": self._last}
