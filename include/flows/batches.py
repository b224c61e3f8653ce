"""Batch requests done right: opened for something, held shortly, always closed (design.md section 6).

Our own record of a batch is written before Omnitron is asked for one, so that whatever a killed run leaves behind is
found by the next run (``recover``).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from include.catalogue import entry
from include.clients.omnitron.schemas import Batch, BatchObject
from include.domain.batch import BatchItem, BatchState, Fate
from include.errors import FashfedError, Refused, RunInProgress
from include.flows.context import FlowContext
from include.state.store import OpenBatch

_BEFORE_HAND_OVER = frozenset({BatchState.OPENING, BatchState.INITIALIZED, BatchState.COMMIT})
_REMOTE_BATCH_ID = 255
"""Characters of a batch's remote_batch_id (api/omnitron.md section 3.3)."""
_NAMELESS_FOR = timedelta(minutes=20)
"""A batch whose number never came is looked for this far around the moment it was asked for, and twice as much later,
so that a batch of a run that is alive is never taken for it."""


class HeldBatch:
    """A batch request in our hands, between its opening and the moment it is handed over or closed."""

    def __init__(self, ctx: FlowContext, content_type: str, batch_id: str) -> None:
        self._ctx = ctx
        self._content_type = content_type
        self.id = batch_id
        self.pk = 0
        self.local_id = ""
        self.ended = False
        self.refused: list[BatchItem] = []
        """Objects Omnitron did not let us claim."""
        self.busy: list[BatchItem] = []
        """Objects another batch holds; they come back to the feed when it ends."""

    async def open(self) -> None:
        """Ask Omnitron for the batch, after writing down that we do."""
        ctx = self._ctx
        await ctx.store.add_batch(
            OpenBatch(self.id, ctx.channel, ctx.flow, self._content_type, BatchState.OPENING, ctx.clock.now())
        )
        opened = await ctx.hub.open_batch()
        self.pk, self.local_id = opened.pk, opened.local_batch_id
        await self._note(BatchState.INITIALIZED, pk=self.pk, local_batch_id=self.local_id)

    async def commit(self, items: Sequence[BatchItem]) -> list[BatchItem]:
        """Claim the objects; returns those Omnitron let us have.

        One object that Omnitron does not accept costs only itself: a refused claim is split until it is found.
        Raises ``RunInProgress`` when another program holds the content type.
        """
        await self._note(BatchState.COMMIT)
        return await self._claim(items)

    async def _claim(self, items: Sequence[BatchItem]) -> list[BatchItem]:
        if not items:
            return []
        try:
            await self._ctx.hub.change_batch(
                self.pk, "commit", content_type=self._content_type, objects=[wire_object(item) for item in items]
            )
        except Refused as refusal:
            await self._raise_if_held_by_another()
            if len(items) == 1:
                await self._turn_away(items[0], refusal)
                return []
            half = len(items) // 2
            return await self._claim(items[:half]) + await self._claim(items[half:])
        return list(items)

    async def _turn_away(self, item: BatchItem, refusal: Refused) -> None:
        holder = await self._ctx.hub.integration_actions(item.content_type, object_ids=[item.pk], status="processing")
        if any(action.local_batch_id != self.local_id for action in holder):
            self.busy.append(item)
        else:
            self.refused.append(replace(item, fate=Fate.FAILED, code=refusal.code, text=refusal.message))

    async def _raise_if_held_by_another(self) -> None:
        for other in await self._ctx.hub.batches(["commit"], self._content_type):
            if other.pk != self.pk:
                raise RunInProgress("batch_held", batch=other.local_batch_id, content_type=self._content_type)

    async def hand_over(self, items: Sequence[BatchItem]) -> None:
        """The market has the work: let the content type go and wait for the answer elsewhere."""
        await self._ctx.hub.change_batch(self.pk, "sent_to_remote", remote_batch_id=_named(items))
        await self._note(BatchState.SENT_TO_REMOTE, items=items)
        self.ended = True

    async def close(self, items: Sequence[BatchItem]) -> None:
        """End the batch with the outcome of every object."""
        await close(self._ctx, self.id, self.pk, items)
        self.ended = True

    async def _note(
        self,
        state: BatchState,
        *,
        pk: int | None = None,
        local_batch_id: str | None = None,
        items: Sequence[BatchItem] | None = None,
    ) -> None:
        now = self._ctx.clock.now()
        await self._ctx.store.change_batch(self.id, state, now=now, pk=pk, local_batch_id=local_batch_id, items=items)


def _named(items: Sequence[BatchItem]) -> str:
    """The market's tickets for the eyes of people: as many whole ones as fit; our own record has them all."""
    text = ""
    for ticket in sorted({item.ticket for item in items if item.ticket}):
        longer = f"{text},{ticket}" if text else ticket
        if len(longer) > _REMOTE_BATCH_ID:
            break
        text = longer
    return text


@asynccontextmanager
async def held_batch(ctx: FlowContext, content_type: str) -> AsyncIterator[HeldBatch]:
    """Open a batch and make sure it does not stay behind, whatever ends the block."""
    batch = HeldBatch(ctx, content_type, uuid4().hex)
    try:
        await batch.open()
        yield batch
    finally:
        if batch.pk and not batch.ended:
            # if this does not work out, the next run closes it; so it does with a batch whose number never came
            with suppress(FashfedError):
                await _release(ctx, batch.id, batch.pk)


async def close(ctx: FlowContext, batch_id: str, pk: int, items: Sequence[BatchItem]) -> None:
    """Tell Omnitron what became of every object; released ones are left unnamed, which only ``fail`` allows."""
    told = [item for item in items if not item.unnamed]
    named = [wire_object(item) for item in told if item.fate is not Fate.RELEASED]
    state = BatchState.DONE if named and len(named) == len(told) else BatchState.FAIL
    try:
        await ctx.hub.change_batch(pk, state.value, objects=named or None)
    except Refused as refusal:
        # an outcome Omnitron does not take must not keep the batch open for ever: its objects come back instead
        ctx.log.warning("Omnitron did not take the outcomes of batch %s (%s); its objects are released", pk, refusal)
        state = BatchState.FAIL
        await ctx.hub.change_batch(pk, state.value)
    await ctx.store.change_batch(batch_id, state, now=ctx.clock.now())


async def recover(ctx: FlowContext, content_type: str) -> None:
    """Close what a killed run left behind before it reached the market; the objects come back to the feed.

    The caller holds the content type's lock, so no batch found here belongs to a run that is still alive.
    """
    for left in await ctx.store.open_batches(ctx.channel, content_type):
        if left.state not in _BEFORE_HAND_OVER:
            continue
        if left.pk:
            ctx.log.warning("Closing batch %s that an interrupted run left in %s", left.pk, left.state)
            await _release(ctx, left.id, left.pk)
        elif ctx.clock.now() - left.opened_at > 2 * _NAMELESS_FOR:
            await _release_nameless(ctx, left)


async def _release(ctx: FlowContext, batch_id: str, pk: int) -> None:
    state = BatchState.FAIL
    try:
        await ctx.hub.change_batch(pk, state.value)
    except Refused:
        # whoever was killed after Omnitron had ended the batch could not note that any more
        state = await _end_in_hub(ctx, pk)
    await ctx.store.change_batch(batch_id, state, now=ctx.clock.now())


async def _end_in_hub(ctx: FlowContext, pk: int) -> BatchState:
    """How the batch ended in Omnitron, ended now if need be; one Omnitron does not know any more holds nothing."""
    try:
        batch = await ctx.hub.batch(pk)
    except Refused as refusal:
        if refusal.status == 404:
            return BatchState.FAIL
        raise
    if batch.status not in (BatchState.DONE, BatchState.FAIL):
        await ctx.hub.change_batch(pk, BatchState.FAIL.value)
    return BatchState.DONE if batch.status == BatchState.DONE else BatchState.FAIL


async def _release_nameless(ctx: FlowContext, left: OpenBatch) -> None:
    """End a batch whose number never reached us: an empty one of that moment."""
    for batch in await ctx.hub.batches([BatchState.INITIALIZED.value]):
        if _made_between(batch, left.opened_at - _NAMELESS_FOR, left.opened_at + _NAMELESS_FOR):
            ctx.log.warning("Closing batch %s that an interrupted run left empty", batch.pk)
            await ctx.hub.change_batch(batch.pk, BatchState.FAIL.value)
    await ctx.store.change_batch(left.id, BatchState.FAIL, now=ctx.clock.now())


def _made_between(batch: Batch, start: datetime, end: datetime) -> bool:
    return batch.created_date is not None and start <= datetime.fromisoformat(batch.created_date) <= end


def wire_object(item: BatchItem) -> BatchObject:
    """The object as a batch request names it (api/omnitron.md section 3.3)."""
    failed = entry(item.code or "unexpected").side if item.fate is Fate.FAILED else None
    remote_id = None if failed or item.fate is Fate.RELEASED else item.key
    return BatchObject(item.pk, item.content_type, item.version, remote_id, failed)
