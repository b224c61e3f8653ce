"""What Omnitron has of the channel's attributes and values: read once in a run, completed as categories need it.

A lost answer or a refusal is followed by another look at the natural key, so nothing is made twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, ParamSpec, TypeVar

from include.clients.omnitron.mapper_schemas import Attribute, AttributeSchema
from include.errors import Refused
from include.flows.context import FlowContext
from include.flows.once import Once
from include.flows.setup.making import made, name_object
from include.mapping.attributes import Value, Wanted, names, rule_texts, schema_name
from include.mapping.default_attributes import DEFAULT_ATTRIBUTES
from include.together import together

T = TypeVar("T")
P = ParamSpec("P")

ATTRIBUTE = "marketplaceattribute"
VALUE = "marketplaceattributevalue"


class HubValue(NamedTuple):
    """A value of an attribute in the hub."""

    pk: int
    label: str


class AttributeBook:
    """The attributes of the channel by Fashfed's key, with their rules and values.

    An attribute is known by its integration action, which holds Fashfed's key. Default Attributes are not Fashfed's:
    the book knows their names and nothing else of them.
    """

    def __init__(self, ctx: FlowContext) -> None:
        self.hub = ctx.hub
        self.born: set[int] = set()
        """Values that this run has made."""
        self.names: dict[int, str] = {}
        self.keys: dict[int, str] = {}
        self._pks: dict[str, int] = {}
        self._owners: dict[str, str] = dict.fromkeys(DEFAULT_ATTRIBUTES, "")
        """Name of an attribute -> the key it belongs to, also of attributes that are about to be made."""
        self._unclaimed: dict[str, int] = {}
        self._schemas: dict[str, AttributeSchema] = {}
        self._value_ids: dict[int, str] = {}
        self._channel_id = ctx.channel_id
        self._slots = asyncio.Semaphore(ctx.tuning.concurrency)
        self._attributes = Once[int](keep=(Refused,))
        self._values = Once[dict[str, HubValue]]()
        self._made_values = Once[int](keep=(Refused,))

    @classmethod
    async def read(cls, ctx: FlowContext) -> "AttributeBook":
        """The book as Omnitron has it now."""
        book = cls(ctx)
        _, book._value_ids = await together(book.read_attributes(), ctx.hub.remote_ids(VALUE))
        return book

    async def read_attributes(self) -> None:
        """Read the attributes, their actions and their rules (again: the bulk call has made some)."""
        attributes, keys, schemas = await together(
            self.one(self.hub.attributes),
            self.one(self.hub.remote_ids, ATTRIBUTE),
            self.one(self.hub.attribute_schemas),
        )
        self._schemas |= {one.name: one for one in schemas}
        for one in sorted(attributes, key=lambda attribute: attribute.pk):
            if one.name not in DEFAULT_ATTRIBUTES:
                self._enter(one, keys.get(one.pk))

    def _enter(self, attribute: Attribute, key: str | None) -> None:
        if key is None:
            self._unclaimed[attribute.name] = attribute.pk
            return
        self._unclaimed.pop(attribute.name, None)
        self.names[attribute.pk], self.keys[attribute.pk] = attribute.name, key
        self._owners[attribute.name] = key
        self._pks.setdefault(key, attribute.pk)

    async def one(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of Omnitron, of which only so many run at a time."""
        async with self._slots:
            return await call(*args, **kwargs)

    # --- attributes ---------------------------------------------------------------------------------------------

    def pk(self, key: str) -> int | None:
        """The hub's attribute of a key."""
        return self._pks.get(key)

    def name_of(self, attribute: Wanted) -> str:
        """What an attribute is called in the hub, or will be: two keys of one name do not become one attribute."""
        known = self._pks.get(attribute.key)
        return self.names[known] if known is not None else self._claim(attribute.key, attribute.name)

    def _claim(self, key: str, name: str) -> str:
        plain, with_key = names(name, key)
        free = plain if self._owners.setdefault(plain, key) == key else with_key
        self._owners[free] = key
        return free

    async def attribute(self, attribute: Wanted) -> int:
        """The pk of the attribute, which is made if need be, with its action and its rules. Raises ``Refused``."""
        return await self._attributes.get(attribute.key, lambda: self._complete(attribute))

    async def _complete(self, attribute: Wanted) -> int:
        name = self.name_of(attribute)
        pk = self._pks.get(attribute.key)
        if pk is None:
            pk = self._unclaimed.get(name) or await self._create(name)
            await self.one(name_object, self.hub, ATTRIBUTE, pk, attribute.key)
            self._enter(Attribute(pk=pk, name=name), attribute.key)
        schema = schema_name(self._channel_id, name)
        if schema not in self._schemas:
            self._schemas[schema] = await made(
                lambda: self.one(self.hub.create_attribute_schema, schema),
                lambda: self._first(self.hub.attribute_schemas, schema),
            )
        return pk

    async def _create(self, name: str) -> int:
        created = await made(
            lambda: self.one(self.hub.create_attribute, name), lambda: self._first(self.hub.attributes, name)
        )
        return created.pk

    async def _first(self, look: Callable[P, Awaitable[list[T]]], *args: P.args, **kwargs: P.kwargs) -> T | None:
        return next(iter(await self.one(look, *args, **kwargs)), None)

    async def rename(self, key: str, name: str) -> str:
        """Call an attribute and its rules otherwise; the name it got. Raises ``Refused``."""
        pk = self._pks[key]
        before, after = self.names[pk], self._claim(key, name)
        old, new = (schema_name(self._channel_id, one) for one in (before, after))
        if old in self._schemas and new not in self._schemas:
            self._schemas[new] = await self.one(self.hub.rename_attribute_schema, self._schemas.pop(old).pk, new)
        self.names[pk] = (await self.one(self.hub.rename_attribute, pk, after)).name
        return after

    def rule_texts(self, pk: int) -> set[str]:
        """What the rules of an attribute name; nothing when nobody has mapped it."""
        schema = self._schemas.get(schema_name(self._channel_id, self.names[pk]))
        return rule_texts(schema.rules) if schema else set()

    # --- values -------------------------------------------------------------------------------------------------

    async def values(self, attribute: int) -> dict[str, HubValue]:
        """The values of an attribute, as they are now."""

        async def read() -> dict[str, HubValue]:
            rows = await self.one(self.hub.attribute_values, attribute)
            return {row.value: HubValue(row.pk, row.label) for row in rows}

        return await self._values.get(attribute, read)

    async def read_values(self, attribute: int) -> None:
        """Read values and their actions again: the bulk call has made some."""
        values = await self.values(attribute)
        rows = await self.one(self.hub.attribute_values, attribute)
        fresh = {row.value: HubValue(row.pk, row.label) for row in rows if row.value not in values}
        values |= fresh
        self.born |= {one.pk for one in fresh.values()}
        pks = [one.pk for one in values.values() if one.pk not in self._value_ids]
        if pks:
            actions = await self.one(self.hub.integration_actions, VALUE, object_ids=pks)
            self._value_ids |= {action.object_id: action.remote_id for action in actions if action.remote_id}

    async def lacking(self, attribute: int, values: Iterable[Value]) -> list[Value]:
        """The values that an attribute does not have, or that have no action."""
        known = await self.values(attribute)
        return [one for one in values if one.value not in known or known[one.value].pk not in self._value_ids]

    async def value(self, attribute: int, value: Value) -> int:
        """The pk of a value, which is made if need be, with its action. Raises ``Refused``."""
        known = (await self.values(attribute)).get(value.value)
        if known is not None and known.pk in self._value_ids:
            return known.pk
        return await self._made_values.get((attribute, value.value), lambda: self._complete_value(attribute, value))

    async def _complete_value(self, attribute: int, value: Value) -> int:
        values = await self.values(attribute)
        known = values.get(value.value)
        if known is None:
            row = await made(
                lambda: self.one(self.hub.create_attribute_value, attribute, value.label, value.value),
                lambda: self._first(self.hub.attribute_values, attribute, value.value),
            )
            known = values[value.value] = HubValue(row.pk, row.label)
            self.born.add(row.pk)
        if known.pk not in self._value_ids:
            await self.one(name_object, self.hub, VALUE, known.pk, value.remote_id)
            self._value_ids[known.pk] = value.remote_id
        return known.pk
