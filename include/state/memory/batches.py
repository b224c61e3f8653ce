"""Batch requests of ours in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from include.domain.batch import OPEN, BatchItem, BatchState
from include.state import rules
from include.state.memory.database import Process
from include.state.store import OpenBatch


class Batches(Process):
    """See ``store.Store``."""

    async def add_batch(self, batch: OpenBatch) -> None:
        if batch.id in self._data.batches:
            raise ValueError(f"batch {batch.id} exists already")
        self._keep_batch(batch)
        self._note(batch.channel, "batch", batch.id, None, batch.state, batch.opened_at)

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
        if batch_id not in self._data.batches:
            raise ValueError(f"batch {batch_id} is not known")
        batch = self._data.batches[batch_id]
        pk = batch.pk if pk is None else pk
        rules.check_transition(batch_id, batch.state, state, pk)
        changed = replace(
            batch,
            state=state,
            pk=pk,
            local_batch_id=batch.local_batch_id if local_batch_id is None else local_batch_id,
            sent_at=now if state is BatchState.SENT_TO_REMOTE else batch.sent_at,
        )
        self._keep_batch(changed)
        if state not in OPEN:
            self._data.batch_items.pop(batch_id, None)
        elif items is not None:
            self._data.batch_items[batch_id] = tuple(items)
        self._note(batch.channel, "batch", batch_id, batch.state, state, now)

    def _keep_batch(self, batch: OpenBatch) -> None:
        if batch.state is BatchState.COMMIT:
            for other in self._open_batches(batch.channel, batch.content_type):
                if other.state is BatchState.COMMIT and other.id != batch.id:
                    raise rules.commit_taken(other.local_batch_id or other.id, batch.content_type)
        self._data.batches[batch.id] = batch

    async def open_batches(self, channel: str, content_type: str) -> list[OpenBatch]:
        return sorted(self._open_batches(channel, content_type), key=lambda batch: batch.opened_at)

    async def batch_items(self, batch_id: str) -> list[BatchItem]:
        return list(self._data.batch_items.get(batch_id, ()))

    def _open_batches(self, channel: str, content_type: str) -> Iterable[OpenBatch]:
        for batch in self._data.batches.values():
            if (batch.channel, batch.content_type) == (channel, content_type) and batch.state in OPEN:
                yield batch
