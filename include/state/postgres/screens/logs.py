"""What the log screen reads: pages of the record log by any filters, and what waits."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from include.state.postgres.session import Session
from include.state.postgres.sql import screen_logs as sql
from include.state.store import LogEntry

RUN = "run"
"""The kind of a row that is about a whole run; its key is the step that failed."""
_NEAREST = 5_000
"""Rows that are looked through for a part of a log id before the index of parts is asked: a part that many log ids
have fills a page from them, and would be slow to look up; one that few have is quick to look up."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What a person asks the log for; None asks nothing. ``keys``: any of these records; ``log_id``: a part of it."""

    flow: str | None = None
    ok: bool | None = None
    kind: str | None = None
    log_id: str | None = None
    keys: Sequence[str] | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two rows of the log, which is in the order of time and number."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the log as a list shows it; of a run that failed ``id`` is below 0."""

    id: int
    flow: str
    log_id: str
    kind: str
    key: str
    ok: bool
    code: str | None
    message: str
    at: datetime
    run_id: str | None

    @property
    def place(self) -> Place:
        """Where the row is."""
        return Place(self.at, self.id)


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """A batch that Fashfed has not answered yet, with the number of its records that were asked for."""

    flow: str
    kind: str
    log_id: str
    key: str
    at: datetime
    records: int


@dataclass(frozen=True, slots=True)
class RunningStep:
    """A step of a run that has not ended, or died."""

    flow: str
    step: str
    run_id: str
    started_at: datetime


class Logs(Session):
    """Part of ``ScreenStore``."""

    async def log_page(
        self, channel: str, asked: LogFilter, limit: int, *, older: Place | None = None, newer: Place | None = None
    ) -> list[LogRow]:
        """Rows newest first: those next to a place, or the newest."""
        place = older or newer
        values = _values(asked) | {"channel": channel, "limit": limit, "nearest": _NEAREST}
        values |= {"at": place.at, "id": place.id} if place else {}
        beside = [sql.OLDER] if older else [sql.NEWER] if newer else []
        order = sql.NEWEST_FIRST if newer is None else sql.OLDEST_FIRST
        rows = [*await self._found(asked, beside, order, values, limit), *await self._runs(asked, older, newer, values)]
        found = sorted((LogRow(**row) for row in rows), key=lambda row: (row.at, row.id), reverse=newer is None)
        return found[:limit] if newer is None else found[:limit][::-1]

    async def _runs(
        self, asked: LogFilter, older: Place | None, newer: Place | None, values: dict[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Runs that failed stand among the rows: a run is no record, so most filters leave none."""
        if asked.ok or asked.keys is not None or asked.kind not in (None, RUN):
            return []
        beside = sql.OLDER_RUN if older else sql.NEWER_RUN if newer else "true"
        order = sql.NEWEST_RUN_FIRST if newer is None else sql.OLDEST_RUN_FIRST
        return await self._rows(sql.FAILED_RUNS.format(beside=beside, order=order), **values)

    async def _found(
        self, asked: LogFilter, beside: list[str], order: str, values: dict[str, Any], limit: int
    ) -> Sequence[Mapping[str, Any]]:
        conditions = _and([*_conditions(asked), *beside])
        if asked.log_id is None or asked.keys is not None:
            return await self._rows(sql.PAGE.format(row=sql.ROW, conditions=conditions, order=order), **values)
        parts = {"row": sql.ROW, "conditions": _and(_conditions(asked)), "before": _and(beside), "order": order}
        rows = await self._rows(sql.NEAREST.format(**parts), **values)
        if len(rows) == limit:
            return rows
        return await self._rows(sql.BY_PARTS.format(**parts | {"conditions": conditions}), **values)

    async def log_entry(self, channel: str, number: int) -> tuple[LogRow, LogEntry] | None:
        """One row, with request and response."""
        statement = sql.FAILED_RUN if number < 0 else sql.ENTRY.format(row=sql.ROW)
        rows = await self._rows(statement, channel=channel, id=number)
        if not rows:
            return None
        row: dict[str, Any] = {"request": None, "response": None} | rows[0]
        known = {field.name: row[field.name] for field in fields(LogEntry)}
        return LogRow(**{field.name: row[field.name] for field in fields(LogRow)}), LogEntry(**known)

    async def step_of(self, channel: str, row: LogRow) -> str | None:
        """The step of the run that wrote a row."""
        if row.kind == RUN:
            return row.key
        rows = await self._rows(sql.STEP, channel=channel, flow=row.flow, run_id=row.run_id, at=row.at)
        return str(rows[0]["step"]) if rows else None

    async def all_log_rows(self, channel: str, asked: LogFilter, most: int, page: int = 5000) -> AsyncIterator[LogRow]:
        """At most so many rows, newest first, read in pages."""
        older: Place | None = None
        while most > 0:
            rows = await self.log_page(channel, asked, min(page, most), older=older)
            for row in rows:
                yield row
            most -= len(rows)
            if len(rows) < page:
                return
            older = rows[-1].place

    async def records_of(self, channel: str, numbers: Sequence[str]) -> list[str]:
        """The packages, and the claims of them, that one of these order or package numbers names."""
        return [row["key"] for row in await self._rows(sql.PACKAGES_OF, channel=channel, numbers=list(numbers))]

    async def waiting_batches(self, channel: str, asked: LogFilter, limit: int) -> list[WaitingBatch]:
        """Batches that Fashfed has not answered yet, newest first."""
        values = _values(asked) | {"channel": channel, "limit": limit}
        return [WaitingBatch(**row) for row in await self._rows(sql.WAITING_BATCHES, **values)]

    async def running_steps(self, channel: str, asked: LogFilter, since: datetime) -> list[RunningStep]:
        """Steps that began since a moment and have not ended, newest first."""
        values = _values(asked) | {"channel": channel, "since": since}
        return [RunningStep(**row) for row in await self._rows(sql.RUNNING, **values)]


def _values(asked: LogFilter) -> dict[str, Any]:
    return {
        "flow": asked.flow,
        "kind": asked.kind,
        "log_id": None if asked.log_id is None else f"%{_literal(asked.log_id)}%",
        "keys": None if asked.keys is None else list(asked.keys),
        "start": asked.start,
        "end": asked.end,
    }


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _conditions(asked: LogFilter) -> list[str]:
    found = [text for name, text in sql.CONDITIONS.items() if getattr(asked, name) is not None]
    return found if asked.ok is None else [*found, sql.OUTCOMES[asked.ok]]


def _and(conditions: Sequence[str]) -> str:
    return " and ".join(conditions) or "true"
