"""The circuit breaker: a remote that is down is left alone for a while (design.md section 10)."""

from include.clock import Clock


class CircuitBreaker:
    """Opens after ``failures`` failed calls in a row; after ``pause`` seconds one call may try."""

    def __init__(self, clock: Clock, failures: int, pause: float) -> None:
        self._clock = clock
        self._limit = failures
        self._pause = pause
        self._open_until: float | None = None
        self._trying = False
        self.failures = 0

    def closed_for(self) -> float:
        """Seconds that calls must wait; 0 lets this caller through (as the one that tries, after a pause)."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self._clock.monotonic()
        if left > 0 or self._trying:
            return max(left, 1.0)
        self._trying = True
        return 0.0

    def succeeded(self) -> None:
        """The remote answered sensibly."""
        self.failures = 0
        self._open_until = None
        self._trying = False

    def failed(self) -> None:
        """A call failed after its retries."""
        self.failures += 1
        self._trying = False
        if self.failures >= self._limit:
            self._open_until = self._clock.monotonic() + self._pause

    def given_up(self) -> None:
        """A call ended without telling anything about the remote (it was cancelled)."""
        self._trying = False
