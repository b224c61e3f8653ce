"""Run reports and the record log in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from include.domain.run import Outcome, RunReport
from include.state import rules
from include.state.memory.database import Process, copied
from include.state.store import LogEntry


class Runs(Process):
    """See ``store.Store``."""

    async def start_run(self, report: RunReport, *, run_id: str, step: str) -> None:
        self._write_run(report, run_id, step, None)

    async def finish_run(self, report: RunReport, *, run_id: str, step: str, now: datetime) -> None:
        self._write_run(report, run_id, step, now)

    def _write_run(self, report: RunReport, run_id: str, step: str, finished_at: datetime | None) -> None:
        shown = copied(report.as_json())
        self._data.runs[report.channel, report.flow, run_id, step] = {
            "run_id": run_id,
            "step": step,
            "outcome": shown["outcome"] if finished_at else None,
            "started_at": report.started_at,
            "finished_at": finished_at,
            "seconds": report.seconds,
            "counts": shown["counts"],
            "requests": shown["requests"],
            "errors": shown["errors"],
            "code": report.code,
            "reason": report.reason and rules.plain_text(report.reason),
        }

    async def note_broken_run(
        self, channel: str, flow: str, run_id: str, step: str, *, code: str, reason: str, now: datetime
    ) -> None:
        report = RunReport(flow, channel, now, outcome=Outcome.FAILED, reason=reason, code=code)
        report.error(code)
        known = self._data.runs.get((channel, flow, run_id, step))
        if known is None:
            self._write_run(report, run_id, step, now)
        elif known["outcome"] != "failed":
            ended = {"outcome": "failed", "reason": rules.plain_text(reason), "code": code, "finished_at": now}
            known.update(ended, errors={**known["errors"], code: 1})

    async def last_runs(self, channel: str, flow: str, limit: int) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = [
            dict(row) for key, row in self._data.runs.items() if key[:2] == (channel, flow)
        ]
        return sorted(found, key=lambda row: row["started_at"])[::-1][:limit]

    async def log(self, channel: str, flow: str, entries: Sequence[LogEntry]) -> None:
        self._data.logs[channel, flow] += map(rules.plain_entry, entries)

    async def log_entries(self, channel: str, flow: str, limit: int) -> list[LogEntry]:
        return sorted(self._data.logs[channel, flow], key=lambda entry: entry.at)[::-1][:limit]

    async def last_failures(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, LogEntry]:
        wanted, found = set(keys), dict[str, LogEntry]()
        for (of, _), entries in self._data.logs.items():
            for entry in entries if of == channel else ():
                known = found.get(entry.key)
                if not entry.ok and entry.kind == kind and entry.key in wanted:
                    found[entry.key] = entry if known is None or entry.at >= known.at else known
        return found
