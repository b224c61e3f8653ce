"""Claims in Postgres: the right to cause an effect exactly once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from include.state.postgres.session import Session
from include.state.postgres.sql import claims as sql
from include.state.store import Claim, ClaimState


class Claims(Session):
    """See ``store.Store``."""

    async def claim(self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime) -> Claim:
        [row] = await self._rows(
            sql.CLAIM, channel=channel, action=action, key=key, detail=Jsonb(dict(detail)), now=now
        )
        state = ClaimState(row["state"])
        return Claim(action, key, state, row["detail"], fresh=row["fresh"], made_at=row["made_at"])

    async def claims(self, channel: str, action: str, keys: Sequence[str]) -> Mapping[str, Claim]:
        rows = await self._rows(sql.CLAIMS, channel=channel, action=action, keys=list(keys))
        return {
            row["key"]: Claim(action, row["key"], ClaimState(row["state"]), row["detail"], False, row["made_at"])
            for row in rows
        }

    async def settle_claim(
        self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        settled = await self._rows(
            sql.SETTLE_CLAIM, channel=channel, action=action, key=key, detail=Jsonb(dict(detail)), now=now
        )
        if not settled:
            raise ValueError(f"nobody claimed {action} {key}")

    async def drop_claim(self, channel: str, action: str, key: str, *, now: datetime) -> None:
        if not await self._do(sql.DROP_CLAIM, channel=channel, action=action, key=key, now=now):
            raise ValueError(f"there is no open claim of {action} {key}")
