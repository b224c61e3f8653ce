"""What runs found, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import findings as sql
from include.state.store import Finding


class Findings(Session):
    """See ``store.Store``."""

    async def keep_findings(
        self, channel: str, flow: str, run_id: str, findings: Sequence[Finding], *, now: datetime
    ) -> None:
        async with self._connection() as connection, connection.cursor().copy(sql.COPY_FINDINGS) as target:
            for row in map(rules.plain_finding, findings):
                found = (row.kind, row.key, row.verdict, row.value, row.code, row.text)
                await target.write_row((channel, flow, run_id, *found, now))

    async def findings(
        self, channel: str, flow: str, *, run_id: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[Finding]:
        rows = await self._rows(sql.FINDINGS, channel=channel, flow=flow, run_id=run_id, limit=limit, offset=offset)
        return [Finding(**row) for row in rows]
