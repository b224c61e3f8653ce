"""The inbox in Postgres: what the market showed, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Json

from include.domain.penalty import Penalty
from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import inbox as sql
from include.state.store import OWED, InboxRow, InboxState, Incoming, Received

_CLEARED: Mapping[str, Any] = dict.fromkeys(
    ("code", "reason", "first_failed_at", "failures", "due_at", "cause", "who", "action", "why")
)


class Inbox(Session):
    """See ``store.Store``."""

    async def receive(self, channel: str, kind: str, rows: Sequence[Incoming], *, now: datetime) -> Received:
        newest = rules.newest_incoming(rows)
        staged = ((position, row.market_id, row.changed_at, Json(row.payload)) for position, row in enumerate(newest))
        [done] = await self._load(
            sql.STAGE_INBOX, sql.COPY_INBOX, staged, sql.RECEIVE, channel=channel, kind=kind, now=now
        )
        return Received(done["new"], done["changed"], len(newest) - done["new"] - done["changed"])

    async def due(
        self, channel: str, kind: str, *, now: datetime, limit: int, skip: Sequence[str] = ()
    ) -> list[InboxRow]:
        rows = await self._rows(sql.DUE, channel=channel, kind=kind, now=now, limit=limit, skip=list(skip))
        return [_inbox_row(row) for row in rows]

    async def inbox_row(self, channel: str, kind: str, market_id: str) -> InboxRow | None:
        rows = await self._rows(sql.INBOX_ROW, channel=channel, kind=kind, market_id=market_id)
        return _inbox_row(rows[0]) if rows else None

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
        wanted = [state.value for state in states]
        rows = await self._rows(
            sql.INBOX_ROWS, channel=channel, kind=kind, states=wanted, code=code, limit=limit, offset=offset
        )
        return [_inbox_row(row) for row in rows]

    async def inbox_counts(self, channel: str, kind: str) -> Mapping[InboxState, int]:
        found = {row["state"]: row["number"] for row in await self._rows(sql.INBOX_COUNTS, channel=channel, kind=kind)}
        return {state: found.get(state, 0) for state in InboxState}

    async def inbox_states(self, channel: str, kind: str, market_ids: Sequence[str]) -> Mapping[str, InboxState]:
        rows = await self._rows(sql.INBOX_STATES, channel=channel, kind=kind, market_ids=list(market_ids))
        return {row["market_id"]: InboxState(row["state"]) for row in rows}

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
            "first_failed_at": penalty.first_failed_at,
            "failures": penalty.failures,
            "due_at": penalty.due_at,
            "cause": cause,
        }
        await self._move(channel, kind, [market_id], OWED, InboxState.PARKED, now, change)

    async def waiting_causes(self, channel: str, kind: str, *, now: datetime, limit: int) -> list[InboxRow]:
        rows = await self._rows(sql.WAITING_CAUSES, channel=channel, kind=kind, now=now, limit=limit)
        return [_inbox_row(row) for row in rows]

    async def wake(self, channel: str, kind: str, causes: Sequence[str], *, now: datetime) -> int:
        return await self._do(sql.WAKE, channel=channel, kind=kind, causes=list(causes), now=now)

    async def finish(self, channel: str, kind: str, market_ids: Sequence[str], *, now: datetime) -> None:
        await self._move(channel, kind, market_ids, tuple(InboxState), InboxState.DONE, now, {})

    async def exclude(self, channel: str, kind: str, market_id: str, *, rule: str, now: datetime) -> None:
        await self._move(channel, kind, [market_id], OWED, InboxState.EXCLUDED, now, {"reason": rule})

    async def _move(
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
        rows = await self._rows(
            sql.MOVE_INBOX,
            channel=channel,
            kind=kind,
            market_ids=list(market_ids),
            leaving=[before.value for before in leaving],
            state=state.value,
            now=now,
            **{**_CLEARED, **change},
        )
        moved = {row["market_id"] for row in rows}
        return [market_id for market_id in dict.fromkeys(market_ids) if market_id in moved]


def _inbox_row(row: DictRow) -> InboxRow:
    values: dict[str, Any] = dict(row)
    first_failed_at, failures = values.pop("first_failed_at"), values.pop("failures")
    penalty = None if failures is None else Penalty(first_failed_at, failures, values["due_at"])
    return InboxRow(**{**values, "state": InboxState(row["state"])}, penalty=penalty)
