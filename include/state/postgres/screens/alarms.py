"""What was said about incidents, and to whom."""

from include.state.alarms import Notice, NoticeKind, Way
from include.state.postgres.session import Session
from include.state.postgres.sql import screen_alarms as sql


class AlarmPages(Session):
    """Pages of notices."""

    async def deliveries(self, channel: str, *, limit: int, offset: int) -> list[Notice]:
        """Notices, tests among them, newest first."""
        rows = await self._rows(sql.DELIVERIES, channel=channel, limit=limit, offset=offset)
        return [Notice(**{**row, "what": NoticeKind(row["what"]), "way": Way(row["way"])}) for row in rows]
