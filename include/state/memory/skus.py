"""What comparisons of products found, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.memory.database import Process
from include.state.sku_rules import named_once
from include.state.store import Correction, SkuState


class Skus(Process):
    """See ``store.Store``."""

    async def keep_sku_states(self, channel: str, states: Iterable[SkuState], *, now: datetime) -> None:
        known = self._data.sku_states.get(channel, {})
        kept: dict[str, SkuState] = {}
        for row in named_once(states):
            before = known.get(row.sku)
            same = before is not None and before.code == row.code
            kept[row.sku] = replace(row, since=before.since if before and same else now)
        self._data.sku_states[channel] = kept

    async def sku_states(self, channel: str, limit: int = 1000, offset: int = 0) -> list[SkuState]:
        rows = self._data.sku_states.get(channel, {})
        return [rows[sku] for sku in sorted(rows)][offset : offset + limit]

    async def corrections(self, channel: str, kind: str, limit: int) -> list[Correction]:
        return sorted(self._data.corrections[channel, kind], key=_found)[::-1][:limit]

    async def open_corrections(self, channel: str, kind: str) -> list[Correction]:
        rows = [row for row in self._data.corrections[channel, kind] if row.confirmed_at is None]
        return sorted(rows, key=lambda row: (_found(row), row.sku))

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
        kept: list[Correction] = []
        confirmed = 0
        named = {rules.plain_text(row.sku): row for row in found}
        for row in self._data.corrections[channel, kind]:
            if row.confirmed_at is None:
                if row.sku in gone or (row.sku in agreed and not row.queued_at):
                    continue
                if row.sku in agreed:
                    row, confirmed = replace(row, confirmed_at=now), confirmed + 1
                elif seen := named.pop(row.sku, None):
                    row = replace(row, hub_value=seen.hub_value, market_value=seen.market_value)
            kept.append(row)
        kept += [Correction(sku, row.hub_value, row.market_value, now) for sku, row in named.items()]
        self._data.corrections[channel, kind] = kept
        return confirmed

    async def queue_corrections(self, channel: str, kind: str, skus: Sequence[str], *, now: datetime) -> None:
        self._data.corrections[channel, kind] = [
            replace(row, queued_at=now, times=row.times + 1) if row.sku in skus and not row.confirmed_at else row
            for row in self._data.corrections[channel, kind]
        ]


def _found(row: Correction) -> float:
    return row.found_at.timestamp() if row.found_at else 0.0
