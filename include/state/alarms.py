"""What the store keeps of alarms, as values: rules, incidents, notices, and the facts that rules are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Criterion(StrEnum):
    """What a rule looks at (spec section 7.3); ``alarms.criteria`` has the words and units."""

    ERRORS = "errors"
    """Number of errors in the interval: the spec's "Error Rate"."""
    ERROR_PERCENTAGE = "error_percentage"
    """Share of the records taken up in the interval that failed."""
    AVERAGE_FLOW_TIME = "average_flow_time"
    """Mean seconds of the runs that ended in the interval."""
    NOTHING_ARRIVED = "nothing_arrived"
    """No record was taken up in the interval."""
    NO_SUCCESS = "no_success"
    """No run succeeded in the interval."""
    FAILED_RUNS = "failed_runs"
    """Runs that failed in a row, within the interval."""
    BACKLOG_AGE = "backlog_age"
    """Minutes for which a record has been due, or a batch open."""
    PARKED = "parked"
    """Records that have waited for a person for longer than the interval."""
    LEDGER_DIFFERENCE = "ledger_difference"
    """Differences between both sides that have stood for longer than the interval."""
    ENGINE_LATE = "engine_late"
    """Minutes for which no rule was evaluated."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When somebody is to be told: a measure strictly greater than the threshold. ``id`` is None before it is saved.

    ``flow`` None is every flow, each by itself. No ``mails`` and no ``webhook``: the operators are told. ``built_in``
    is the name of a rule that exists from the first start.
    """

    criterion: Criterion
    flow: str | None
    threshold: float
    interval_minutes: int
    mails: tuple[str, ...] = ()
    webhook: str | None = field(default=None, repr=False)
    active: bool = True
    built_in: str | None = None
    id: int | None = None
    changed_at: datetime | None = None
    changed_by: str = ""


class IncidentState(StrEnum):
    """States of a trouble."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Member:
    """One rule that sees an incident, at one flow (or error code of it)."""

    rule_id: int
    subject: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble from its begin to its end, whatever rules see it. ``id`` is None before it is opened.

    ``code`` is of the error catalogue, where one is known. ``value`` is the measure of the rule that opened it, and
    ``records`` how many records it was about when it was last looked at.
    """

    cause: str
    state: IncidentState
    summary: str
    flows: tuple[str, ...]
    members: tuple[Member, ...]
    since: datetime
    last_seen_at: datetime
    code: str | None = None
    records: int = 0
    value: float = 0.0
    calm_since: datetime | None = None
    resolved_at: datetime | None = None
    id: int | None = None


class NoticeKind(StrEnum):
    """What a notice tells."""

    OPENED = "opened"
    RESOLVED = "resolved"
    TEST = "test"


class Way(StrEnum):
    """How a notice goes out."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one address, or one call of a web hook. ``target`` of a web hook is a secret.

    ``{incident}`` in the body of a new notice becomes the incident's id.
    """

    what: NoticeKind
    way: Way
    target: str = field(repr=False)
    subject: str
    body: str
    made_at: datetime
    due_at: datetime
    incident_id: int | None = None
    sent_at: datetime | None = None
    tries: int = 0
    trouble: str | None = None
    """Why the last try did not succeed."""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """One incident that is opened (it has no id yet) or that changes, with what is to be sent about it."""

    incident: Incident
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A flow whose runs are looked at. A run is good when ``last_step`` is; one that has not ended ``dead_after``
    seconds after its start has died, and counts as failed."""

    flow: str
    last_step: str
    dead_after: float


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """What the runs of one flow did that ended since a moment, dry runs aside. A run counts once, whatever its
    steps."""

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    """Of all runs together that were not skipped, as far as they ended."""
    ended: int = 0
    """Runs that ``seconds`` is of."""
    read: int = 0
    failed_records: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    """By code, of records and of whole runs."""


@dataclass(frozen=True, slots=True)
class Streak:
    """The failed runs of a flow since its last good or skipped one; not one that Airflow is still to try again.
    ``code`` and ``reason`` are the newest's."""

    runs: int
    since: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one kind and code that wait: due or parked rows of the inbox, open batches, differences."""

    kind: str
    code: str | None
    records: int
    since: datetime


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What the rules are judged by, as the state database has it at one moment."""

    runs: Mapping[tuple[datetime, str], FlowFacts]
    """By the moment and flow asked for; flows without a run that ended since then are absent."""
    streaks: Mapping[str, Streak]
    """By flow, where runs have failed since the last good one."""
    last_success: Mapping[str, datetime]
    on_since: Mapping[str, datetime]
    """The first run of each flow since it was last skipped; absent where it is off, or has never run."""
    due: Sequence[Waiting]
    """Of the inbox: new and parked rows whose time has come; ``since`` is when it came."""
    batches: Sequence[Waiting]
    """Open batches by flow (``kind``)."""
    parked: Mapping[datetime, Sequence[Waiting]]
    """Rows whose tries failed first before a moment asked for."""
    differences: Mapping[datetime, Sequence[Waiting]]
    """Differences that have stood since before a moment asked for."""
    evaluated_at: datetime | None
    """When the rules were last evaluated to the end."""
    watching_since: datetime | None
    """Since when they have been evaluated without a gap."""
