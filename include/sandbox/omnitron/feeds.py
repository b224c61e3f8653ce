"""Which objects a feed shows, kept up to date as things change, so that no call scans the catalogue.

Rules: api/omnitron.md sections 3.2 and 3.5.
"""

import heapq
from bisect import insort
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from include.sandbox.routing import Row

if TYPE_CHECKING:
    from include.sandbox.omnitron.hub import Omnitron

_PARTITION = {"product": "product_type", "productstock": "stock_list", "productprice": "price_list"}


class DueSet:
    """Object keys that are due, readable in any sort order from the front."""

    def __init__(self, rows: Mapping[int, Row]) -> None:
        self.members: set[int] = set()
        self._rows = rows
        self._orders: dict[str, list[tuple[bool, Any, int]]] = {}

    def add(self, pk: int) -> None:
        self.members.add(pk)
        for field, order in self._orders.items():
            insort(order, self._entry(field, pk))

    def discard(self, pk: int) -> None:
        self.members.discard(pk)

    def head(self, sort: str, count: int) -> list[Row]:
        """The first rows by ``field`` or ``-field``."""
        field = sort.lstrip("-")
        order = self._order(field)
        backwards = sort.startswith("-")
        head: list[Row] = []
        before, passed, gone = None, 0, 0
        for entry in reversed(order) if backwards else iter(order):
            if entry == before or entry[2] not in self.members or self._entry(field, entry[2]) != entry:
                passed += 1
                gone += not head
                continue
            before = entry
            head.append(self._rows[entry[2]])
            if len(head) == count:
                break
        if gone:
            del order[len(order) - gone if backwards else 0 : len(order) if backwards else gone]
        if passed - gone > 1000:
            del self._orders[field]
        return head

    def _entry(self, field: str, pk: int) -> tuple[bool, Any, int]:
        value = self._rows[pk].get(field)
        return value is None, value, pk

    def _order(self, field: str) -> list[tuple[bool, Any, int]]:
        if field not in self._orders:
            self._orders[field] = sorted(self._entry(field, pk) for pk in self.members)
        return self._orders[field]


class Feeds:
    """Due sets per content type, partition (list or product type) and kind (``inserts`` or ``updates``)."""

    def __init__(self, hub: "Omnitron") -> None:
        self._hub = hub
        self._due: dict[tuple[str, Any, str], DueSet] = {}
        self._releases: list[tuple[str, str, int]] = []

    def refresh(self, model: str, pk: int) -> None:
        """Decide again where one object stands, after it, its action or its penalty changed."""
        row = self._hub.object(model, pk)
        if row is None or model not in self._hub.tables:
            return  # actions themselves are in a list of their own (``integration_actions/deleted``)
        kind = self._kind(model, row)
        partition = self._partition(model, row)
        for name in ("inserts", "updates"):
            due = self.due(model, partition, name)
            if name == kind:
                due.add(pk)
            else:
                due.discard(pk)

    def forget(self, model: str, row: Row) -> None:
        """Take a deleted object out."""
        for name in ("inserts", "updates"):
            self.due(model, self._partition(model, row), name).discard(row["pk"])

    def release_at(self, moment: str, model: str, pk: int) -> None:
        """Look at the object again when its penalty pauses."""
        heapq.heappush(self._releases, (moment, model, pk))

    def release_due(self) -> None:
        """Let objects back in whose waiting time is over."""
        now = self._hub.now()
        while self._releases and self._releases[0][0] <= now:
            _, model, pk = heapq.heappop(self._releases)
            self.refresh(model, pk)

    def due(self, model: str, partition: Any, kind: str) -> DueSet:
        key = (model, partition, kind)
        if key not in self._due:
            self._due[key] = DueSet(self._hub.tables[model].rows)
        return self._due[key]

    def partitions(self, model: str) -> list[Any]:
        return sorted({partition for name, partition, _ in self._due if name == model}, key=str)

    def _partition(self, model: str, row: Row) -> Any:
        return row[_PARTITION[model]] if model in _PARTITION else None

    def _kind(self, model: str, row: Row) -> str | None:
        hub = self._hub
        if not hub.in_catalog(model, row) or hub.penalties.holds(model, row):
            return None
        action = hub.actions.get(model, row["pk"])
        if action is None or not action.agreed:
            held = action is not None and action.status == "processing"
            return None if held or model not in hub.insertable else "inserts"
        if action.status == "processing":
            return None
        changed = action.version_date is None or row["modified_date"] > action.version_date
        return "updates" if changed else None


def read_due(sets: list[DueSet], sort: str, count: int, keep: Callable[[Row], bool] | None = None) -> list[Row]:
    """The first rows over several due sets."""
    if len(sets) == 1 and keep is None:
        return sets[0].head(sort, count)
    field = sort.lstrip("-")
    rows = [row for due in sets for row in due.head(sort, count) if keep is None or keep(row)]
    rows.sort(key=lambda row: (row[field], row["pk"]), reverse=sort.startswith("-"))
    return rows[:count]
