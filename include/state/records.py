"""What the store keeps, as values (design.md section 11). Times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from include.domain.batch import BatchState
from include.domain.penalty import Penalty


class InboxState(StrEnum):
    """States of a record that came from the market."""

    NEW = "new"
    """Seen, not applied yet."""
    PARKED = "parked"
    """Could not be applied; tried again at ``due_at``."""
    DONE = "done"
    """Applied; nothing is owed."""
    EXCLUDED = "excluded"
    """Not to be applied, by the rule named in ``reason``."""


OWED = (InboxState.NEW, InboxState.PARKED)
"""States of a record that is still to be applied."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as the market showed it. ``changed_at`` is the market's own updated date."""

    market_id: str
    changed_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One record of the inbox. ``payload`` is the newest the market showed."""

    channel: str
    kind: str
    market_id: str
    state: InboxState
    changed_at: datetime
    payload: Mapping[str, Any]
    first_seen_at: datetime
    due_at: datetime
    penalty: Penalty | None = None
    code: str | None = None
    reason: str | None = None
    cause: str | None = None
    """What a parked row waits for, the same for all rows that wait for it; None where nothing can be looked for."""


@dataclass(frozen=True, slots=True)
class Received:
    """What ``receive`` did with the rows it was given."""

    new: int
    changed: int
    known: int


class ClaimState(StrEnum):
    """States of the right to cause an effect exactly once."""

    OPEN = "open"
    """Claimed; the effect may or may not have happened: look before causing it again."""
    DONE = "done"
    """The effect happened; ``detail`` says what it made."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The unique right to one effect. ``fresh`` is True only for the caller who just made it."""

    action: str
    key: str
    state: ClaimState
    detail: Mapping[str, Any]
    fresh: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch request of ours. ``id`` is minted by us before Omnitron is asked; ``pk`` is Omnitron's."""

    id: str
    channel: str
    flow: str
    content_type: str
    state: BatchState
    opened_at: datetime
    pk: int | None = None
    local_batch_id: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """One pair of names: the market's and the hub's. One market line may be several hub items."""

    kind: str
    remote_id: str
    hub_id: int
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A value of a key with the version it was read with: confirmed by Fashfed, or about to leave."""

    key: str
    value: str
    version: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what a run found or would do: of a dry run, a comparison or a list of SKUs that was worked off.

    ``kind`` is a content type, ``verdict`` one word of the flow (send, unchanged, refuse, added, released ...)."""

    kind: str
    key: str
    verdict: str
    value: str = ""
    code: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record on which the two remotes do not agree. ``code`` is of the error catalogue; no personal data."""

    key: str
    code: str
    text: str
    since: datetime | None = None
    """When it was first found; given by the store."""


ORDER_LEDGER, PRODUCTS = "order_ledger", "products"
"""Names of the comparisons."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of one comparison of both remotes; ``figures`` is JSON, money as text."""

    name: str
    at: datetime
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """One change that a person made: who, what, to which record, why."""

    who: str
    action: str
    subject: str
    key: str
    reason: str
    at: datetime


class SuggestionState(StrEnum):
    """What the marketplace owner says of a suggested product."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that Fashfed took over for approval. ``key`` is what Fashfed calls it, ``version`` what was sent."""

    key: str
    pk: int
    version: str
    state: SuggestionState
    suggested_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A change that a brake holds back until a person lets this version pass."""

    key: str
    pk: int
    version: str
    before: str
    after: str
    held_at: datetime
    passed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the record log: a record that failed, was parked or applied, or a batch that was handled.

    ``request`` is what a remote was sent of it, ``response`` what it said, both redacted; ``run_id`` the run that wrote
    the line."""

    log_id: str
    kind: str
    key: str
    ok: bool
    code: str | None
    message: str
    at: datetime
    request: str | None = None
    response: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One transition of a batch, an inbox row, a claim, a suggestion, a hold or a difference, written in the same
    transaction. Append-only."""

    subject: str
    key: str
    before: str | None
    after: str
    at: datetime
