"""Batch requests of ours in Postgres."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Json

from include.domain.batch import OPEN, BatchItem, BatchState, Fate
from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import batches as sql
from include.state.store import OpenBatch

_FIELDS = tuple(field.name for field in fields(BatchItem))


class Batches(Session):
    """See ``store.Store``."""

    async def add_batch(self, batch: OpenBatch) -> None:
        try:
            await self._do(
                sql.ADD_BATCH,
                id=batch.id,
                channel=batch.channel,
                flow=batch.flow,
                content_type=batch.content_type,
                state=batch.state.value,
                pk=batch.pk,
                local_batch_id=batch.local_batch_id,
                opened_at=batch.opened_at,
                sent_at=batch.sent_at,
                items=_stored(()),
            )
        except UniqueViolation as error:
            raise ValueError(f"batch {batch.id} exists already") from error

    async def change_batch(
        self,
        batch_id: str,
        state: BatchState,
        *,
        now: datetime,
        pk: int | None = None,
        local_batch_id: str | None = None,
        items: Sequence[BatchItem] | None = None,
    ) -> None:
        if state not in OPEN:
            items = ()
        async with self._connection() as connection:
            try:
                async with connection.transaction():
                    row = await (await connection.execute(sql.BATCH, {"id": batch_id})).fetchone()
                    if row is None:
                        raise ValueError(f"batch {batch_id} is not known")
                    rules.check_transition(batch_id, BatchState(row["state"]), state, row["pk"] if pk is None else pk)
                    values = {
                        "id": batch_id,
                        "before": row["state"],
                        "state": state.value,
                        "now": now,
                        "pk": pk,
                        "local_batch_id": local_batch_id,
                        "sent_at": now if state is BatchState.SENT_TO_REMOTE else None,
                        "items": None if items is None else _stored(items),
                    }
                    await connection.execute(sql.CHANGE_BATCH, values)
            except UniqueViolation as error:
                [holder] = await (await connection.execute(sql.COMMIT_HOLDER, {"id": batch_id})).fetchall()
                raise rules.commit_taken(holder["name"], holder["content_type"]) from error

    async def open_batches(self, channel: str, content_type: str) -> list[OpenBatch]:
        rows = await self._rows(sql.OPEN_BATCHES, channel=channel, content_type=content_type)
        return [OpenBatch(**{**row, "state": BatchState(row["state"])}) for row in rows]

    async def batch_items(self, batch_id: str) -> list[BatchItem]:
        return [_item(stored) for row in await self._rows(sql.BATCH_ITEMS, id=batch_id) for stored in row["items"]]


def _stored(items: Sequence[BatchItem]) -> Json:
    return Json([{name: getattr(item, name) for name in _FIELDS} for item in items])


def _item(stored: dict[str, Any]) -> BatchItem:
    # Written by another version perhaps: fields we do not know are left out, new ones take their default.
    known = {name: value for name, value in stored.items() if name in _FIELDS}
    return BatchItem(**{**known, "fate": Fate(stored["fate"])})
