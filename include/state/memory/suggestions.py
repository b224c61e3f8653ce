"""Suggested products and the marketplace owner's word on them, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.memory.database import Process
from include.state.store import Suggestion, SuggestionState


class Suggestions(Process):
    """See ``store.Store``."""

    async def await_approval(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> None:
        for row in rules.newest_versions(rows):
            known = self._data.suggestions.get((channel, row.key))
            if known and rules.older(row.version, known.version):
                continue
            if known and (known.state, known.version) == (SuggestionState.WAITING, row.version):
                continue
            waiting = replace(row, state=SuggestionState.WAITING, suggested_at=now, reason=None)
            self._data.suggestions[channel, row.key] = waiting
            self._note(channel, "suggestion", row.key, known.state if known else None, waiting.state, now)

    async def suggestions(self, channel: str, state: SuggestionState, limit: int) -> list[Suggestion]:
        found = [row for (of, _), row in self._data.suggestions.items() if of == channel and row.state is state]
        return sorted(found, key=lambda row: (row.suggested_at, row.key))[:limit]

    async def decide(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> set[str]:
        for row in rows:
            rules.check_decision(row.state)
        decided = set()
        for row in rows:
            known = self._data.suggestions.get((channel, row.key))
            if known is None or (known.state, known.version) != (SuggestionState.WAITING, row.version):
                continue
            word = row.reason and rules.plain_text(row.reason)
            self._data.suggestions[channel, row.key] = replace(known, state=row.state, reason=word)
            self._note(channel, "suggestion", row.key, known.state, row.state, now)
            decided.add(row.key)
        return decided
