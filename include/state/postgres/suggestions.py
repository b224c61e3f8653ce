"""Suggested products and the marketplace owner's word on them, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import suggestions as sql
from include.state.store import Suggestion, SuggestionState


class Suggestions(Session):
    """See ``store.Store``."""

    async def await_approval(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> None:
        newest = rules.newest_versions(rows)
        staged = ((row.key, row.pk, row.version, rules.version_moment(row.version)) for row in newest)
        await self._load(
            sql.STAGE_SUGGESTIONS, sql.COPY_SUGGESTIONS, staged, sql.AWAIT_APPROVAL, channel=channel, now=now
        )

    async def suggestions(self, channel: str, state: SuggestionState, limit: int) -> list[Suggestion]:
        rows = await self._rows(sql.SUGGESTIONS, channel=channel, state=state.value, limit=limit)
        return [Suggestion(**{**row, "state": SuggestionState(row["state"])}) for row in rows]

    async def decide(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> set[str]:
        for row in rows:
            rules.check_decision(row.state)
        decided = await self._rows(
            sql.DECIDE,
            channel=channel,
            keys=[row.key for row in rows],
            versions=[row.version for row in rows],
            states=[row.state.value for row in rows],
            reasons=[row.reason and rules.plain_text(row.reason) for row in rows],
            now=now,
        )
        return {row["key"] for row in decided}
