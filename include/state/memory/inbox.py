"""The inbox in memory: what the market showed, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from include.domain.penalty import Penalty
from include.state import rules
from include.state.memory.database import Process, copied
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
        found.sort(key=lambda row: row.state is not InboxState.NEW)
        return [replace(row, payload=copied(row.payload)) for row in found[:limit]]

    async def inbox_row(self, channel: str, kind: str, market_id: str) -> InboxRow | None:
        row = self._data.inbox[channel, kind].get(market_id)
        return row and replace(row, payload=copied(row.payload))

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
