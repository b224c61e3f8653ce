"""What is emptied and deleted after a set time, in Postgres."""

from collections.abc import Mapping
from datetime import datetime

from include.state.postgres.session import Session
from include.state.postgres.sql import retention as sql

_PORTION = 5000
"""Rows per transaction: far from the time limit of a statement, and no lock is held for long."""


class Retention(Session):
    """See ``store.Store``."""

    async def prune_payloads(self, channel: str, before: datetime) -> int:
        return await self._in_portions(sql.PRUNE_PAYLOADS, channel, before)

    async def prune_history(self, channel: str, before: datetime) -> Mapping[str, int]:
        return {
            table: await self._in_portions(statement, channel, before) for table, statement in sql.PRUNE_HISTORY.items()
        }

    async def _in_portions(self, statement: str, channel: str, before: datetime) -> int:
        pruned, values = 0, {"channel": channel, "before": before, "portion": _PORTION}
        while True:
            async with self._connection() as connection, connection.transaction():
                await connection.execute(sql.LET_EVENTS_GO)
                portion = (await connection.execute(statement, values)).rowcount
            pruned += portion
            if portion < _PORTION:
                return pruned
