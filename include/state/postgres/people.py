"""What people do to the inbox by hand, in Postgres; each change is audited."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from include.state import rules
from include.state.postgres.inbox import Inbox
from include.state.postgres.sql import people as sql
from include.state.store import OWED, Audit, InboxState


class People(Inbox):
    """See ``store.Store``."""

    async def reopen(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        change = {"due_at": now, **_audit(who, "retry", reason)}
        leaving = (InboxState.PARKED, InboxState.EXCLUDED)
        return await self._move(channel, kind, market_ids, leaving, InboxState.NEW, now, change)

    async def exclude_by_hand(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        change = {"reason": rules.plain_text(reason), **_audit(who, "exclude", reason)}
        return await self._move(channel, kind, market_ids, OWED, InboxState.EXCLUDED, now, change)

    async def note_audit(self, channel: str, row: Audit) -> None:
        plain = {"who": rules.plain_text(row.who), "reason": rules.plain_text(row.reason)}
        await self._do(sql.NOTE_AUDIT, channel=channel, **{**asdict(row), **plain})

    async def audits(self, channel: str, limit: int) -> list[Audit]:
        return [Audit(**row) for row in await self._rows(sql.AUDITS, channel=channel, limit=limit)]


def _audit(who: str, action: str, reason: str) -> dict[str, str]:
    return {"who": rules.plain_text(who), "action": action, "why": rules.plain_text(reason)}
