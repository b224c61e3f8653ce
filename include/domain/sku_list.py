"""Lists of SKUs that people upload or type (spec section 8, "Errors Received After CSV Upload")."""

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from include.errors import ConfigurationError

_LONGEST = 255
"""Characters of a SKU in Omnitron."""
_UNICODE_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PLAIN_TEXT = ("utf-8", "cp1254")
"""Without a byte-order mark: UTF-8, else what a Turkish Windows writes."""
_ROW_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SEPARATOR = re.compile(r"[,;\t]")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_STRAY = " \u00a0\u200b\u200e\u200f\ufeff"
"""Blank and invisible signs that spreadsheets leave around a value."""
_NOTHING = _STRAY + ',;\t"'
"""What columns without a value are made of."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A row that holds no SKU. ``line`` counts from 1, the header included."""

    line: int
    detail: str


@dataclass(frozen=True, slots=True)
class SkuList:
    """SKUs in the order they were given, each once, and the rows that could not be read."""

    skus: tuple[str, ...]
    bad: tuple[BadLine, ...] = field(default=())


def read_csv(data: bytes) -> SkuList:
    """The SKUs of an uploaded file: ``sku`` in its first row, one SKU a row below it (reference/flows.md section 6.4).

    Raises ``ConfigurationError``: ``csv_header`` when the first row is another, ``csv_unreadable`` for what is no text.
    """
    rows = _ROW_END.split(text_of(data))
    if not _is_header(rows[0]):
        if any(_CONTROL.search(row) for row in rows):
            raise ConfigurationError("csv_unreadable", detail="it holds signs that no text has")
        raise ConfigurationError("csv_header")
    return _collect(enumerate(rows[1:], start=2), _first_column)


def text_of(data: bytes) -> str:
    """An uploaded file as text. Raises ``ConfigurationError`` (csv_unreadable)."""
    marked = [name for mark, name in _UNICODE_MARKS.items() if data.startswith(mark)]
    for encoding in marked or _PLAIN_TEXT:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigurationError("csv_unreadable", detail=f"it is not in {' or '.join(marked or _PLAIN_TEXT)}")


def typed(skus: Iterable[str]) -> SkuList:
    """SKUs as a person typed them, one an item; quotes and separators are part of the SKU."""
    return _collect(enumerate(skus, start=1), str.strip)


def _collect(rows: Iterable[tuple[int, str]], value_of: Callable[[str], str]) -> SkuList:
    skus: dict[str, None] = {}
    bad: list[BadLine] = []
    for line, row in rows:
        try:
            sku = _checked(value_of(row))
        except ValueError as error:
            bad.append(BadLine(line, str(error)))
        else:
            if sku:
                skus[sku] = None
    return SkuList(tuple(skus), tuple(bad))


def _is_header(row: str) -> bool:
    try:
        return _first_column(row) == "sku"
    except ValueError:
        return False


def _first_column(row: str) -> str:
    """The value of a row whose other columns are empty; ``ValueError`` says what is wrong with it."""
    row = row.strip(_STRAY)
    if row.startswith('"'):
        quoted = _QUOTED.match(row)
        if quoted is None:
            raise ValueError("a quotation mark is not closed")
        value, rest = quoted[1].replace('""', '"'), row[quoted.end() :]
    else:
        separator = _SEPARATOR.search(row)
        cut = separator.start() if separator else len(row)
        value, rest = row[:cut], row[cut:]
    if rest.strip(_NOTHING):
        raise ValueError("it has several values")
    return value.strip(_STRAY)


def _checked(sku: str) -> str:
    """The SKU in a form that Omnitron can have; ``ValueError`` says what is wrong with it."""
    sku = sku.strip(_STRAY)
    if not sku.isprintable():
        raise ValueError("it has signs that no SKU has")
    if len(sku) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    return sku
