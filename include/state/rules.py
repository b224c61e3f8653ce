"""What both versions of the store decide in the same way, before any data is touched."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from include.domain.batch import BatchState, may_become
from include.errors import RemoteUnavailable, RunInProgress
from include.state.alarms import AlarmRule
from include.state.store import Finding, Identity, Incoming, LogEntry, Sent, Suggestion, SuggestionState

_Versioned = TypeVar("_Versioned", Sent, Suggestion)


def unusable(reason: str) -> RemoteUnavailable:
    """The error of a state database that cannot be asked now: the run is worth trying again as it is."""
    return RemoteUnavailable("state_unreachable", reason=reason)


def check_transition(batch_id: str, before: BatchState, after: BatchState, pk: int | None) -> None:
    """Raises ``ValueError`` when a batch may not move like this (``domain.batch.NEXT``) or lacks Omnitron's pk."""
    if not may_become(before, after):
        raise ValueError(f"batch {batch_id} may not go from {before} to {after}")
    if pk is None and after not in (BatchState.OPENING, BatchState.FAIL):
        raise ValueError(f"batch {batch_id} may not become {after} without a pk")


def commit_taken(holder: str, content_type: str) -> RunInProgress:
    """The error of a second batch that wants to commit: the hub would refuse it as well."""
    return RunInProgress("batch_held", batch=holder, content_type=content_type)


def plain_text(text: str) -> str:
    """Text that Postgres can keep: a NUL or half a surrogate pair in a remote's message becomes a question mark."""
    return text.replace("\x00", "?").encode("utf-8", "replace").decode("utf-8")


def plain_finding(row: Finding) -> Finding:
    """The finding in text that can be kept: keys come from people's files as well."""
    key, value, text = map(plain_text, (row.key, row.value, row.text))
    return replace(row, key=key, value=value, text=text)


def plain_entry(row: LogEntry) -> LogEntry:
    """The line of the record log in text that can be kept."""
    key, message = plain_text(row.key), plain_text(row.message)
    request, response = (text and plain_text(text) for text in (row.request, row.response))
    return replace(row, key=key, message=message, request=request, response=response)


def check_decision(state: SuggestionState) -> None:
    """Raises ``ValueError`` for a state that is no word of the marketplace owner."""
    if state is SuggestionState.WAITING:
        raise ValueError("waiting is not a decision")


def check_names(rows: Sequence[Identity]) -> None:
    """Raises ``ValueError`` for a pair without a name at the market."""
    for row in rows:
        if not row.remote_id:
            raise ValueError(f"{row.kind} {row.hub_id} has no remote id")


def newest_incoming(rows: Sequence[Incoming]) -> list[Incoming]:
    """Each market id once, at its first place, with the newest row: pages that shift show a record twice."""
    newest: dict[str, Incoming] = {}
    for row in rows:
        known = newest.get(row.market_id)
        if known is None or row.changed_at >= known.changed_at:
            newest[row.market_id] = row
    return list(newest.values())


def newest_versions(rows: Sequence[_Versioned]) -> list[_Versioned]:
    """Each key once, with its newest version; of versions that do not tell, the last."""
    newest: dict[str, _Versioned] = {}
    for row in rows:
        known = newest.get(row.key)
        if known is None or not older(row.version, known.version):
            newest[row.key] = row
    return list(newest.values())


def version_moment(version: str) -> datetime | None:
    """The moment a version names. Versions are the hub's modified dates kept byte for byte, so two of them may differ
    in zone or in digits and must not be compared as text. None for a text that is no date."""
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def older(version: str, than: str) -> bool:
    """Whether a version is certainly older than another one; never so when one of them is no date."""
    moment, other = version_moment(version), version_moment(than)
    return moment is not None and other is not None and moment < other


def lease_cost(calls: int, *, per_second: float, burst: int) -> tuple[timedelta, timedelta]:
    """How far ``calls`` calls move the call budget on, and by how much calls may run ahead of it.

    The budget is a generic cell rate algorithm: one moment per remote at which all granted calls are paid for. In any
    window of t seconds at most ``burst + per_second * t`` calls are let go, hence no lease beyond ``burst``. Both
    figures are rounded to the safe side. Raises ``ValueError`` for a lease that can never be granted.
    """
    if not 0 < calls <= burst or per_second <= 0:
        raise ValueError(f"cannot lease {calls} calls of {burst} at {per_second} per second")
    cost = timedelta(microseconds=math.ceil(calls * 1e6 / per_second))
    ahead = timedelta(microseconds=math.floor(burst * 1e6 / per_second))
    return cost, max(cost, ahead)


def alarms_look_back(now: datetime) -> datetime:
    """How far back alarms look for a flow's last good run: well beyond the longest interval of a rule, a week."""
    return now - timedelta(days=30)


def failed_for_good(now: datetime) -> datetime:
    """What failed before this moment is not tried again any more by Airflow: its tries follow within two minutes."""
    return now - timedelta(minutes=2)


def cause_is_open(cause: str) -> ValueError:
    """The error of a second incident of one cause."""
    return ValueError(f"there is an open incident of {cause} already")


def rule_in_words(rule: AlarmRule) -> str:
    """An alarm rule as the audit keeps it: what is watched and how many are told, without addresses."""
    told = len(rule.mails) + bool(rule.webhook)
    return (
        f"{rule.criterion.value} of {rule.flow or 'every flow'} > {rule.threshold:g} in {rule.interval_minutes} min,"
        f" {told} addresses, {'active' if rule.active else 'paused'}"
    )
