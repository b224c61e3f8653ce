"""The identity map and the sent ledger in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.rows import DictRow
from psycopg.types.json import Json

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import ledger as sql
from include.state.store import Identity, Sent


class Ledger(Session):
    """See ``store.Store``."""

    async def bind(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        await self._load_identities(sql.STAGE_IDENTITIES, identities, sql.BIND, channel, now)

    async def rename(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        await self._load_identities(sql.STAGE_NAMES, identities, sql.RENAME, channel, now)

    async def _load_identities(
        self, stage: str, identities: Sequence[Identity], apply: str, channel: str, now: datetime
    ) -> None:
        rules.check_names(identities)
        last = {(row.kind, row.remote_id, row.hub_id): row for row in identities}
        staged = ((*pair, Json(row.detail)) for pair, row in last.items())
        await self._load(stage, sql.COPY_IDENTITIES, staged, apply, channel=channel, now=now)

    async def identities(self, channel: str, kind: str, remote_ids: Sequence[str]) -> Mapping[str, list[Identity]]:
        found: dict[str, list[Identity]] = {}
        for row in await self._rows(sql.IDENTITIES, channel=channel, kind=kind, remote_ids=list(remote_ids)):
            found.setdefault(row["remote_id"], []).append(Identity(**row))
        return found

    async def identities_of(self, channel: str, kind: str, hub_ids: Sequence[int]) -> Mapping[int, list[Identity]]:
        found: dict[int, list[Identity]] = {}
        for row in await self._rows(sql.IDENTITIES_OF, channel=channel, kind=kind, hub_ids=list(hub_ids)):
            found.setdefault(row["hub_id"], []).append(Identity(**row))
        return found

    async def sent(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        rows = await self._rows(sql.SENT, channel=channel, kind=kind, keys=list(keys))
        return {row["key"]: Sent(**row) for row in rows}

    async def submit(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> set[str]:
        return {row["key"] for row in await self._load_sent(rows, sql.SUBMIT, channel, kind, now)}

    async def record_sent(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> None:
        await self._load_sent(rows, sql.RECORD_SENT, channel, kind, now)

    async def _load_sent(
        self, rows: Sequence[Sent], apply: str, channel: str, kind: str, now: datetime
    ) -> list[DictRow]:
        newest = rules.newest_versions(rows)
        staged = ((row.key, row.value, row.version, rules.version_moment(row.version)) for row in newest)
        return await self._load(sql.STAGE_SENT, sql.COPY_SENT, staged, apply, channel=channel, kind=kind, now=now)

    async def doubt_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        await self._do(sql.DOUBT_SENT, channel=channel, kind=kind, keys=list(keys))

    async def unconfirmed(self, channel: str, kind: str, since: datetime) -> set[str]:
        return {row["key"] for row in await self._rows(sql.UNCONFIRMED, channel=channel, kind=kind, since=since)}

    async def doubted(self, channel: str, kind: str, keys: Sequence[str]) -> set[str]:
        return {row["key"] for row in await self._rows(sql.DOUBTED, channel=channel, kind=kind, keys=list(keys))}

    async def forget_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        await self._do(sql.FORGET_SENT, channel=channel, kind=kind, keys=list(keys))
