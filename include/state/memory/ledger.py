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
        rules.check_names(identities)
        for row in identities:
            kept = replace(row, detail=copied(row.detail))
            self._data.identities[channel, row.kind, row.remote_id][row.hub_id] = kept

    async def identities(self, channel: str, kind: str, remote_ids: Sequence[str]) -> Mapping[str, list[Identity]]:
        found = {}
        for remote_id in remote_ids:
            if pairs := self._data.identities.get((channel, kind, remote_id)):
                found[remote_id] = [replace(row, detail=copied(row.detail)) for _, row in sorted(pairs.items())]
        return found

    async def identities_of(self, channel: str, kind: str, hub_ids: Sequence[int]) -> Mapping[int, list[Identity]]:
        found: dict[int, list[Identity]] = {}
        for row in self._called(channel, kind, hub_ids):
            found.setdefault(row.hub_id, []).append(replace(row, detail=copied(row.detail)))
        return found

    async def rename(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        rules.check_names(identities)
        for kind in {row.kind for row in identities}:
            for row in self._called(channel, kind, [row.hub_id for row in identities if row.kind == kind]):
                del self._data.identities[channel, kind, row.remote_id][row.hub_id]
        await self.bind(channel, identities, now=now)

    def _called(self, channel: str, kind: str, hub_ids: Sequence[int]) -> list[Identity]:
        """The pairs of some hub ids, by remote id."""
        wanted = set(hub_ids)
        found = [
            pairs[hub_id]
            for (of, its_kind, _), pairs in self._data.identities.items()
            if (of, its_kind) == (channel, kind)
            for hub_id in pairs.keys() & wanted
        ]
        return sorted(found, key=lambda row: row.remote_id)

    async def sent(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        return {key: row for key in keys if (row := self._data.sent.get((channel, kind, key)))}

    async def submit(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> set[str]:
        leaving = self._take_versions(channel, kind, rows)
        for row in leaving:
            self._data.sent.pop((channel, kind, row.key), None)
            self._data.doubted.discard((channel, kind, row.key))
            self._data.submitted[channel, kind, row.key] = now
        return {row.key for row in leaving}

    async def record_sent(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> None:
        known = dict(self._data.versions)
        for row in self._take_versions(channel, kind, rows):
            place = (channel, kind, row.key)
            if place in self._data.doubted and known.get(place) == row.version:
                continue
            self._data.doubted.discard(place)
            self._data.sent[place] = row

    async def doubt_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        for place in ((channel, kind, key) for key in keys):
            if place in self._data.versions:
                self._data.sent.pop(place, None)
                self._data.doubted.add(place)

    async def unconfirmed(self, channel: str, kind: str, since: datetime) -> set[str]:
        data = self._data
        return {
            place[2]
            for place, at in data.submitted.items()
            if place[:2] == (channel, kind) and at >= since and place not in data.sent and place not in data.doubted
        }

    async def doubted(self, channel: str, kind: str, keys: Sequence[str]) -> set[str]:
        return {key for key in keys if (channel, kind, key) in self._data.doubted}

    def _take_versions(self, channel: str, kind: str, rows: Sequence[Sent]) -> list[Sent]:
        """Keep the versions of the rows that are not older than what is known of their keys; gives these rows."""
        taken = []
        for row in rules.newest_versions(rows):
            known = self._data.versions.get((channel, kind, row.key))
            if known is None or not rules.older(row.version, known):
                self._data.versions[channel, kind, row.key] = row.version
                taken.append(row)
        return taken

    async def forget_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._data.sent.pop((channel, kind, key), None)
            self._data.versions.pop((channel, kind, key), None)
            self._data.submitted.pop((channel, kind, key), None)
            self._data.doubted.discard((channel, kind, key))
