"""What to do about an answer, as data and small pure decisions: classify, wait, retry budget (design.md section 10)."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one remote session; all durations are seconds."""

    timeout: float = 30.0
    """For one request, from connecting to the last byte."""
    attempts: int = 5
    """Requests one call may cost at most (a token renewal not counted)."""
    total: float = 120.0
    """After this long a call is not tried again; so it ends within ``total`` and one more ``timeout``."""
    backoff: float = 0.5
    """The first wait is somewhere between 0 and this; the upper end doubles with each attempt (full jitter)."""
    backoff_cap: float = 10.0
    max_wait: float = 60.0
    """The longest ``Retry-After`` a call sits out; beyond it the call fails with ``RateLimited``."""
    budget_ratio: float = 0.1
    """Repeated requests allowed per request asked for."""
    budget_floor: int = 10
    """Repeated requests always allowed."""
    breaker_failures: int = 5
    """Calls that fail in a row before the session pauses."""
    breaker_pause: float = 30.0

    def jitter(self, attempt: int, rng: random.Random) -> float:
        """Seconds to wait after the given attempt (1 for the first) when the remote named none."""
        return rng.uniform(0, min(self.backoff_cap, self.backoff * 2 ** (attempt - 1)))


class Action(Enum):
    """What an HTTP status asks us to do."""

    READ = auto()
    """Take the body."""
    RENEW = auto()
    """Who we are is not accepted: get a new token or give up."""
    FORBIDDEN = auto()
    """We may not do this."""
    BUSY = auto()
    """Nothing happened; come back later."""
    TRANSIENT = auto()
    """The remote is in trouble; it may or may not have acted."""
    STRAY = auto()
    """Something in between answered (a redirect): not the API."""
    REFUSED = auto()
    """A final no to this request."""


_BY_STATUS = {
    401: Action.RENEW,
    403: Action.FORBIDDEN,
    408: Action.TRANSIENT,
    429: Action.BUSY,
}
_BY_CLASS = {2: Action.READ, 3: Action.STRAY, 4: Action.REFUSED}


def classify(status: int) -> Action:
    """What to do about an answer with this status."""
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, Action.TRANSIENT)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks to wait (a number or an HTTP date), or None when it says nothing useful.

    A date is measured against the answer's own ``Date`` where there is one, so that a wrong clock does no harm.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        until = _http_date(value)
        if until is None:
            return None
        seconds = (until - (_http_date(headers.get("date", "")) or now)).total_seconds()
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class RetryBudget:
    """Repeats allowed in a session: a share of what was asked, and a small floor. Stops retry storms."""

    def __init__(self, policy: Policy) -> None:
        self._ratio = policy.budget_ratio
        self._left = float(policy.budget_floor)

    def asked(self) -> None:
        """One more call was asked for."""
        self._left += self._ratio

    def take(self) -> bool:
        """Whether one more repeat may be sent; it is then used up."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
