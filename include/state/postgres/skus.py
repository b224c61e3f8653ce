"""What comparisons of products found, in Postgres."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import skus as sql
from include.state.sku_rules import named_once
from include.state.store import Correction, SkuState


class Skus(Session):
    """See ``store.Store``."""

    async def keep_sku_states(self, channel: str, states: Iterable[SkuState], *, now: datetime) -> None:
        await self._load(sql.STAGE_STATES, sql.COPY_STATES, _staged(states), sql.KEEP_STATES, channel=channel, now=now)

    async def sku_states(self, channel: str, limit: int = 1000, offset: int = 0) -> list[SkuState]:
        return [SkuState(**row) for row in await self._rows(sql.STATES, channel=channel, limit=limit, offset=offset)]

    async def corrections(self, channel: str, kind: str, limit: int) -> list[Correction]:
        return [Correction(**row) for row in await self._rows(sql.CORRECTIONS, channel=channel, kind=kind, limit=limit)]

    async def open_corrections(self, channel: str, kind: str) -> list[Correction]:
        return [Correction(**row) for row in await self._rows(sql.OPEN_CORRECTIONS, channel=channel, kind=kind)]

    async def note_corrections(
        self,
        channel: str,
        kind: str,
        *,
        found: Sequence[Correction],
        agreed: Sequence[str],
        gone: Sequence[str],
        now: datetime,
    ) -> int:
        rows = {rules.plain_text(row.sku): row for row in found}
        values = {
            "channel": channel,
            "kind": kind,
            "agreed": list(agreed),
            "gone": list(gone),
            "skus": list(rows),
            "hub_values": [row.hub_value for row in rows.values()],
            "market_values": [row.market_value for row in rows.values()],
            "now": now,
        }
        async with self._connection() as connection, connection.transaction():
            await connection.execute(sql.LOCK_CORRECTIONS)
            await connection.execute(sql.DROP_CORRECTIONS, values)
            confirmed = await connection.execute(sql.CONFIRM_CORRECTIONS, values)
            await connection.execute(sql.FIND_CORRECTIONS, values)
        return confirmed.rowcount

    async def queue_corrections(self, channel: str, kind: str, skus: Sequence[str], *, now: datetime) -> None:
        await self._do(sql.QUEUE_CORRECTIONS, channel=channel, kind=kind, skus=list(skus), now=now)


def _staged(states: Iterable[SkuState]) -> Iterator[Sequence[Any]]:
    for row in named_once(states):
        yield (
            *(row.sku, row.pk, row.name, row.in_catalog, row.saleable, row.on_sale, row.in_flight),
            *(row.price_differs, row.stock_differs, row.hub_price, row.market_price),
            *(row.hub_stock, row.due_stock, row.market_stock, row.code, row.reason),
        )
