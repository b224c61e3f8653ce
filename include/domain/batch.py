"""Batch requests: the carrier of a push flow's results in Omnitron (api/omnitron.md section 3.3)."""

from dataclasses import dataclass
from enum import StrEnum


class BatchState(StrEnum):
    """States of a batch request. ``OPENING`` is ours alone; the others are Omnitron's words."""

    OPENING = "opening"
    """We are about to ask Omnitron for the batch; it may or may not exist there."""
    INITIALIZED = "initialized"
    """It exists and holds nothing."""
    COMMIT = "commit"
    """It holds objects; no other batch of this content type may commit."""
    SENT_TO_REMOTE = "sent_to_remote"
    """Fashfed accepted the work and will answer later."""
    ONGOING = "ongoing"
    """Fashfed was asked at least once and is still working."""
    DONE = "done"
    """Every object has an outcome."""
    FAIL = "fail"
    """Ended before all objects had an outcome; the unnamed ones are released."""


OPEN = frozenset(
    {BatchState.OPENING, BatchState.INITIALIZED, BatchState.COMMIT, BatchState.SENT_TO_REMOTE, BatchState.ONGOING}
)
WAITING = frozenset({BatchState.SENT_TO_REMOTE, BatchState.ONGOING})
"""States in which Fashfed owes us an answer."""

NEXT: dict[BatchState, frozenset[BatchState]] = {
    BatchState.OPENING: frozenset({BatchState.INITIALIZED, BatchState.FAIL}),
    BatchState.INITIALIZED: frozenset({BatchState.COMMIT, BatchState.DONE, BatchState.FAIL}),
    BatchState.COMMIT: frozenset({BatchState.COMMIT, BatchState.SENT_TO_REMOTE, BatchState.DONE, BatchState.FAIL}),
    BatchState.SENT_TO_REMOTE: frozenset({BatchState.ONGOING, BatchState.DONE, BatchState.FAIL}),
    BatchState.ONGOING: frozenset({BatchState.ONGOING, BatchState.DONE, BatchState.FAIL}),
    BatchState.DONE: frozenset(),
    BatchState.FAIL: frozenset(),
}
"""Legal transitions (reference/flows.md section 1.1)."""


def may_become(state: BatchState, new: BatchState) -> bool:
    """Whether a batch in ``state`` may be moved to ``new``."""
    return new in NEXT[state]


class Fate(StrEnum):
    """What became of one object of a batch, as far as we know."""

    SENT = "sent"
    """In the market's hands under ``ticket``."""
    UNCHANGED = "unchanged"
    """The market has this value already; nothing was sent."""
    FAILED = "failed"
    """Not accepted, for the reason ``code`` and ``text`` give."""
    RELEASED = "released"
    """Not handed over, through no fault of its own: it goes back to the feed without a penalty."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One object of a batch as we remember it until the batch is settled.

    ``version`` is the modified date that was read, byte for byte (design.md section 6.3). ``key`` is what the market
    calls the object (the SKU), ``value`` what is sent, ``ticket`` the market's batch that carries it.

    An object of another content type than the batch's rides with the record of its key and shares its fate: a product
    takes its stock, price and images along. Of one that is ``unnamed`` Omnitron is told nothing: the value left with
    the record, but its own flow brings it too.

    ``body`` is what is sent where ``value`` does not say it, ``answer`` the market's own words; both for people to see.
    """

    pk: int
    content_type: str
    version: str
    key: str
    value: str = ""
    fate: Fate = Fate.RELEASED
    ticket: str | None = None
    code: str | None = None
    text: str | None = None
    unnamed: bool = False
    body: str | None = None
    answer: str | None = None
