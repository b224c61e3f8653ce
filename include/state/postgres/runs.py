"""Run reports and the record log in Postgres."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from include.domain.run import Outcome, RunReport
from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import runs as sql
from include.state.store import LogEntry

_KEYS = 5000
"""Keys of one statement."""


class Runs(Session):
    """See ``store.Store``."""

    async def start_run(self, report: RunReport, *, run_id: str, step: str) -> None:
        await self._write_run(report, run_id, step, None)

    async def finish_run(self, report: RunReport, *, run_id: str, step: str, now: datetime) -> None:
        await self._write_run(report, run_id, step, now)

    async def _write_run(self, report: RunReport, run_id: str, step: str, finished_at: datetime | None) -> None:
        shown = report.as_json()
        await self._do(
            sql.WRITE_RUN,
            channel=report.channel,
            flow=report.flow,
            run_id=run_id,
            step=step,
            outcome=shown["outcome"] if finished_at else None,
            reason=report.reason and rules.plain_text(report.reason),
            code=report.code,
            started_at=report.started_at,
            finished_at=finished_at,
            seconds=report.seconds,
            window_start=report.window and report.window.start,
            window_end=report.window and report.window.end,
            counts=Jsonb(shown["counts"]),
            requests=Jsonb(shown["requests"]),
            errors=Jsonb(shown["errors"]),
        )

    async def note_broken_run(
        self, channel: str, flow: str, run_id: str, step: str, *, code: str, reason: str, now: datetime
    ) -> None:
        report = RunReport(flow, channel, now, outcome=Outcome.FAILED, reason=reason, code=code)
        report.error(code)
        shown, place = report.as_json(), {"channel": channel, "flow": flow, "run_id": run_id, "step": step}
        await self._do(
            sql.NOTE_BROKEN_RUN,
            **place,
            code=code,
            reason=rules.plain_text(reason),
            now=now,
            counts=Jsonb(shown["counts"]),
            errors=Jsonb(shown["errors"]),
        )

    async def last_runs(self, channel: str, flow: str, limit: int) -> list[Mapping[str, Any]]:
        return [*await self._rows(sql.LAST_RUNS, channel=channel, flow=flow, limit=limit)]

    async def log(self, channel: str, flow: str, entries: Sequence[LogEntry]) -> None:
        async with self._connection() as connection, connection.cursor().copy(sql.COPY_LOG) as target:
            for entry in map(rules.plain_entry, entries):
                await target.write_row((channel, flow, *astuple(entry)))

    async def log_entries(self, channel: str, flow: str, limit: int) -> list[LogEntry]:
        return [LogEntry(**row) for row in await self._rows(sql.LOG_ENTRIES, channel=channel, flow=flow, limit=limit)]

    async def last_failures(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, LogEntry]:
        found: dict[str, LogEntry] = {}
        for start in range(0, len(keys), _KEYS):
            some = list(keys[start : start + _KEYS])
            rows = await self._rows(sql.LAST_FAILURES, channel=channel, kind=kind, keys=some)
            found |= {row["key"]: LogEntry(**row) for row in rows}
        return found
