"""Rows with hash indexes, Django-style filters, sorting and pages over them."""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from include.sandbox.routing import Call, Refusal, Reply, Row

PAGING = frozenset(("page", "limit", "sort"))
_NAMES = "exact iexact in gt gte lt lte contains icontains startswith istartswith endswith iendswith"
_OPERATORS = frozenset(_NAMES.split())
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "startswith": lambda value, part: value.startswith(part),
    "endswith": lambda value, part: value.endswith(part),
}
_NONE: list[Any] = []
Virtual = Mapping[str, Callable[[Row], Any]]


class Table:
    """Rows by key in the order they were made. Indexed fields change only through ``change``.

    ``version`` counts additions, changes and removals, for whoever keeps something worked out from the rows.
    """

    def __init__(self, *indexes: str, key: str = "pk", keep: int | None = None) -> None:
        self.key = key
        self.rows: dict[Any, Row] = {}
        # Of one row the key itself, of several a list: most rows stand alone, and a list for each takes much memory.
        self.indexes: dict[str, dict[str, Any]] = {name: {} for name in indexes}
        self.version = 0
        self._keep = keep
        self._last = 0

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: Row) -> Row:
        """Store a row, with the next integer key when it has none; a bounded table forgets its oldest row."""
        self.version += 1
        if self.key not in row:
            self._last += 1
            row = {self.key: self._last, **row}
        self.rows[row[self.key]] = row
        for name in self.indexes:
            self._index(name, row[name], row[self.key])
        if self._keep and len(self.rows) > self._keep:
            self.remove(next(iter(self.rows.values())))
        return row

    def change(self, row: Row, **changes: Any) -> Row:
        self.version += 1
        for name in self.indexes:
            if name in changes and changes[name] != row[name]:
                self._unindex(name, row)
                self._index(name, changes[name], row[self.key])
        row.update(changes)
        return row

    def remove(self, row: Row) -> None:
        self.version += 1
        del self.rows[row[self.key]]
        for name in self.indexes:
            self._unindex(name, row)

    def find(self, field: str, value: Any) -> list[Row]:
        """Rows whose indexed field has this value."""
        return [self.rows[key] for key in self.keys(field, text_of(value))]

    def keys(self, field: str, text: str) -> list[Any]:
        """Keys of the rows whose indexed field is written so."""
        found = self.indexes[field].get(text, _NONE)
        return found if isinstance(found, list) else [found]

    def _index(self, name: str, value: Any, key: Any) -> None:
        index, text = self.indexes[name], sys.intern(text_of(value))
        if text not in index:
            index[text] = key
        elif isinstance(index[text], list):
            index[text].append(key)
        else:
            index[text] = [index[text], key]

    def _unindex(self, name: str, row: Row) -> None:
        index, text = self.indexes[name], text_of(row[name])
        if not isinstance(index[text], list):
            del index[text]
            return
        index[text].remove(row[self.key])
        if not index[text]:
            del index[text]


def text_of(value: Any) -> str:
    """A stored value as it would be written in a query."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@lru_cache(maxsize=1024)
def split_name(name: str) -> tuple[str, str]:
    """``product__pk__in`` -> (``product``, ``in``)."""
    parts = name.split("__")
    operator = parts.pop() if len(parts) > 1 and parts[-1] in _OPERATORS else "exact"
    if len(parts) > 1 and parts[-1] in ("pk", "id"):
        parts.pop()
    return "__".join(parts), operator


def select(table: Table, call: Call, filters: Collection[str], virtual: Virtual | None = None) -> list[Row]:
    """The rows that match the call's filters, in key order.

    Unknown filters have no effect, as in Django, but are noted.
    """
    virtual = virtual or {}
    conditions: list[tuple[str, str, list[str]]] = []
    for name, values in call.query.items():
        if name in PAGING:
            continue
        if not _allowed(name, filters):
            call.ignored.append(name)
            continue
        field, operator = split_name(name)
        wanted = [part for value in values for part in value.split(",")] if operator == "in" else values
        conditions.append((field, operator, wanted))
    rows = _candidates(table, conditions)
    for field, operator, wanted in conditions:
        rows = [row for row in rows if _matches(_value(row, field, table.key, virtual), operator, wanted)]
    return list(rows)


def _allowed(name: str, filters: Collection[str]) -> bool:
    return name in filters or f"{name.split('__')[0]}__*" in filters


def _candidates(table: Table, conditions: list[tuple[str, str, list[str]]]) -> Iterable[Row]:
    best: list[Any] | None = None
    for field, operator, wanted in conditions:
        if operator not in ("exact", "in"):
            continue
        if field in (table.key, "pk", "id"):
            keys = [key for text in dict.fromkeys(wanted) for key in (text, int(text) if text.isdecimal() else None)]
            found = [key for key in keys if key in table.rows]
        elif field in table.indexes:
            found = [key for value in dict.fromkeys(wanted) for key in table.keys(field, value)]
        else:
            continue
        if best is None or len(found) < len(best):
            best = found
    return table.rows.values() if best is None else [table.rows[key] for key in sorted(best)]


def _value(row: Row, field: str, key: str, virtual: Virtual) -> Any:
    if field in virtual:
        return virtual[field](row)
    if field in row:
        return row[field]
    if field in ("pk", "id"):
        return row[key]
    value: Any = row
    for part in field.split("__"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _matches(value: Any, operator: str, wanted: list[str]) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(_matches(item, operator, wanted) for item in value)
    if isinstance(value, bool):
        return any((text.lower() in ("true", "1")) is value for text in wanted)
    if operator in ("exact", "in"):
        return text_of(value) in wanted
    if value is None:
        return False
    if operator in _ORDERED:
        return all(_ORDERED[operator](value, _bound(value, text)) for text in wanted)
    return _text_matches(str(value), operator, wanted)


def _text_matches(value: str, operator: str, wanted: list[str]) -> bool:
    # Upper case on both sides is what the remote's database does: "istanbul" does not find "İstanbul".
    if operator == "iexact":
        return any(value.upper() == text.upper() for text in wanted)
    if operator.startswith("i"):
        return any(_TEXT[operator[1:]](value.upper(), text.upper()) for text in wanted)
    return any(_TEXT[operator](value, text) for text in wanted)


def _bound(value: Any, text: str) -> Any:
    return type(value)(text) if isinstance(value, (int, float)) else text


def ordered(rows: list[Row], call: Call, key: str) -> list[Row]:
    """Apply ``sort=field`` or ``sort=-field``."""
    for name in reversed((call.one("sort") or "").split(",")):
        field = name.lstrip("-")
        field = key if field in ("pk", "id") else field
        if field and rows and field in rows[0]:
            rows.sort(key=lambda row: (row[field] is None, row[field]), reverse=name.startswith("-"))
    return rows


def window(call: Call, *, largest: int | None = None) -> tuple[int, int, int]:
    """(page, limit, offset) of a list call; default 10 per page."""
    limit_text, page_text = call.one("limit") or "10", call.one("page") or "1"
    limit = int(limit_text) if limit_text.isdecimal() and int(limit_text) else 10
    limit = min(limit, largest) if largest else limit
    if not page_text.isdecimal() or page_text == "0":
        raise Refusal(404, {"detail": "Invalid page."})
    page = int(page_text)
    return page, limit, (page - 1) * limit - (call.shift if page > 1 else 0)


def paged(call: Call, rows: list[Row], *, largest: int | None = None) -> Reply:
    """One page of the given rows in the usual envelope."""
    page, limit, offset = window(call, largest=largest)
    if page > 1 and offset >= len(rows):
        raise Refusal(404, {"detail": "Invalid page."})
    return envelope(call, len(rows), rows[max(0, offset) : offset + limit], page, more=offset + limit < len(rows))


def envelope(call: Call, count: int, results: list[Row], page: int, *, more: bool) -> Reply:
    """The paging envelope around results that are already cut."""
    following = _link(call, page + 1) if more else None
    previous = _link(call, page - 1) if page > 1 else None
    return Reply(200, {"count": count, "next": following, "previous": previous, "results": results})


def _link(call: Call, page: int) -> str:
    pairs = [(name, value) for name, values in call.query.items() for value in values if name != "page"]
    return f"{call.base}{call.path}?{urlencode([*pairs, ('page', str(page))])}"
