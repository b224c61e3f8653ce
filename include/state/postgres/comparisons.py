"""Comparisons of both remotes and the differences that stand, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import comparisons as sql
from include.state.store import Comparison, Difference


class Comparisons(Session):
    """See ``store.Store``."""

    async def keep_comparison(self, channel: str, comparison: Comparison) -> None:
        figures = Jsonb(dict(comparison.figures))
        await self._do(sql.KEEP_COMPARISON, channel=channel, name=comparison.name, at=comparison.at, figures=figures)

    async def comparisons(self, channel: str, name: str, limit: int) -> list[Comparison]:
        return [Comparison(**row) for row in await self._rows(sql.COMPARISONS, channel=channel, name=name, limit=limit)]

    async def note_differences(
        self, channel: str, kind: str, *, checked: Sequence[str], found: Sequence[Difference], now: datetime
    ) -> None:
        differing = {row.key: row for row in found}.values()
        values = {
            "channel": channel,
            "kind": kind,
            "checked": list(checked),
            "keys": [row.key for row in differing],
            "codes": [row.code for row in differing],
            "texts": [rules.plain_text(row.text) for row in differing],
            "now": now,
        }
        async with self._connection() as connection, connection.transaction():
            await connection.execute(sql.LOCK_DIFFERENCES)
            await connection.execute(sql.NOTE_DIFFERENCES, values)

    async def differences(self, channel: str, kind: str, limit: int = 1000, offset: int = 0) -> list[Difference]:
        rows = await self._rows(sql.DIFFERENCES, channel=channel, kind=kind, limit=limit, offset=offset)
        return [Difference(**row) for row in rows]
