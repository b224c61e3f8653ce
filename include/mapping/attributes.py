"""Fashfed's attributes as Omnitron's Mapper holds them (reference/flows.md section 4.2, api/omnitron.md section 6)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from include.clients.fashfed.schemas import CategoryAttribute
from include.clients.omnitron.mapper_schemas import AttributeConfig

TEXT_LIMIT = 255
"""Characters of a name or label in the hub."""
BULK_ATTRIBUTES = 200
BULK_VALUES = 500
"""Sizes of one request of the hub's bulk call (reference/flows.md section 4.2)."""


class Value(NamedTuple):
    """One entry of a value list: what Fashfed takes, what people read, and Fashfed's id of it."""

    value: str
    label: str
    remote_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attribute as one category of Fashfed has it. ``key`` is its identity; no ``values``: any text is taken."""

    key: str
    name: str
    is_required: bool
    is_variant: bool
    values: tuple[Value, ...] = ()

    @property
    def flags(self) -> dict[str, str | bool]:
        """How the attribute behaves within the category's set; custom means that people may enter any text."""
        return {
            "attribute_remote_id": self.key,
            "is_required": self.is_required,
            "is_variant": self.is_variant,
            "is_custom": not self.values,
        }


def wanted(rows: Iterable[CategoryAttribute]) -> dict[str, Wanted]:
    """A category's attributes by key, each key and each value once; the first of two counts."""
    found: dict[str, Wanted] = {}
    for row in rows:
        values: dict[str, Value] = {}
        for one in row.values:
            label = one.label or one.value
            values.setdefault(one.value, Value(one.value, label[:TEXT_LIMIT], one.id or one.value))
        name = (" ".join(row.name.split()) or row.key)[:TEXT_LIMIT]
        found.setdefault(row.key, Wanted(row.key, name, row.is_required, row.is_variant, tuple(values.values())))
    return found


def names(name: str, key: str) -> tuple[str, str]:
    """What an attribute may be called in the hub, where names are unique: its name, or with its key behind it."""
    ending = f" ({key})"
    return name, name[: TEXT_LIMIT - len(ending)] + ending


def set_names(path: Sequence[str], remote_id: str) -> tuple[str, str, str]:
    """What the set of a category may be called: as its leaf, as the whole way to it, or with its id."""
    leaf = path[-1]
    return leaf[:TEXT_LIMIT], " > ".join(path)[-TEXT_LIMIT:], f"{leaf[: TEXT_LIMIT - len(remote_id) - 3]} ({remote_id})"


def schema_name(channel_id: int, attribute: str) -> str:
    """The name of the rules that people fill for an attribute."""
    return f"{channel_id} {attribute} Schema"


@dataclass(frozen=True, slots=True)
class Held:
    """What the hub has of an attribute in one set.

    ``known`` are all values of the attribute, ``listed`` those that the set names; a set that names none allows all.
    ``had`` are those that the category is known to have had, which for such a set are not always all.
    """

    config: AttributeConfig | None = None
    known: Collection[str] = ()
    listed: Collection[str] = ()
    had: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written so that a set has an attribute as Fashfed has it. ``flags`` are those that differ."""

    attribute: Wanted
    is_new: bool
    flags: Mapping[str, str | bool]
    create: tuple[Value, ...]
    """Values the attribute does not have yet."""
    added: tuple[str, ...]
    """Values that the category did not have before."""
    surplus: tuple[str, ...]
    """Values that the category had and does not have any more; they stay until somebody takes them away."""
    lists: bool
    """Whether the set must name its values, because other categories have some that this one does not have."""
    allow: tuple[str, ...]
    """Values that the set must name and does not name yet."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return self.is_new or bool(self.flags or self.create or self.allow)


def change(attribute: Wanted, held: Held) -> Change:
    """The difference between a category's attribute and what the hub has of it.

    A set names its values only where they are not simply all values of the attribute.
    """
    values = [one.value for one in attribute.values]
    surplus = sorted(set(held.had) - set(values)) if values else []
    lists = bool(values) and bool(held.listed or set(held.known).difference(values, surplus))
    return Change(
        attribute=attribute,
        is_new=held.config is None,
        flags=changed_flags(held.config, attribute.flags) if held.config else {},
        create=tuple(one for one in attribute.values if one.value not in held.known),
        added=tuple(value for value in values if value not in held.had),
        surplus=tuple(surplus),
        lists=lists,
        allow=tuple(value for value in (*values, *surplus) if lists and value not in held.listed),
    )


def changed_flags(config: AttributeConfig, flags: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """The flags in which a set's attribute differs."""
    return {name: value for name, value in flags.items() if getattr(config, name) != value}


def bulk_requests(changes: Iterable[tuple[str, Wanted]]) -> list[list[dict[str, Any]]]:
    """Attributes (with their names in the hub) as bodies of the bulk call; a long value list is cut into several
    entries."""
    entries = [
        _entry(
            name, replace(attribute, values=attribute.values[start : start + BULK_VALUES]), custom=not attribute.values
        )
        for name, attribute in changes
        for start in range(0, len(attribute.values) or 1, BULK_VALUES)
    ]
    return [entries[start : start + BULK_ATTRIBUTES] for start in range(0, len(entries), BULK_ATTRIBUTES)]


def _entry(name: str, attribute: Wanted, *, custom: bool) -> dict[str, Any]:
    return {
        "name": name,
        "remote_id": attribute.key,
        "is_required": attribute.is_required,
        "is_variant": attribute.is_variant,
        "is_custom": custom,
        "values": [{"label": one.label, "value": one.value, "remote_id": one.remote_id} for one in attribute.values],
    }


def rule_texts(rules: Any) -> set[str]:
    """Every text and number that the rules of an attribute name, in lower case; their shape is the Mapper's."""
    if isinstance(rules, dict):
        return set().union(*(rule_texts(part) for pair in rules.items() for part in pair))
    if isinstance(rules, list):
        return set().union(*(rule_texts(part) for part in rules))
    return set() if rules is None else {str(rules).strip().casefold()}


def is_named(value: str, label: str, pk: int, texts: Collection[str]) -> bool:
    """Whether rules name a value: by what Fashfed takes, by what people read, or by its pk in the hub."""
    return any(one.strip().casefold() in texts for one in (value, label, str(pk)))
