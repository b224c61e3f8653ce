"""How the parts of the Postgres store run their statements."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from include.state.connection import trouble_is_readable

Connection = AsyncConnection[DictRow]


class Session:
    """Borrows connections of a pool; they commit by themselves, so one statement is one transaction."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        with trouble_is_readable():
            async with self._pool.connection() as connection:
                yield connection

    async def _rows(self, statement: str, **values: Any) -> list[DictRow]:
        async with self._connection() as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall()

    async def _do(self, statement: str, **values: Any) -> int:
        """Returns the number of rows that the statement wrote."""
        async with self._connection() as connection:
            return (await connection.execute(statement, values)).rowcount

    async def _load(
        self, stage: str, copy: str, rows: Iterable[Sequence[Any]], apply: str, **values: Any
    ) -> list[DictRow]:
        """COPY rows into a temporary table and apply them with one statement, all in one transaction.

        Returns the rows that the statement gives.
        """
        async with self._connection() as connection, connection.transaction():
            await connection.execute(stage)
            async with connection.cursor().copy(copy) as target:
                for row in rows:
                    await target.write_row(row)
            cursor = await connection.execute(apply, values)
            return await cursor.fetchall() if cursor.description else []
