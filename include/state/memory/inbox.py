"""The inbox in memory: what the market showed, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from include.domain.penalty import Penalty
from include.state import rules
from include.state.memory.database import InboxMark, Process, copied
from include.state.store import OWED, InboxRow, InboxState, Incoming, Received


class Inbox(Process):
    """See ``store.Store``."""

    async def receive(self, channel: str, kind: str, rows: Sequence[Incoming], *, now: datetime) -> Received:
        inbox = self._data.inbox[channel, kind]
        new = changed = known = 0
        for row in rules.newest_incoming(rows):
            before = inbox.get(row.market_id)
            payload = copied(row.payload)
            if before is None:
                new += 1
                inbox[row.market_id] = InboxRow(
                    channel, kind, row.market_id, InboxState.NEW, row.changed_at, payload, now, now
                )
                self._data.inbox_marks[channel, kind, row.market_id] = InboxMark(len(self._data.inbox_marks))
                self._note(channel, f"inbox:{kind}", row.market_id, None, InboxState.NEW, now)
            elif before.state in OWED and row.changed_at > before.changed_at:
                changed += 1
                inbox[row.market_id] = _due(
                    replace(before, changed_at=row.changed_at, payload=payload), min(before.due_at, now)
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
        found.sort(key=lambda row: row.state is not InboxState.NEW)
        return _shown(found[:limit])

    async def inbox_row(self, channel: str, kind: str, market_id: str) -> InboxRow | None:
        row = self._data.inbox[channel, kind].get(market_id)
        return row and replace(row, payload=copied(row.payload))

    async def inbox_rows(
        self,
        channel: str,
        *,
        kind: str | None = None,
        states: Sequence[InboxState] = OWED,
        code: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[InboxRow]:
        found = [
            row
            for (of, its_kind), rows in self._data.inbox.items()
            if of == channel and kind in (None, its_kind)
            for row in rows.values()
            if row.state in states and code in (None, row.code)
        ]
        found.sort(key=lambda row: self._mark(row).number, reverse=True)
        return _shown(found[offset : offset + limit])

    async def inbox_counts(self, channel: str, kind: str) -> Mapping[InboxState, int]:
        states = [row.state for row in self._data.inbox[channel, kind].values()]
        return {state: states.count(state) for state in InboxState}

    async def inbox_states(self, channel: str, kind: str, market_ids: Sequence[str]) -> Mapping[str, InboxState]:
        inbox = self._data.inbox[channel, kind]
        return {market_id: inbox[market_id].state for market_id in market_ids if market_id in inbox}

    async def park(
        self,
        channel: str,
        kind: str,
        market_id: str,
        *,
        code: str,
        reason: str,
        penalty: Penalty,
        now: datetime,
        cause: str | None = None,
    ) -> None:
        change = {
            "code": code,
            "reason": rules.plain_text(reason),
            "penalty": penalty,
            "due_at": penalty.due_at,
            "cause": cause,
        }
        self._move(channel, kind, [market_id], OWED, InboxState.PARKED, now, change)

    async def waiting_causes(self, channel: str, kind: str, *, now: datetime, limit: int) -> list[InboxRow]:
        waiting: dict[str, list[InboxRow]] = {}
        for row in self._data.inbox[channel, kind].values():
            if row.state is InboxState.PARKED and row.cause is not None and row.due_at > now:
                waiting.setdefault(row.cause, []).append(row)
        found = sorted(waiting.values(), key=self._last_look)[:limit]
        for rows in found:
            self._mark(rows[0]).looked_at = now
        return _shown(rows[0] for rows in found)

    def _last_look(self, rows: Sequence[InboxRow]) -> tuple[float, int]:
        looks = [mark.looked_at.timestamp() for mark in map(self._mark, rows) if mark.looked_at]
        return max(looks, default=-1.0), self._mark(rows[0]).number

    async def wake(self, channel: str, kind: str, causes: Sequence[str], *, now: datetime) -> int:
        inbox = self._data.inbox[channel, kind]
        woken = [
            _due(row, now)
            for row in inbox.values()
            if row.state is InboxState.PARKED and row.cause in causes and row.due_at > now
        ]
        inbox.update({row.market_id: row for row in woken})
        return len(woken)

    async def finish(self, channel: str, kind: str, market_ids: Sequence[str], *, now: datetime) -> None:
        self._move(channel, kind, market_ids, tuple(InboxState), InboxState.DONE, now, {})

    async def exclude(self, channel: str, kind: str, market_id: str, *, rule: str, now: datetime) -> None:
        self._move(channel, kind, [market_id], OWED, InboxState.EXCLUDED, now, {"reason": rule})

    def _move(
        self,
        channel: str,
        kind: str,
        market_ids: Sequence[str],
        leaving: Sequence[InboxState],
        state: InboxState,
        now: datetime,
        change: Mapping[str, Any],
    ) -> list[str]:
        """Gives the rows that were in one of the states they may leave. What ``change`` does not name is cleared."""
        inbox, moved = self._data.inbox[channel, kind], []
        for market_id in market_ids:
            row = inbox.get(market_id)
            if row is None or row.state not in leaving:
                continue
            cleared = {"code": None, "reason": None, "penalty": None, "cause": None}
            after = replace(row, state=state, **{**cleared, **change})
            inbox[market_id] = after
            mark = self._mark(row)
            mark.looked_at = mark.looked_at if after.cause == row.cause else None
            if state is not row.state:
                mark.settled_at = None if state in OWED else now
            self._note(channel, f"inbox:{kind}", market_id, row.state, state, now)
            moved.append(market_id)
        return moved

    def _mark(self, row: InboxRow) -> InboxMark:
        return self._data.inbox_marks[row.channel, row.kind, row.market_id]


def _due(row: InboxRow, at: datetime) -> InboxRow:
    return replace(row, due_at=at, penalty=row.penalty and replace(row.penalty, due_at=at))


def _shown(rows: Iterable[InboxRow]) -> list[InboxRow]:
    return [replace(row, payload=copied(row.payload)) for row in rows]
