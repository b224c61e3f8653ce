"""What attributes and values are called: channel-wide in Omnitron, by category at Fashfed."""

from collections import defaultdict
from collections.abc import Iterable

from include.errors import RecordFailed, Refused
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import ATTRIBUTE, VALUE, AttributeBook, HubValue
from include.flows.setup.attribute_report import kept
from include.mapping.attributes import Wanted, names
from include.state.store import Finding


class AttributeNames:
    """Names and labels that Fashfed uses in any category. Omnitron's is wrong only when no category uses it, so that
    categories which disagree do not have it changed back and forth."""

    def __init__(self, ctx: FlowContext, book: AttributeBook) -> None:
        self._ctx = ctx
        self._book = book
        self._names: dict[str, set[str]] = defaultdict(set)
        self._labels: dict[tuple[str, str], set[str]] = defaultdict(set)

    def see(self, attributes: Iterable[Wanted]) -> None:
        """Take note of what a category calls its attributes and values."""
        for one in attributes:
            self._names[one.key].add(one.name)
            for value in one.values:
                self._labels[one.key, value.value].add(value.label)

    async def correct(self) -> list[Finding]:
        """Rename what is not mapped; what rules use keeps its name and is named among the findings."""
        found = []
        for key, seen in sorted(self._names.items()):
            pk = self._book.pk(key)
            if pk is not None and self._book.names[pk] not in {option for name in seen for option in names(name, key)}:
                found += await self._attribute(key, pk, min(seen))
        by_key: dict[str, dict[str, set[str]]] = defaultdict(dict)
        for (key, value), labels in self._labels.items():
            by_key[key][value] = labels
        for key, values in sorted(by_key.items()):
            pk = self._book.pk(key)
            if pk is not None:
                found += await self._values(key, pk, values)
        return found

    async def _attribute(self, key: str, pk: int, name: str) -> list[Finding]:
        before = self._book.names[pk]
        if self._book.rule_texts(pk):
            return [kept(ATTRIBUTE, key, name, RecordFailed("name_still_mapped", before=before, after=name))]
        try:
            after = await self._book.rename(key, name)
        except Refused as refusal:
            return self._refused(before, name, refusal)
        return [Finding(ATTRIBUTE, key, "changed", after, text=f"was called {before}")]

    async def _values(self, key: str, pk: int, labels: dict[str, set[str]]) -> list[Finding]:
        found = []
        for value, known in (await self._book.values(pk)).items():
            seen = labels.get(value, {known.label})
            if known.label not in seen:
                found += await self._value(f"{key}/{value}", pk, known, min(seen))
        return found

    async def _value(self, key: str, attribute: int, known: HubValue, label: str) -> list[Finding]:
        if known.label.strip().casefold() in self._book.rule_texts(attribute):
            return [kept(VALUE, key, label, RecordFailed("name_still_mapped", before=known.label, after=label))]
        try:
            await self._book.one(self._ctx.hub.relabel_attribute_value, known.pk, label)
        except Refused as refusal:
            return self._refused(known.label, label, refusal)
        return [Finding(VALUE, key, "changed", label, text=f"was called {known.label}")]

    def _refused(self, before: str, after: str, refusal: Refused) -> list[Finding]:
        self._ctx.log.warning("%s is called %s at Fashfed now, but %s", before, after, refusal)
        return []
