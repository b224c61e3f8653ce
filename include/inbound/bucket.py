"""How often one caller may ask.

Kept in the process, because a flood must not reach the state database. A deployment has one API server process
(``--workers 1``); with more of them each gives its own share.
"""

from include.clock import Clock

PER_MINUTE = 60
BURST = 20
"""Requests at once after a rest."""


class Buckets:
    """One bucket per caller; it holds ``BURST`` requests and gets ``PER_MINUTE`` of them back in a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def wait(self, caller: str) -> float:
        """Take one request out of the caller's bucket: 0, or the seconds until there is one again."""
        now, each = self._clock.monotonic(), 60 / PER_MINUTE
        left, since = self._levels.get(caller, (float(BURST), now))
        left = min(float(BURST), left + (now - since) / each)
        if left < 1:
            self._levels[caller] = left, now
            return (1 - left) * each
        self._levels[caller] = left - 1, now
        return 0.0
