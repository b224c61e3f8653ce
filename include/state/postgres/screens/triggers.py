"""What the Trigger screen reads: what runs did, step by step and row by row, and who started them."""

from collections.abc import Sequence

from include.state.postgres.screens.health import StepRun
from include.state.postgres.session import Session
from include.state.postgres.sql import screen_triggers as sql
from include.state.records import Audit, Finding


class Triggers(Session):
    """Part of ``ScreenStore``."""

    async def steps_of(self, channel: str, flow: str, run_ids: Sequence[str]) -> dict[str, list[StepRun]]:
        """The steps of runs by run, in the order they began; a run that left no report is absent."""
        found: dict[str, list[StepRun]] = {}
        for row in await self._rows(sql.STEPS_OF, channel=channel, flow=flow, run_ids=list(run_ids)):
            found.setdefault(row["run_id"], []).append(StepRun(**row))
        return found

    async def verdicts(self, channel: str, flow: str, run_id: str) -> dict[str, int]:
        """How many rows of a run have which verdict, the most frequent first."""
        rows = await self._rows(sql.VERDICTS, channel=channel, flow=flow, run_id=run_id)
        return {row["verdict"]: row["rows"] for row in rows}

    async def rows_of(
        self, channel: str, flow: str, run_id: str, *, verdict: str | None, part: str | None, limit: int, offset: int
    ) -> list[Finding]:
        """Rows of a run in the order they were kept: those with a verdict, and with a part in their key.

        A row that was ``chosen`` has a flow before it that may still refuse it; its newest failure since makes it
        ``failed``."""
        asked = {"verdict": verdict or None, "part": part or None, "limit": limit, "offset": offset}
        rows = await self._rows(sql.ROWS, channel=channel, flow=flow, run_id=run_id, **asked)
        return [Finding(**row) for row in rows]

    async def started(self, channel: str, run_id: str) -> Audit | None:
        """Who started a run from the Trigger screen, and with what."""
        rows = await self._rows(sql.STARTED, channel=channel, run_id=run_id)
        return Audit(**rows[0]) if rows else None
