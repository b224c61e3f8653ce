"""The data of the store in memory, and how its parts reach it."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from include.domain.batch import BatchItem
from include.state import rules
from include.state.alarms import AlarmRule, Incident, Notice
from include.state.store import (
    Audit,
    Claim,
    Comparison,
    Correction,
    Difference,
    Event,
    Finding,
    Hold,
    Identity,
    InboxRow,
    LogEntry,
    OpenBatch,
    Sent,
    SkuState,
    Suggestion,
)


@dataclass(slots=True)
class InboxMark:
    """What the inbox keeps of a row beside what it shows: the row's place in the order of first sight, when its cause
    was last looked at, when it became done or excluded, and whether its payload was emptied since."""

    number: int
    looked_at: datetime | None = None
    settled_at: datetime | None = None
    pruned: bool = False


@dataclass(slots=True)
class MemoryDatabase:
    """The data that outlives a process, and who holds which lock."""

    channels: dict[str, datetime] = field(default_factory=dict)
    locks: dict[tuple[str, str], object] = field(default_factory=dict)
    runs: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)
    logs: dict[tuple[str, str], list[LogEntry]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[str, OpenBatch] = field(default_factory=dict)
    batch_items: dict[str, tuple[BatchItem, ...]] = field(default_factory=dict)
    inbox: dict[tuple[str, str], dict[str, InboxRow]] = field(default_factory=lambda: defaultdict(dict))
    inbox_marks: dict[tuple[str, str, str], InboxMark] = field(default_factory=dict)
    audits: dict[str, list[Audit]] = field(default_factory=lambda: defaultdict(list))
    claims: dict[tuple[str, str, str], Claim] = field(default_factory=dict)
    identities: dict[tuple[str, str, str], dict[int, Identity]] = field(default_factory=lambda: defaultdict(dict))
    sent: dict[tuple[str, str, str], Sent] = field(default_factory=dict)
    versions: dict[tuple[str, str, str], str] = field(default_factory=dict)
    submitted: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    doubted: set[tuple[str, str, str]] = field(default_factory=set)
    findings: dict[tuple[str, str], list[tuple[str, Finding, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    comparisons: dict[tuple[str, str], list[Comparison]] = field(default_factory=lambda: defaultdict(list))
    differences: dict[tuple[str, str], dict[str, Difference]] = field(default_factory=lambda: defaultdict(dict))
    sku_states: dict[str, dict[str, SkuState]] = field(default_factory=dict)
    corrections: dict[tuple[str, str], list[Correction]] = field(default_factory=lambda: defaultdict(list))
    suggestions: dict[tuple[str, str], Suggestion] = field(default_factory=dict)
    holds: dict[tuple[str, str], dict[str, Hold]] = field(default_factory=lambda: defaultdict(dict))
    watermarks: dict[tuple[str, str], datetime] = field(default_factory=dict)
    cache: dict[tuple[str, str], tuple[Any, datetime]] = field(default_factory=dict)
    budgets: dict[str, datetime] = field(default_factory=dict)
    pauses: dict[str, datetime] = field(default_factory=dict)
    alarm_rules: dict[str, dict[int, AlarmRule]] = field(default_factory=lambda: defaultdict(dict))
    built_in_rules: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    incidents: dict[str, dict[int, Incident]] = field(default_factory=lambda: defaultdict(dict))
    notices: dict[str, dict[int, Notice]] = field(default_factory=lambda: defaultdict(dict))
    numbers: Counter[str] = field(default_factory=Counter)
    events: dict[tuple[str, str, str], list[Event]] = field(default_factory=lambda: defaultdict(list))


class Process:
    """One process that uses a database."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._closed = False

    @property
    def _data(self) -> MemoryDatabase:
        if self._closed:
            raise rules.unusable("this store is closed")
        return self._database

    def _note(self, channel: str, subject: str, key: str, before: str | None, after: str, at: datetime) -> None:
        if before != after:
            self._data.events[channel, subject, key].append(Event(subject, key, before, after, at))


def copied(value: Any) -> Any:
    """The value as it comes back from JSON, shared with nobody."""
    return json.loads(json.dumps(value))
