"""The connector's memory in Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Self

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from include.clock import Clock, SystemClock
from include.errors import RunInProgress
from include.state import rules
from include.state.connection import conninfo, trouble_is_readable
from include.state.postgres import sql
from include.state.postgres.alarms import Alarms
from include.state.postgres.batches import Batches
from include.state.postgres.claims import Claims
from include.state.postgres.comparisons import Comparisons
from include.state.postgres.findings import Findings
from include.state.postgres.holds import Holds
from include.state.postgres.ledger import Ledger
from include.state.postgres.people import People
from include.state.postgres.retention import Retention
from include.state.postgres.runs import Runs
from include.state.postgres.session import Connection
from include.state.postgres.shared import Shared
from include.state.postgres.skus import Skus
from include.state.postgres.suggestions import Suggestions
from include.state.store import LOCK_POLL, Event

_CONNECTIONS = 6
"""At most per process; a run is one process, and a deployment has several."""
_PATIENCE = 15.0
"""Seconds to wait for a free or a new connection: a restart of the server passes unnoticed."""


class PostgresStore(
    Runs, Batches, People, Claims, Ledger, Findings, Comparisons, Skus, Suggestions, Holds, Shared, Retention, Alarms
):
    """``store.Store`` on a migrated database. Made by ``open``; ``close`` ends it."""

    def __init__(self, pool: AsyncConnectionPool[Connection], address: str, clock: Clock) -> None:
        super().__init__(pool)
        self._address = address
        self._clock = clock

    @classmethod
    async def open(cls, uri: str, *, name: str = "fashfed", clock: Clock | None = None) -> Self:
        """Connect to the database at ``uri``; ``name`` shows in pg_stat_activity (``fashfed-<flow>``).

        Raises ``RemoteUnavailable`` when it cannot be reached and ``ConfigurationError`` for an address that is none.
        """
        address = conninfo(uri, name)
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            address,
            open=False,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_PATIENCE,
            check=AsyncConnectionPool.check_connection,
            kwargs={"autocommit": True, "row_factory": dict_row},
        )
        with trouble_is_readable():
            await (await AsyncConnection.connect(address)).close()  # says what is wrong; the pool would just time out
            await pool.open()
        return cls(pool, address, clock or SystemClock())

    async def close(self) -> None:
        await self._pool.close()

    async def born_at(self, channel: str, now: datetime) -> datetime:
        [row] = await self._rows(sql.BORN_AT, channel=channel, now=now)
        moment: datetime = row["born_at"]
        return moment

    @asynccontextmanager
    async def lock(self, channel: str, content_type: str, *, wait: float) -> AsyncIterator[None]:
        name = {"name": f"fashfed/{channel}/{content_type}"}
        deadline = self._clock.monotonic() + wait
        with trouble_is_readable():
            # Of its own, outside the pool: the server lets the lock go when this connection ends, however it ends.
            connection = await AsyncConnection.connect(self._address, autocommit=True, row_factory=dict_row)
        try:
            while not await _holds(connection, sql.TRY_LOCK, name):
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    raise RunInProgress("run_in_progress", content_type=content_type, channel=channel, seconds=wait)
                await self._clock.sleep(min(LOCK_POLL, left))
            yield
            if not await _holds(connection, sql.UNLOCK, name):
                raise rules.unusable(f"the lock on {content_type} was lost")
        finally:
            await connection.close()

    async def events(self, channel: str, subject: str, key: str) -> list[Event]:
        return [Event(**row) for row in await self._rows(sql.EVENTS, channel=channel, subject=subject, key=key)]


async def _holds(connection: Connection, statement: str, name: dict[str, str]) -> bool:
    with trouble_is_readable():
        row = await (await connection.execute(statement, name)).fetchone()
    return bool(row and row["held"])
