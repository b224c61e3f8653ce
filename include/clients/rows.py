"""Records as they came over the wire: lenient models, and rows that cannot be read cost only themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from include.clients.redaction import redact


class WireModel(BaseModel):
    """Unknown fields are kept, numbers are read as text where text is wanted, unknown enum values are just text.

    ``model_dump(mode="json")`` can be stored; ``model_validate`` of it gives an equal record.
    """

    model_config = ConfigDict(
        extra="allow", coerce_numbers_to_str=True, populate_by_name=True, hide_input_in_errors=True
    )


M = TypeVar("M", bound=WireModel)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read. ``key`` is its id where that can be seen; ``raw`` may hold personal data."""

    index: int
    key: str | None
    detail: str
    raw: object = field(repr=False)


class FeedPage(NamedTuple, Generic[M]):
    """One page: what can be worked with and what cannot."""

    rows: list[M]
    bad: list[BadRow]
    more: bool = False
    """Whether the list went on after this page."""
    total: int | None = None
    """How many rows the whole list has, where the remote says so."""


@cache
def _list_of(model: type[M]) -> TypeAdapter[list[M]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


def parse_rows(model: type[M], rows: Sequence[object]) -> FeedPage[M]:
    """All rows as ``model``; those that do not fit are in ``bad``, each with its reason."""
    try:
        return FeedPage(_list_of(model).validate_python(list(rows)), [])
    except ValidationError:
        pass
    good: list[M] = []
    bad: list[BadRow] = []
    for index, row in enumerate(rows):
        try:
            good.append(model.model_validate(row))
        except ValidationError as error:
            bad.append(BadRow(index, row_id(row), problems(error), row))
    return FeedPage(good, bad)


def problems(error: ValidationError) -> str:
    """Which fields are wrong and why, without their values."""
    found = (
        f"{'.'.join(str(part) for part in one['loc']) or 'row'}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False, include_context=False)
    )
    return redact("; ".join(found), 300)


def segment(value: object) -> str:
    """A value as one part of a path; it cannot lead out of its place."""
    text = quote(str(value), safe="")
    if text.strip(".") == "":
        raise ValueError("an empty id names no record")
    return text


def row_id(row: object) -> str | None:
    """What a raw row calls itself: its ``pk``, ``id``, ``number`` or ``sku``."""
    if isinstance(row, dict):
        for name in ("pk", "id", "number", "sku"):
            if isinstance(row.get(name), str | int):
                return str(row[name])
    return None


def _reference(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("pk", value.get("id"))
    return value


Reference = Annotated[int, BeforeValidator(_reference)]
"""The pk of another record, which detailed answers expand into an object."""
