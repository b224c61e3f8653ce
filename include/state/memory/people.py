"""What people do to the inbox by hand, in memory; each change is audited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.memory.inbox import Inbox
from include.state.store import OWED, Audit, InboxState


class People(Inbox):
    """See ``store.Store``."""

    async def reopen(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        whole = [each for each in market_ids if not self._is_pruned(channel, kind, each)]
        leaving = (InboxState.PARKED, InboxState.EXCLUDED)
        moved = self._move(channel, kind, whole, leaving, InboxState.NEW, now, {"due_at": now})
        await self._audit_rows(channel, kind, moved, who, "retry", reason, now)
        return moved

    async def exclude_by_hand(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        change = {"reason": rules.plain_text(reason)}
        moved = self._move(channel, kind, market_ids, OWED, InboxState.EXCLUDED, now, change)
        await self._audit_rows(channel, kind, moved, who, "exclude", reason, now)
        return moved

    async def _audit_rows(
        self, channel: str, kind: str, market_ids: Sequence[str], who: str, action: str, reason: str, now: datetime
    ) -> None:
        for market_id in market_ids:
            await self.note_audit(channel, Audit(who, action, f"inbox:{kind}", market_id, reason, now))

    def _is_pruned(self, channel: str, kind: str, market_id: str) -> bool:
        mark = self._data.inbox_marks.get((channel, kind, market_id))
        return mark is not None and mark.pruned

    async def note_audit(self, channel: str, row: Audit) -> None:
        self._data.audits[channel].append(
            replace(row, who=rules.plain_text(row.who), reason=rules.plain_text(row.reason))
        )

    async def audits(self, channel: str, limit: int) -> list[Audit]:
        return sorted(self._data.audits[channel], key=lambda row: row.at)[::-1][:limit]
