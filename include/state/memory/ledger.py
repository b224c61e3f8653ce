"""The identity map and the sent ledger in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.memory.database import Process, copied
from include.state.store import Identity, Sent


class Ledger(Process):
    """See ``store.Store``."""

    async def bind(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        for row in identities:
            kept = replace(row, detail=copied(row.detail))
            self._data.identities[channel, row.kind, row.remote_id][row.hub_id] = kept

    async def identities(self, channel: str, kind: str, remote_ids: Sequence[str]) -> Mapping[str, list[Identity]]:
        found = {}
        for remote_id in remote_ids:
            if pairs := self._data.identities.get((channel, kind, remote_id)):
                found[remote_id] = [replace(row, detail=copied(row.detail)) for _, row in sorted(pairs.items())]
        return found

    async def sent(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        return {key: row for key in keys if (row := self._data.sent.get((channel, kind, key)))}

    async def record_sent(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> None:
        for row in rows:
            kept = self._data.sent.get((channel, kind, row.key))
            if kept is None or not rules.older(row.version, kept.version):
                self._data.sent[channel, kind, row.key] = row

    async def forget_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.sent.pop((channel, kind, key), None)
