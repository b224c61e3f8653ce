"""Omnitron's call for all attributes of a category at once, where the installation has it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from include.clients.omnitron.mapper_schemas import AttributeSet
from include.errors import AnswerLost, Refused
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import AttributeBook
from include.mapping.attributes import Change, Wanted, bulk_requests
from include.together import together

_MEMORY = timedelta(days=1)
"""How long an installation without the call is not asked again."""


class AttributeBulk:
    """A short cut: what the call leaves undone, single calls do. One at a time, because two could each make an
    attribute that both their categories have."""

    def __init__(self, ctx: FlowContext, book: AttributeBook) -> None:
        self._ctx = ctx
        self._book = book
        self._exists = True
        self._scope = f"bulk_category_attributes:{ctx.channel}"
        self._turn = asyncio.Lock()

    async def recall(self) -> None:
        """Ask our memory whether this Omnitron has the call."""
        memory = await self._ctx.store.cached(self._scope, ["missing"], now=self._ctx.clock.now())
        self._exists = not memory

    async def send(self, node: int, chosen: AttributeSet, changes: Sequence[Change]) -> bool:
        """Write what is new in a category's set; whether anything may have changed in Omnitron."""
        news = [one for one in changes if one.is_new or one.create or one.allow]
        if not news or not self._exists:
            return False
        async with self._turn:
            if not self._exists:
                return False
            named = [(self._book.name_of(one.attribute), await self._with_labels(one.attribute)) for one in news]
            unknown = [one.attribute for one in news if await self._is_unknown(one.attribute)]
            try:
                for entries in bulk_requests(named):
                    await self._book.one(
                        self._ctx.hub.send_category_attributes, node, chosen.remote_id or "", chosen.name, entries
                    )
            except Refused as refusal:
                if refusal.status == 404:
                    await self._forget()
                    return False
                self._ctx.log.info("%s is written with single calls: %s", chosen.name, refusal)
            except AnswerLost:
                pass  # what happened is read below
            await self._read_again(unknown)
        return True

    async def _is_unknown(self, attribute: Wanted) -> bool:
        pk = self._book.pk(attribute.key)
        return pk is None or bool(attribute.values and await self._book.lacking(pk, attribute.values))

    async def _read_again(self, attributes: Sequence[Wanted]) -> None:
        if any(self._book.pk(one.key) is None for one in attributes):
            await self._book.read_attributes()
        pks = [self._book.pk(one.key) for one in attributes if one.values]
        await together(*(self._book.read_values(pk) for pk in pks if pk is not None))

    async def _with_labels(self, attribute: Wanted) -> Wanted:
        """The attribute with the labels its values have in Omnitron: the call would change them for all sets."""
        pk = self._book.pk(attribute.key)
        known = await self._book.values(pk) if pk is not None and attribute.values else {}
        values = (one._replace(label=known[one.value].label) if one.value in known else one for one in attribute.values)
        return replace(attribute, values=tuple(values))

    async def _forget(self) -> None:
        ctx = self._ctx
        self._exists = False
        ctx.log.info("This Omnitron has no bulk call for category attributes; single calls are used")
        await ctx.store.cache(self._scope, {"missing": True}, expires_at=ctx.clock.now() + _MEMORY)
