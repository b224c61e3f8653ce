"""The connector's memory in a process: the store of unit tests and of the simulation.

``MemoryDatabase`` is what would survive a crash, ``MemoryStore`` one process that uses it. JSON values are copied on
their way in and out as they are by Postgres, so nobody shares an object with the database.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from include.clock import Clock, SystemClock
from include.domain.batch import OPEN, BatchItem, BatchState
from include.domain.penalty import Penalty
from include.domain.run import RunReport
from include.errors import RunInProgress
from include.state import rules
from include.state.store import (
    LOCK_POLL,
    OWED,
    Claim,
    ClaimState,
    Event,
    Identity,
    InboxRow,
    InboxState,
    Incoming,
    LogEntry,
    OpenBatch,
    Received,
    Sent,
)


@dataclass(slots=True)
class MemoryDatabase:
    """The data that outlives a process, and who holds which lock."""

    channels: dict[str, datetime] = field(default_factory=dict)
    locks: dict[tuple[str, str], "MemoryStore"] = field(default_factory=dict)
    runs: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)
    logs: dict[tuple[str, str], list[LogEntry]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[str, OpenBatch] = field(default_factory=dict)
    inbox: dict[tuple[str, str], dict[str, InboxRow]] = field(default_factory=lambda: defaultdict(dict))
    claims: dict[tuple[str, str, str], Claim] = field(default_factory=dict)
    identities: dict[tuple[str, str, str], dict[int, Identity]] = field(default_factory=lambda: defaultdict(dict))
    sent: dict[tuple[str, str, str], Sent] = field(default_factory=dict)
    watermarks: dict[tuple[str, str], datetime] = field(default_factory=dict)
    cache: dict[tuple[str, str], tuple[Any, datetime]] = field(default_factory=dict)
    budgets: dict[str, datetime] = field(default_factory=dict)
    pauses: dict[str, datetime] = field(default_factory=dict)
    events: dict[tuple[str, str, str], list[Event]] = field(default_factory=lambda: defaultdict(list))


class MemoryStore:
    """One process's way to a ``MemoryDatabase``; ``store.Store`` says what its methods do."""

    def __init__(self, database: MemoryDatabase | None = None, clock: Clock | None = None) -> None:
        self._database = database or MemoryDatabase()
        self._clock = clock or SystemClock()
        self._closed = False

    async def close(self) -> None:
        self.crash()

    def crash(self) -> None:
        """The process is gone: its locks are free, and nothing it still tries reaches the data."""
        self._closed = True
        for key in [key for key, holder in self._database.locks.items() if holder is self]:
            del self._database.locks[key]

    @property
    def _data(self) -> MemoryDatabase:
        if self._closed:
            raise rules.unusable("this store is closed")
        return self._database

    def _note(self, channel: str, subject: str, key: str, before: str | None, after: str, at: datetime) -> None:
        if before != after:
            self._data.events[channel, subject, key].append(Event(subject, key, before, after, at))

    async def born_at(self, channel: str, now: datetime) -> datetime:
        return self._data.channels.setdefault(channel, now)

    @asynccontextmanager
    async def lock(self, channel: str, content_type: str, *, wait: float) -> AsyncIterator[None]:
        key = (channel, content_type)
        deadline = self._clock.monotonic() + wait
        while key in self._data.locks:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise RunInProgress("run_in_progress", content_type=content_type, channel=channel, seconds=wait)
            await self._clock.sleep(min(LOCK_POLL, left))
        self._data.locks[key] = self
        try:
            yield
            if self._database.locks.get(key) is not self:
                raise rules.unusable(f"the lock on {content_type} was lost")
        finally:
            if self._database.locks.get(key) is self:
                del self._database.locks[key]

    # --- runs and the record log --------------------------------------------------------------------------
    async def start_run(self, report: RunReport, *, run_id: str, step: str) -> None:
        self._write_run(report, run_id, step, None)

    async def finish_run(self, report: RunReport, *, run_id: str, step: str, now: datetime) -> None:
        self._write_run(report, run_id, step, now)

    def _write_run(self, report: RunReport, run_id: str, step: str, finished_at: datetime | None) -> None:
        shown = _copy(report.as_json())
        self._data.runs[report.channel, report.flow, run_id, step] = {
            "run_id": run_id,
            "step": step,
            "outcome": shown["outcome"] if finished_at else None,
            "started_at": report.started_at,
            "finished_at": finished_at,
            "seconds": report.seconds,
            "counts": shown["counts"],
            "requests": shown["requests"],
            "errors": shown["errors"],
            "reason": report.reason and rules.plain_text(report.reason),
        }

    async def last_runs(self, channel: str, flow: str, limit: int) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = [
            dict(row) for key, row in self._data.runs.items() if key[:2] == (channel, flow)
        ]
        return sorted(found, key=lambda row: row["started_at"])[::-1][:limit]

    async def log(self, channel: str, flow: str, entries: Sequence[LogEntry]) -> None:
        self._data.logs[channel, flow] += [
            replace(entry, key=rules.plain_text(entry.key), message=rules.plain_text(entry.message))
            for entry in entries
        ]

    async def log_entries(self, channel: str, flow: str, limit: int) -> list[LogEntry]:
        return sorted(self._data.logs[channel, flow], key=lambda entry: entry.at)[::-1][:limit]

    # --- batches ------------------------------------------------------------------------------------------
    async def add_batch(self, batch: OpenBatch) -> None:
        if batch.id in self._data.batches:
            raise ValueError(f"batch {batch.id} exists already")
        self._keep_batch(batch)
        self._note(batch.channel, "batch", batch.id, None, batch.state, batch.opened_at)

    async def change_batch(
        self,
        batch_id: str,
        state: BatchState,
        *,
        now: datetime,
        pk: int | None = None,
        local_batch_id: str | None = None,
        items: Sequence[BatchItem] | None = None,
    ) -> None:
        if batch_id not in self._data.batches:
            raise ValueError(f"batch {batch_id} is not known")
        batch = self._data.batches[batch_id]
        pk = batch.pk if pk is None else pk
        rules.check_transition(batch_id, batch.state, state, pk)
        changed = replace(
            batch,
            state=state,
            pk=pk,
            local_batch_id=batch.local_batch_id if local_batch_id is None else local_batch_id,
            sent_at=now if state is BatchState.SENT_TO_REMOTE else batch.sent_at,
            items=batch.items if items is None else items,
        )
        self._keep_batch(changed)
        self._note(batch.channel, "batch", batch_id, batch.state, state, now)

    def _keep_batch(self, batch: OpenBatch) -> None:
        if batch.state is BatchState.COMMIT:
            for other in self._open_batches(batch.channel, batch.content_type):
                if other.state is BatchState.COMMIT and other.id != batch.id:
                    raise rules.commit_taken(other.local_batch_id or other.id, batch.content_type)
        items = tuple(batch.items) if batch.state in OPEN else ()
        self._data.batches[batch.id] = replace(batch, items=items)

    async def open_batches(self, channel: str, content_type: str) -> list[OpenBatch]:
        return sorted(self._open_batches(channel, content_type), key=lambda batch: batch.opened_at)

    def _open_batches(self, channel: str, content_type: str) -> Iterable[OpenBatch]:
        for batch in self._data.batches.values():
            if (batch.channel, batch.content_type) == (channel, content_type) and batch.state in OPEN:
                yield batch

    # --- inbox --------------------------------------------------------------------------------------------
    async def receive(self, channel: str, kind: str, rows: Sequence[Incoming], *, now: datetime) -> Received:
        inbox = self._data.inbox[channel, kind]
        new = changed = known = 0
        for row in rules.newest_incoming(rows):
            before = inbox.get(row.market_id)
            payload = _copy(row.payload)
            if before is None:
                new += 1
                inbox[row.market_id] = InboxRow(
                    channel, kind, row.market_id, InboxState.NEW, row.changed_at, payload, now, now
                )
                self._note(channel, f"inbox:{kind}", row.market_id, None, InboxState.NEW, now)
            elif before.state in OWED and row.changed_at > before.changed_at:
                changed += 1
                due_at = min(before.due_at, now)
                inbox[row.market_id] = replace(
                    before,
                    changed_at=row.changed_at,
                    payload=payload,
                    due_at=due_at,
                    penalty=before.penalty and replace(before.penalty, due_at=due_at),
                )
            else:
                known += 1
        return Received(new, changed, known)

    async def due(
        self, channel: str, kind: str, *, now: datetime, limit: int, skip: Sequence[str] = ()
    ) -> list[InboxRow]:
        without = set(skip)
        found = [
            row
            for row in self._data.inbox[channel, kind].values()
            if row.state in OWED and row.due_at <= now and row.market_id not in without
        ]
        return [replace(row, payload=_copy(row.payload)) for row in found[:limit]]

    async def inbox_row(self, channel: str, kind: str, market_id: str) -> InboxRow | None:
        row = self._data.inbox[channel, kind].get(market_id)
        return row and replace(row, payload=_copy(row.payload))

    async def inbox_counts(self, channel: str, kind: str) -> Mapping[InboxState, int]:
        states = [row.state for row in self._data.inbox[channel, kind].values()]
        return {state: states.count(state) for state in InboxState}

    async def park(
        self, channel: str, kind: str, market_id: str, *, code: str, reason: str, penalty: Penalty, now: datetime
    ) -> None:
        reason = rules.plain_text(reason)
        change = {"code": code, "reason": reason, "penalty": penalty, "due_at": penalty.due_at}
        self._move(channel, kind, market_id, OWED, InboxState.PARKED, now, change)

    async def finish(self, channel: str, kind: str, market_ids: Sequence[str], *, now: datetime) -> None:
        for market_id in market_ids:
            change = {"code": None, "reason": None, "penalty": None}
            self._move(channel, kind, market_id, tuple(InboxState), InboxState.DONE, now, change)

    async def exclude(self, channel: str, kind: str, market_id: str, *, rule: str, now: datetime) -> None:
        change = {"code": None, "reason": rule, "penalty": None}
        self._move(channel, kind, market_id, OWED, InboxState.EXCLUDED, now, change)

    def _move(
        self,
        channel: str,
        kind: str,
        market_id: str,
        leaving: Sequence[InboxState],
        state: InboxState,
        now: datetime,
        change: Mapping[str, Any],
    ) -> None:
        inbox = self._data.inbox[channel, kind]
        row = inbox.get(market_id)
        if row is not None and row.state in leaving:
            inbox[market_id] = replace(row, state=state, **change)
            self._note(channel, f"inbox:{kind}", market_id, row.state, state, now)

    # --- claims, identities, sent values --------------------------------------------------------------------
    async def claim(self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime) -> Claim:
        held = self._data.claims.get((channel, action, key))
        if held is not None:
            return replace(held, detail=_copy(held.detail), fresh=False)
        made = Claim(action, key, ClaimState.OPEN, _copy(detail), fresh=True, made_at=now)
        self._data.claims[channel, action, key] = made
        self._note(channel, f"claim:{action}", key, None, ClaimState.OPEN, now)
        return replace(made, detail=_copy(detail))

    async def settle_claim(
        self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        held = self._data.claims.get((channel, action, key))
        if held is None:
            raise ValueError(f"nobody claimed {action} {key}")
        settled = replace(held, state=ClaimState.DONE, detail={**held.detail, **_copy(detail)})
        self._data.claims[channel, action, key] = settled
        self._note(channel, f"claim:{action}", key, held.state, ClaimState.DONE, now)

    async def drop_claim(self, channel: str, action: str, key: str, *, now: datetime) -> None:
        held = self._data.claims.get((channel, action, key))
        if held is None or held.state is not ClaimState.OPEN:
            raise ValueError(f"there is no open claim of {action} {key}")
        del self._data.claims[channel, action, key]
        self._note(channel, f"claim:{action}", key, held.state, "dropped", now)

    async def bind(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        for row in identities:
            kept = replace(row, detail=_copy(row.detail))
            self._data.identities[channel, row.kind, row.remote_id][row.hub_id] = kept

    async def identities(self, channel: str, kind: str, remote_ids: Sequence[str]) -> Mapping[str, list[Identity]]:
        found = {}
        for remote_id in remote_ids:
            if pairs := self._data.identities.get((channel, kind, remote_id)):
                found[remote_id] = [replace(row, detail=_copy(row.detail)) for _, row in sorted(pairs.items())]
        return found

    async def sent(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        return {key: row for key in keys if (row := self._data.sent.get((channel, kind, key)))}

    async def record_sent(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> None:
        for row in rows:
            kept = self._data.sent.get((channel, kind, row.key))
            if kept is None or not rules.older(row.version, kept.version):
                self._data.sent[channel, kind, row.key] = row

    async def forget_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.sent.pop((channel, kind, key), None)

    # --- watermarks, cache, call budget -------------------------------------------------------------------
    async def watermark(self, channel: str, flow: str) -> datetime | None:
        return self._data.watermarks.get((channel, flow))

    async def move_watermark(self, channel: str, flow: str, to: datetime) -> None:
        before = self._data.watermarks.get((channel, flow), to)
        self._data.watermarks[channel, flow] = max(before, to)

    async def cached(self, scope: str, keys: Sequence[str], *, now: datetime) -> Mapping[str, Any]:
        found = {key: self._data.cache[scope, key] for key in keys if (scope, key) in self._data.cache}
        return {key: _copy(value) for key, (value, expires_at) in found.items() if expires_at > now}

    async def cache(self, scope: str, values: Mapping[str, Any], *, expires_at: datetime) -> None:
        for key, value in values.items():
            self._data.cache[scope, key] = (_copy(value), expires_at)

    async def uncache(self, scope: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.cache.pop((scope, key), None)

    async def lease_calls(self, remote: str, calls: int, *, per_second: float, burst: int, now: datetime) -> float:
        cost, ahead = rules.lease_cost(calls, per_second=per_second, burst=burst)
        start = max(now, self._data.pauses.get(remote, now))
        paid_at = max(start, self._data.budgets.get(remote, start)) + cost
        self._data.budgets[remote] = paid_at
        return (max(start, paid_at - ahead) - now).total_seconds()

    async def pause_calls(self, remote: str, until: datetime) -> None:
        before = self._data.pauses.get(remote, until)
        self._data.pauses[remote] = max(before, until)

    # --- for people and tests -----------------------------------------------------------------------------
    async def events(self, channel: str, subject: str, key: str) -> list[Event]:
        return list(self._data.events[channel, subject, key])


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
