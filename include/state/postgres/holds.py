"""Changes that a brake holds back, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

from include.state.postgres.session import Session
from include.state.postgres.sql import holds as sql
from include.state.store import Hold


class Holds(Session):
    """See ``store.Store``."""

    async def hold(self, channel: str, kind: str, rows: Sequence[Hold]) -> None:
        last = {row.key: row for row in rows}.values()
        staged = ((row.key, row.pk, row.version, row.before, row.after, row.held_at) for row in last)
        await self._load(sql.STAGE_HOLDS, sql.COPY_HOLDS, staged, sql.HOLD, channel=channel, kind=kind)

    async def holds(self, channel: str, kind: str, keys: Sequence[str] | None = None) -> list[Hold]:
        if keys is None:
            rows = await self._rows(sql.HOLDS, channel=channel, kind=kind)
        else:
            rows = await self._rows(sql.HOLDS_OF, channel=channel, kind=kind, keys=list(keys))
        return [Hold(**row) for row in rows]

    async def let_pass(self, channel: str, kind: str, keys: Sequence[str] | None, *, now: datetime) -> list[Hold]:
        some = None if keys is None else list(keys)
        rows = await self._rows(sql.LET_PASS, channel=channel, kind=kind, keys=some, now=now)
        return [Hold(**row) for row in rows]

    async def drop_holds(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        await self._do(sql.DROP_HOLDS, channel=channel, kind=kind, keys=list(keys))
