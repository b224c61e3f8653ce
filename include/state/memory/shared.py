"""Watermarks, the cache and the call budget in memory: what all workers share."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from include.state import rules
from include.state.memory.database import Process, copied


class Shared(Process):
    """See ``store.Store``."""

    async def watermark(self, channel: str, flow: str) -> datetime | None:
        return self._data.watermarks.get((channel, flow))

    async def move_watermark(self, channel: str, flow: str, to: datetime) -> None:
        before = self._data.watermarks.get((channel, flow), to)
        self._data.watermarks[channel, flow] = max(before, to)

    async def cached(self, scope: str, keys: Sequence[str], *, now: datetime) -> Mapping[str, Any]:
        found = {key: self._data.cache[scope, key] for key in keys if (scope, key) in self._data.cache}
        return {key: copied(value) for key, (value, expires_at) in found.items() if expires_at > now}

    async def cache(self, scope: str, values: Mapping[str, Any], *, expires_at: datetime) -> None:
        for key, value in values.items():
            self._data.cache[scope, key] = (copied(value), expires_at)

    async def uncache(self, scope: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.cache.pop((scope, key), None)

    async def lease_calls(self, remote: str, calls: int, *, per_second: float, burst: int, now: datetime) -> float:
        cost, ahead = rules.lease_cost(calls, per_second=per_second, burst=burst)
        start = max(now, self._data.pauses.get(remote, now))
        paid_at = max(start, self._data.budgets.get(remote, start)) + cost
        self._data.budgets[remote] = paid_at
        return (max(start, paid_at - ahead) - now).total_seconds()

    async def pause_calls(self, remote: str, until: datetime) -> None:
        before = self._data.pauses.get(remote, until)
        self._data.pauses[remote] = max(before, until)
