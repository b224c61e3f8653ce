"""What the dashboard and readiness read: how each flow is, what waits, and figures over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from include.state.postgres.session import Session
from include.state.postgres.sql import screen_health as sql
from include.state.records import Comparison, InboxState

MOST = 10_001
"""Lists are counted no further."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of a flow's newest run."""

    flow: str
    step: str
    run_id: str
    outcome: str | None
    """None: it has not ended, or died."""
    reason: str | None
    started_at: datetime
    finished_at: datetime | None
    seconds: float
    counts: Mapping[str, int]
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records that wait, and the oldest one's moment. ``what``: ``due`` rows of the inbox by kind, open ``batches`` by
    flow, changes that a brake has ``held`` by content type, suggestions that wait for ``approval``."""

    what: str
    name: str
    records: int
    since: datetime | None


class Health(Session):
    """Part of ``ScreenStore``. Every question here is answered from indexes, however long the history is."""

    async def newest_runs(self, channel: str, flows: Sequence[str]) -> dict[str, list[StepRun]]:
        """The steps of each flow's newest run, in the order they began; dry runs aside."""
        found: dict[str, list[StepRun]] = {}
        for row in await self._rows(sql.NEWEST_RUNS, channel=channel, flows=list(flows)):
            found.setdefault(row["flow"], []).append(StepRun(**row))
        return found

    async def last_successes(self, channel: str, last_steps: Mapping[str, str]) -> dict[str, datetime]:
        """When each flow last ended well; ``last_steps`` names the step with which its run is complete."""
        flows, steps = list(last_steps), list(last_steps.values())
        rows = await self._rows(sql.LAST_SUCCESSES, channel=channel, flows=flows, last_steps=steps)
        return {row["flow"]: row["at"] for row in rows}

    async def backlogs(
        self, channel: str, kinds: Sequence[str], content_types: Sequence[str], *, now: datetime
    ) -> list[Backlog]:
        """What waits: of these kinds of the inbox, of all batches, held changes of these content types, suggestions."""
        values: dict[str, Any] = {"kinds": list(kinds), "content_types": list(content_types)}
        rows = await self._rows(sql.BACKLOGS, channel=channel, now=now, most=MOST, **values)
        return [Backlog(**row) for row in rows if row["records"]]

    async def count_needing_a_person(self, channel: str) -> int:
        """Records that could not be applied, up to ``MOST``; not those that only wait for an event."""
        return await self._count(sql.NEEDS_A_PERSON, channel=channel)

    async def count_packages(self, channel: str, since: datetime) -> dict[InboxState, int]:
        """Packages that Fashfed showed first since a moment, by what became of them."""
        rows = await self._rows(sql.PACKAGES, channel=channel, since=since)
        return {InboxState(row["state"]): row["records"] for row in rows}

    async def count_differences(self, channel: str, kind: str) -> int:
        """Differences that stand, up to ``MOST``."""
        return await self._count(sql.DIFFERENCES, channel=channel, kind=kind)

    async def trend(
        self, channel: str, name: str, *, since: datetime, step: timedelta, origin: datetime
    ) -> list[Comparison]:
        """The last comparison of each span of ``step``, oldest first; spans are counted from ``origin``."""
        values = {"channel": channel, "name": name, "since": since, "step": step, "origin": origin}
        return [Comparison(**row) for row in await self._rows(sql.TREND, **values)]

    async def count_skus_by_code(self, channel: str, codes: Sequence[str]) -> dict[str, int]:
        """SKUs of the newest comparison that are not as they should be for these reasons."""
        rows = await self._rows(sql.SKUS_BY_CODE, channel=channel, codes=list(codes))
        return {row["code"]: row["records"] for row in rows}

    async def has_sent_a_product(self, channel: str) -> bool:
        """Whether Fashfed has taken over any product of ours."""
        [row] = await self._rows(sql.SENT_PRODUCT, channel=channel)
        return bool(row["sent"])

    async def versions(self) -> tuple[str, str]:
        """The migration that the database has reached, and the version of its server."""
        [row] = await self._rows(sql.VERSIONS)
        return str(row["version"]), str(row["server"])

    async def _count(self, statement: str, **values: Any) -> int:
        [row] = await self._rows(statement, most=MOST, **values)
        return int(row["records"])
