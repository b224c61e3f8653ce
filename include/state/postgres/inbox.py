"""The inbox in Postgres: what the market showed, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Json

from include.domain.penalty import Penalty
from include.state import rules
from include.state.postgres import sql
from include.state.postgres.session import Session
from include.state.store import OWED, InboxRow, InboxState, Incoming, Received


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

    async def inbox_counts(self, channel: str, kind: str) -> Mapping[InboxState, int]:
        found = {row["state"]: row["number"] for row in await self._rows(sql.INBOX_COUNTS, channel=channel, kind=kind)}
        return {state: found.get(state, 0) for state in InboxState}

    async def park(
        self, channel: str, kind: str, market_id: str, *, code: str, reason: str, penalty: Penalty, now: datetime
    ) -> None:
        reason = rules.plain_text(reason)
        await self._move(channel, kind, [market_id], OWED, InboxState.PARKED, now, code, reason, penalty)

    async def finish(self, channel: str, kind: str, market_ids: Sequence[str], *, now: datetime) -> None:
        await self._move(channel, kind, market_ids, tuple(InboxState), InboxState.DONE, now)

    async def exclude(self, channel: str, kind: str, market_id: str, *, rule: str, now: datetime) -> None:
        await self._move(channel, kind, [market_id], OWED, InboxState.EXCLUDED, now, reason=rule)

    async def _move(
        self,
        channel: str,
        kind: str,
        market_ids: Sequence[str],
        leaving: Sequence[InboxState],
        state: InboxState,
        now: datetime,
        code: str | None = None,
        reason: str | None = None,
        penalty: Penalty | None = None,
    ) -> None:
        await self._do(
            sql.MOVE_INBOX,
            channel=channel,
            kind=kind,
            market_ids=list(market_ids),
            leaving=[before.value for before in leaving],
            state=state.value,
            now=now,
            code=code,
            reason=reason,
            first_failed_at=penalty and penalty.first_failed_at,
            failures=penalty and penalty.failures,
            due_at=penalty and penalty.due_at,
        )


def _inbox_row(row: DictRow) -> InboxRow:
    values: dict[str, Any] = dict(row)
    first_failed_at, failures = values.pop("first_failed_at"), values.pop("failures")
    penalty = Penalty(first_failed_at, failures, values["due_at"]) if failures else None
    return InboxRow(**{**values, "state": InboxState(row["state"])}, penalty=penalty)
