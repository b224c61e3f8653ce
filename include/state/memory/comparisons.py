"""Comparisons of both remotes and the differences that stand, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.memory.database import Process, copied
from include.state.store import Comparison, Difference


class Comparisons(Process):
    """See ``store.Store``."""

    async def keep_comparison(self, channel: str, comparison: Comparison) -> None:
        kept = replace(comparison, figures=copied(comparison.figures))
        self._data.comparisons[channel, comparison.name].append(kept)

    async def comparisons(self, channel: str, name: str, limit: int) -> list[Comparison]:
        newest = sorted(self._data.comparisons[channel, name], key=lambda row: row.at)[::-1][:limit]
        return [replace(row, figures=copied(row.figures)) for row in newest]

    async def note_differences(
        self, channel: str, kind: str, *, checked: Sequence[str], found: Sequence[Difference], now: datetime
    ) -> None:
        known, subject = self._data.differences[channel, kind], f"difference:{kind}"
        differing = {row.key: row for row in found}
        for key in [key for key in known if key in set(checked) - differing.keys()]:
            del known[key]
            self._note(channel, subject, key, "found", "gone", now)
        for key, row in differing.items():
            before = known.get(key)
            since = before.since if before else now
            known[key] = replace(row, text=rules.plain_text(row.text), since=since)
            self._note(channel, subject, key, "found" if before else None, "found", now)

    async def differences(self, channel: str, kind: str, limit: int = 1000, offset: int = 0) -> list[Difference]:
        return sorted(self._data.differences[channel, kind].values(), key=_age)[offset : offset + limit]


def _age(row: Difference) -> tuple[float, str]:
    return row.since.timestamp() if row.since else 0.0, row.key
