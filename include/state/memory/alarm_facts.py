"""What alarm rules are judged by, in memory."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from include.domain.batch import OPEN
from include.state import rules
from include.state.alarms import AlarmFacts, FlowFacts, Streak, Waiting, Watched
from include.state.memory.database import Process
from include.state.store import OWED, InboxState

_Run = Mapping[str, Any]


class Facts(Process):
    """See ``alarm_store.AlarmStore``."""

    async def alarm_facts(
        self,
        channel: str,
        *,
        now: datetime,
        runs_since: Sequence[tuple[datetime, str]],
        parked_before: Sequence[datetime],
        differing_before: Sequence[datetime],
        flows: Sequence[Watched],
    ) -> AlarmFacts:
        runs = {each: list(self._ended(channel, each, now)) for each in flows}
        good = {each.flow: [run for run in runs[each] if _is_good(run, each.last_step)] for each in flows}
        streaks = {each.flow: _streak(runs[each], good[each.flow], rules.failed_for_good(now)) for each in flows}
        facts = {
            (since, each.flow): found
            for each in flows
            for since, flow in runs_since
            if flow == each.flow
            if (found := _facts([run for run in runs[each] if run["finished_at"] >= since], each.last_step))
        }
        marks = self._data.watermarks
        return AlarmFacts(
            facts,
            {flow: streak for flow, streak in streaks.items() if streak},
            {flow: max(found, key=_begin)["finished_at"] for flow, found in good.items() if found},
            self._on_since(channel, flows, now),
            self._due(channel, now),
            self._batches(channel),
            {before: self._parked(channel, before) for before in parked_before},
            {before: self._differences(channel, before) for before in differing_before},
            marks.get((channel, "alarms")),
            marks.get((channel, "alarms_watching")),
        )

    def _ended(self, channel: str, flow: Watched, now: datetime) -> Iterator[_Run]:
        """Runs of the flow as they ended; those that died as failed ones."""
        dead, oldest = timedelta(seconds=flow.dead_after), rules.alarms_look_back(now)
        for place, run in list(self._data.runs.items()):
            if place[:2] != (channel, flow.flow) or run["started_at"] < oldest or run["reason"] == "dry run":
                continue
            if run["finished_at"]:
                yield run
            elif run["started_at"] + dead <= now:
                ended = {"finished_at": run["started_at"] + dead, "seconds": flow.dead_after}
                yield {**run, **ended, "outcome": "failed", "code": "run_died", "errors": {"run_died": 1}}

    def _on_since(self, channel: str, flows: Sequence[Watched], now: datetime) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for each in flows:
            begun = {
                _begin(run): run["outcome"] == "skipped"
                for place, run in self._data.runs.items()
                if place[:2] == (channel, each.flow) and _begin(run) >= rules.alarms_look_back(now)
            }
            off = max((at for at, skipped in begun.items() if skipped), default=None)
            on = [at for at in begun if off is None or at > off]
            if on:
                found[each.flow] = min(on)
        return found

    def _due(self, channel: str, now: datetime) -> list[Waiting]:
        found = []
        for (of, kind), rows in sorted(self._data.inbox.items()):
            due = [row.due_at for row in rows.values() if of == channel and row.state in OWED and row.due_at <= now]
            if due:
                found.append(Waiting(kind, None, len(due), min(due)))
        return found

    def _batches(self, channel: str) -> list[Waiting]:
        kept = [each for each in self._data.batches.values() if each.channel == channel and each.state in OPEN]
        return _grouped([(each.flow, None, each.opened_at) for each in kept])

    def _parked(self, channel: str, before: datetime) -> list[Waiting]:
        return _grouped(
            [
                (kind, row.code, row.penalty.first_failed_at)
                for (of, kind), rows in self._data.inbox.items()
                for row in rows.values()
                if of == channel and row.state is InboxState.PARKED and row.penalty
                if row.penalty.failures > 0 and row.penalty.first_failed_at <= before
            ]
        )

    def _differences(self, channel: str, before: datetime) -> list[Waiting]:
        return _grouped(
            [
                (kind, row.code, row.since)
                for (of, kind), rows in self._data.differences.items()
                for row in rows.values()
                if of == channel and not kind.endswith("_waiting") and row.since and row.since <= before
            ]
        )


def _is_good(run: _Run, last_step: str) -> bool:
    return bool(run["outcome"] == "success" and last_step == run["step"].rpartition("+")[2])


def _begin(run: _Run) -> datetime:
    moment: datetime = run["started_at"]
    return moment


def _streak(runs: Sequence[_Run], good: Sequence[_Run], for_good: datetime) -> Streak | None:
    settled = [*good, *(run for run in runs if run["outcome"] == "skipped")]
    since = max(map(_begin, settled), default=None)
    failed = [run for run in runs if run["outcome"] == "failed" and run["finished_at"] <= for_good]
    bad = [run for run in failed if since is None or _begin(run) > since]
    if not bad:
        return None
    newest = max(bad, key=_begin)
    count = len({run["run_id"] for run in bad})
    first = min(run["finished_at"] for run in bad)
    return Streak(count, first, newest.get("code") or "unexpected", newest["reason"] or "")


def _facts(runs: Sequence[_Run], last_step: str) -> FlowFacts | None:
    if not runs:
        return None
    worked = [run for run in runs if run["outcome"] != "skipped" and run["step"] != "feature_flag"]
    errors: Counter[str] = Counter()
    for run in runs:
        errors.update(run["errors"])
    return FlowFacts(
        len({run["run_id"] for run in runs if _is_good(run, last_step)}),
        len({run["run_id"] for run in runs if run["outcome"] == "failed"}),
        len({run["run_id"] for run in runs if run["outcome"] == "skipped"}),
        float(sum(run["seconds"] for run in worked)),
        len({run["run_id"] for run in worked}),
        sum(run["counts"]["read"] for run in runs),
        sum(run["counts"]["failed"] for run in runs),
        dict(errors),
    )


def _grouped(rows: Sequence[tuple[str, str | None, datetime]]) -> list[Waiting]:
    moments: dict[tuple[str, str | None], list[datetime]] = {}
    for kind, code, at in rows:
        moments.setdefault((kind, code), []).append(at)
    found = [Waiting(kind, code, len(ats), min(ats)) for (kind, code), ats in moments.items()]
    return sorted(found, key=lambda each: (each.kind, each.code or ""))
