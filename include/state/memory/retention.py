"""What is emptied and deleted after a set time, in memory."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from include.domain.batch import OPEN
from include.state.memory.database import Process
from include.state.store import SuggestionState

_Row = TypeVar("_Row")


class Retention(Process):
    """See ``store.Store``."""

    async def prune_payloads(self, channel: str, before: datetime) -> int:
        emptied = 0
        for (of, kind, market_id), mark in self._data.inbox_marks.items():
            if of == channel and not mark.pruned and mark.settled_at and mark.settled_at < before:
                rows = self._data.inbox[channel, kind]
                rows[market_id] = replace(rows[market_id], payload={})
                mark.pruned = True
                emptied += 1
        return emptied

    async def prune_history(self, channel: str, before: datetime) -> Mapping[str, int]:
        data = self._data
        decided = [
            place
            for place, row in data.suggestions.items()
            if place[0] == channel and row.state is not SuggestionState.WAITING
            if self._quiet(channel, "suggestion", place[1], before)
        ]
        ended = [
            batch.id
            for batch in data.batches.values()
            if batch.channel == channel and batch.state not in OPEN and self._quiet(channel, "batch", batch.id, before)
        ]
        runs = [
            place
            for place, run in data.runs.items()
            if place[0] == channel and (run["finished_at"] or run["started_at"]) < before
        ]
        expired = [place for place, (_, expires_at) in data.cache.items() if expires_at < before]
        return {
            "run_reports": _drop(data.runs, runs),
            "record_log": _thin(data.logs, channel, lambda entry: entry.at < before),
            "findings": _thin(data.findings, channel, lambda row: row[2] < before),
            "comparisons": _thin(data.comparisons, channel, lambda row: row.at < before),
            "corrections": _thin(
                data.corrections, channel, lambda row: bool(row.confirmed_at and row.confirmed_at < before)
            ),
            "suggestions": _drop(data.suggestions, decided),
            "batches": _drop(data.batches, ended),
            "events": _thin(data.events, channel, lambda event: event.at < before),
            **self._prune_alarms(channel, before),
            "cache": _drop(data.cache, expired),
        }

    def _prune_alarms(self, channel: str, before: datetime) -> dict[str, int]:
        incidents, notices = self._data.incidents[channel], self._data.notices[channel]
        over = [each for each, row in incidents.items() if row.resolved_at and row.resolved_at < before]
        _drop(notices, [each for each, row in notices.items() if row.incident_id in over])
        tests = [each for each, row in notices.items() if row.incident_id is None and row.made_at < before]
        return {"incidents": _drop(incidents, over), "notices": _drop(notices, tests)}

    def _quiet(self, channel: str, subject: str, key: str, since: datetime) -> bool:
        return all(event.at < since for event in self._data.events[channel, subject, key])


def _drop(table: dict[Any, Any], places: list[Any]) -> int:
    for place in places:
        del table[place]
    return len(places)


def _thin(lists: Mapping[Any, list[_Row]], channel: str, old: Callable[[_Row], bool]) -> int:
    """Take the old rows out of the channel's lists; gives their number."""
    gone = 0
    for place, rows in lists.items():
        if place[0] == channel:
            kept = [row for row in rows if not old(row)]
            gone += len(rows) - len(kept)
            rows[:] = kept
    return gone
