"""Watermarks, the cache and the call budget in Postgres: what all workers share."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import shared as sql


class Shared(Session):
    """See ``store.Store``."""

    async def watermark(self, channel: str, flow: str) -> datetime | None:
        rows = await self._rows(sql.WATERMARK, channel=channel, flow=flow)
        return rows[0]["reached"] if rows else None

    async def move_watermark(self, channel: str, flow: str, to: datetime) -> None:
        await self._do(sql.MOVE_WATERMARK, channel=channel, flow=flow, to=to)

    async def cached(self, scope: str, keys: Sequence[str], *, now: datetime) -> Mapping[str, Any]:
        rows = await self._rows(sql.CACHED, scope=scope, keys=list(keys), now=now)
        return {row["key"]: row["value"] for row in rows}

    async def cache(self, scope: str, values: Mapping[str, Any], *, expires_at: datetime) -> None:
        texts = [json.dumps(value) for value in values.values()]
        await self._do(sql.CACHE, scope=scope, keys=list(values), values=texts, expires_at=expires_at)

    async def uncache(self, scope: str, keys: Sequence[str]) -> None:
        await self._do(sql.UNCACHE, scope=scope, keys=list(keys))

    async def lease_calls(self, remote: str, calls: int, *, per_second: float, burst: int, now: datetime) -> float:
        cost, ahead = rules.lease_cost(calls, per_second=per_second, burst=burst)
        [row] = await self._rows(sql.LEASE_CALLS, remote=remote, cost=cost, ahead=ahead, now=now)
        return float(row["wait"].total_seconds())

    async def pause_calls(self, remote: str, until: datetime) -> None:
        await self._do(sql.PAUSE_CALLS, remote=remote, until=until)
