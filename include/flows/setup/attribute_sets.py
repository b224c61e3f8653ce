"""The attribute sets of categories in Omnitron: one a category, bound to the category's node, with attributes, flags
and the values it allows (api/omnitron.md section 6)."""

from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from include.clients.omnitron.mapper_schemas import AttributeConfig, AttributeSet
from include.errors import Refused
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import AttributeBook
from include.flows.setup.attribute_bulk import AttributeBulk
from include.flows.setup.making import made
from include.mapping.attributes import Change, Held, Wanted, change, set_names
from include.together import to_their_ends, together

_REMEMBER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Category:
    """A category of Fashfed as Omnitron knows it. ``path`` names it from the root on; ``node`` is its place in the
    tree, ``action`` the integration action of that node."""

    remote_id: str
    path: tuple[str, ...]
    node: int | None = None
    action: int | None = None

    @property
    def label(self) -> str:
        """What operators read."""
        return " > ".join(self.path)


@dataclass(slots=True)
class SetState:
    """What a set holds: configs by the attribute's pk, and for each value it names the pk of that config."""

    configs: dict[int, AttributeConfig] = field(default_factory=dict)
    listed: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Written:
    """What was done to one category's set. ``before`` is what it held; ``refused`` what Omnitron did not accept."""

    set: AttributeSet
    before: SetState
    changes: list[Change]
    refused: list[tuple[Wanted, Refused]] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether the category differed from what Omnitron had of it."""
        return any(one.is_new or one.flags or one.added for one in self.changes)


class AttributeSets:
    """Writes what categories have at Fashfed into their sets. Nothing is written that is there already and equal."""

    def __init__(self, ctx: FlowContext, book: AttributeBook) -> None:
        self._book = book
        self._hub = ctx.hub
        self._sets: dict[str, AttributeSet] = {}
        self._names: set[str] = set()
        self._bindings: dict[int, set[int | None]] = {}
        self._bulk = AttributeBulk(ctx, book)
        self._unlisted: dict[tuple[int, int], frozenset[str]] = {}
        """Set and attribute -> the values of a category that were simply all values of the attribute."""
        self._lists: dict[frozenset[str], frozenset[str]] = {}
        """One copy of each value list, however many categories share it."""
        self._scope = f"value_lists:{ctx.channel}"
        self._store, self._log = ctx.store, ctx.log
        self._settled = True
        """Whether every set that does not name its values has all values of the attribute indeed; not after a run
        that was broken off: it may have added values to an attribute that other sets use."""

    @classmethod
    async def read(cls, ctx: FlowContext, book: AttributeBook) -> "AttributeSets":
        """The channel's sets as Omnitron has them now."""
        sets = cls(ctx, book)
        all_sets, configs, open_run, _ = await together(
            ctx.hub.attribute_sets(),
            ctx.hub.attribute_set_configs(),
            ctx.store.cached(sets._scope, ["unsettled"], now=ctx.clock.now()),
            sets._bulk.recall(),
        )
        sets._settled = not open_run
        await ctx.store.cache(sets._scope, {"unsettled": True}, expires_at=ctx.clock.now() + _REMEMBER)
        for one in all_sets:
            sets._names.add(one.name)
            if one.remote_id:
                sets._sets.setdefault(one.remote_id, one)
        for config in configs:
            sets._bindings.setdefault(config.attribute_set, set()).add(config.object_id)
        return sets

    def known(self) -> list[AttributeSet]:
        """The sets of categories, by Fashfed's id of the category."""
        return [self._sets[remote_id] for remote_id in sorted(self._sets)]

    def has(self, remote_id: str) -> bool:
        """Whether a category has a set."""
        return remote_id in self._sets

    # --- the set ------------------------------------------------------------------------------------------------

    async def of(self, category: Category) -> AttributeSet:
        """The set of a category, made, named and bound if need be. Raises ``Refused``."""
        options = set_names(category.path, category.remote_id)
        chosen = self._sets.get(category.remote_id)
        if chosen is None or chosen.name not in options:
            name = next((one for one in options if one not in self._names), options[-1])
            self._names.add(name)
            chosen = self._sets[category.remote_id] = await self._named(category, chosen, name)
        bound = self._bindings.setdefault(chosen.pk, set())
        if category.node is not None and category.node not in bound:
            await made(
                lambda: self._book.one(self._hub.create_attribute_set_config, chosen.pk, category.node),
                lambda: self._binding(chosen.pk, category.node),
            )
            bound.add(category.node)
        return chosen

    async def _named(self, category: Category, chosen: AttributeSet | None, name: str) -> AttributeSet:
        if chosen is not None:
            return await self._book.one(self._hub.rename_attribute_set, chosen.pk, name)

        async def look() -> AttributeSet | None:
            return next(iter(await self._book.one(self._hub.attribute_sets, category.remote_id)), None)

        return await made(lambda: self._book.one(self._hub.create_attribute_set, name, category.remote_id), look)

    async def _binding(self, chosen: int, node: int | None) -> object | None:
        configs = await self._book.one(self._hub.attribute_set_configs, chosen)
        return next((one for one in configs if one.object_id == node), None)

    # --- its attributes -----------------------------------------------------------------------------------------

    async def state(self, chosen: AttributeSet) -> SetState:
        """What a set holds now."""
        configs, listed = await together(
            self._book.one(self._hub.attribute_configs, chosen.pk),
            self._book.one(self._hub.attribute_value_configs, chosen.pk),
        )
        return SetState({one.attribute: one for one in configs}, {one.attribute_value: one.pk for one in listed})

    async def write(self, category: Category, chosen: AttributeSet, attributes: Mapping[str, Wanted]) -> Written:
        """Bring a category's set up to date; what is in it beyond ``attributes`` stays. An attribute or value that
        Omnitron refuses is in ``refused`` and costs only itself."""
        state = await self.state(chosen)
        written = Written(chosen, state, await self._changes(state, attributes.values()))
        todo = written.changes
        if category.node is not None and await self._bulk.send(category.node, chosen, todo):
            state = await self.state(chosen)
            todo = await self._changes(state, attributes.values())
        await _each(self._write_one(written, state, one) for one in todo)
        return written

    async def _changes(self, state: SetState, attributes: Iterable[Wanted]) -> list[Change]:
        return [change(one, await self._held(state, one)) for one in attributes]

    async def _held(self, state: SetState, attribute: Wanted) -> Held:
        pk = self._book.pk(attribute.key)
        if pk is None:
            return Held()
        values = await self._book.values(pk) if attribute.values else {}
        config = state.configs.get(pk)
        listed = had = {name for name, one in values.items() if one.pk in state.listed}
        if config is not None and not listed:
            wanted = {one.value for one in attribute.values}
            old = {name for name, one in values.items() if one.pk not in self._book.born}
            had = old if self._settled else old & wanted
        return Held(config, values, listed, had)

    async def _write_one(self, written: Written, state: SetState, one: Change) -> None:
        attribute, chosen = one.attribute, written.set
        try:
            pk = await self._book.attribute(attribute)
            await self._configure(chosen, pk, one, state.configs.get(pk))
        except Refused as refusal:
            written.refused.append((attribute, refusal))
            return
        lacking = await self._book.lacking(pk, attribute.values)
        refused = await _each(self._book.value(pk, value) for value in lacking)
        refused += await self._allow(chosen.pk, pk, one.allow)
        written.refused += [(attribute, refusal) for refusal in refused]
        if attribute.values and not one.lists:
            values = frozenset(value.value for value in attribute.values).union(one.surplus)
            self._unlisted[chosen.pk, pk] = self._lists.setdefault(values, values)

    async def _configure(self, chosen: AttributeSet, pk: int, one: Change, config: AttributeConfig | None) -> None:
        if config is not None:
            if one.flags:
                await self._book.one(self._hub.patch_attribute_config, config.pk, one.flags)
            return

        async def look() -> AttributeConfig | None:
            configs = await self._book.one(self._hub.attribute_configs, chosen.pk)
            return next((one for one in configs if one.attribute == pk), None)

        fields = {"attribute_set": chosen.pk, "attribute": pk, **one.attribute.flags}
        await made(lambda: self._book.one(self._hub.create_attribute_config, fields), look)

    async def _allow(self, chosen: int, attribute: int, names: Iterable[str]) -> list[Refused]:
        """Let a set name values of an attribute, as far as Omnitron has them; gives the refusals."""
        known = await self._book.values(attribute)
        return await _each(self._allow_one(chosen, known[name].pk) for name in names if name in known)

    async def _allow_one(self, chosen: int, value: int) -> None:
        async def look() -> object | None:
            configs = await self._book.one(self._hub.attribute_value_configs, chosen)
            return next((one for one in configs if one.attribute_value == value), None)

        await made(lambda: self._book.one(self._hub.create_attribute_value_config, chosen, value), look)

    async def restrict(self, chosen: AttributeSet, attribute: int, names: Collection[str]) -> None:
        """Let a set allow exactly these values of an attribute. Raises ``Refused``, before anything is taken away."""
        listed = (await self.state(chosen)).listed
        values = await self._book.values(attribute)
        self._unlisted.pop((chosen.pk, attribute), None)
        missing = [name for name in names if name in values and values[name].pk not in listed]
        for refusal in await self._allow(chosen.pk, attribute, missing):
            raise refusal
        gone = [listed[one.pk] for name, one in values.items() if one.pk in listed and name not in names]
        await to_their_ends(self._book.one(self._hub.delete_attribute_value_config, config) for config in gone)

    # --- the end of a run -----------------------------------------------------------------------------------------

    async def settle(self, *, whole: bool) -> None:
        """Name the values of sets that allowed all values of an attribute, where other categories have added some
        since. ``whole``: every category had its turn."""
        for (chosen, attribute), names in self._unlisted.items():
            if len(await self._book.values(attribute)) > len(names):
                for refusal in await self._allow(chosen, attribute, names):
                    self._log.warning("Attribute set %d still allows all values of an attribute: %s", chosen, refusal)
        self._unlisted.clear()
        if whole:
            await self._store.uncache(self._scope, ["unsettled"])


async def _each(work: Iterable[Awaitable[object]]) -> list[Refused]:
    """Do all of it; a refused part costs only itself, any other trouble is raised when all have ended."""
    return [refusal for refusal in await to_their_ends(map(_refusal, work)) if refusal is not None]


async def _refusal(part: Awaitable[object]) -> Refused | None:
    try:
        await part
    except Refused as refusal:
        return refusal
    return None
