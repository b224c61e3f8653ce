"""Taking out of a category's set what Fashfed no longer has there. What is mapped stays; no attribute and no value is
ever deleted, because other categories may have it (reference/flows.md section 4.4)."""

from collections.abc import Collection

from include.clients.omnitron.mapper_schemas import AttributeConfig
from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import ATTRIBUTE, VALUE, AttributeBook
from include.flows.setup.attribute_report import kept, key_of
from include.flows.setup.attribute_sets import AttributeSets, Category, SetState, Written
from include.mapping.attributes import Change, is_named
from include.state.store import Finding


class AttributeRemoval:
    """What was too much in the sets, and what became of it."""

    def __init__(self, ctx: FlowContext, book: AttributeBook, sets: AttributeSets) -> None:
        self._hub = ctx.hub
        self._book = book
        self._sets = sets

    async def attributes(self, category: Category, state: SetState, keys: Collection[str]) -> list[Finding]:
        """Take out the attributes of Fashfed's that are not among ``keys``."""
        found = []
        for pk, config in state.configs.items():
            key = self._book.keys.get(pk)
            if key is not None and key not in keys:
                found.append(await self._attribute(category, state, key, config))
        return found

    async def _attribute(self, category: Category, state: SetState, key: str, config: AttributeConfig) -> Finding:
        pk = config.attribute
        name = self._book.names[pk]
        if self._book.rule_texts(pk):
            if config.is_required:
                await self._book.one(self._hub.patch_attribute_config, config.pk, {"is_required": False})
            error = RecordFailed("attribute_still_mapped", attribute=name, category=category.label)
            return kept(ATTRIBUTE, key_of(category, key), name, error)
        for value in (await self._book.values(pk)).values():
            if value.pk in state.listed:
                await self._book.one(self._hub.delete_attribute_value_config, state.listed[value.pk])
        await self._book.one(self._hub.delete_attribute_config, config.pk)
        return Finding(ATTRIBUTE, key_of(category, key), "removed", text=f"{category.label}: {name}")

    async def values(self, category: Category, written: Written) -> list[Finding]:
        """No longer allow values that are gone from a category; ``written`` has named those that remain."""
        refused = {attribute.key for attribute, _ in written.refused}
        return [
            finding
            for one in written.changes
            if one.surplus and not one.is_new and one.attribute.key not in refused
            for finding in await self._values(category, written, one)
        ]

    async def _values(self, category: Category, written: Written, one: Change) -> list[Finding]:
        pk = await self._book.attribute(one.attribute)
        values, texts = await self._book.values(pk), self._book.rule_texts(pk)
        key, name = key_of(category, one.attribute.key), self._book.names[pk]
        named = {gone for gone in one.surplus if is_named(gone, values[gone].label, values[gone].pk, texts)}
        if len(named) < len(one.surplus):
            await self._sets.restrict(written.set, pk, {*(each.value for each in one.attribute.values), *named})
        found = []
        for gone in one.surplus:
            if gone in named:
                error = RecordFailed("value_still_mapped", value=gone, attribute=name, category=category.label)
                found.append(kept(VALUE, key, gone, error))
            else:
                found.append(Finding(VALUE, key, "removed", gone, text=f"{category.label}: {name}"))
        return found
