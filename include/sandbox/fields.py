"""What a body must look like: fields with types, lengths and references, refused as Django REST Framework refuses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from include.sandbox.routing import Refusal, Row
from include.sandbox.tables import Table
from include.sandbox.timeline import normal_micro

REQUIRED = "This field is required."
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Bad(ValueError):
    """One field's message."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body. ``to`` names the hub table a reference points into."""

    kind: str = "text"
    required: bool = False
    longest: int | None = None
    to: str | None = None
    choices: frozenset[str] | None = None
    default: Any = None


Schema = Mapping[str, Field]


def text(longest: int | None = None, *, required: bool = False, default: Any = None) -> Field:
    return Field("text", required, longest, default=default)


def reference(table: str, *, required: bool = False) -> Field:
    return Field("reference", required, to=table)


def clean(schema: Schema, data: Row, tables: object, *, partial: bool = False) -> Row:
    """Check a body; return its known fields with defaults. Raises Refusal 400 with every fault at once."""
    cleaned, errors = check(schema, data, tables, partial=partial)
    if errors:
        raise Refusal(400, errors)
    return cleaned


def check(schema: Schema, data: Row, tables: object, *, partial: bool = False) -> tuple[Row, Row]:
    """(cleaned values, messages by field)."""
    cleaned: Row = {}
    errors: Row = {}
    for name, field in schema.items():
        if name not in data:
            if field.required and not partial:
                errors[name] = [REQUIRED]
            elif not partial:
                cleaned[name] = field.default
            continue
        try:
            cleaned[name] = _clean_value(field, data[name], tables)
        except Bad as bad:
            errors[name] = [str(bad)]
    return cleaned, errors


def _clean_value(field: Field, value: Any, tables: object) -> Any:
    if value is None:
        if field.required:
            raise Bad("This field may not be null.")
        return field.default
    if field.kind == "reference":
        table: Table = getattr(tables, field.to or "")
        return _reference(value, table)
    cleaned = _KINDS[field.kind](value)
    if isinstance(cleaned, str):
        _check_text(field, cleaned)
    return cleaned


def _check_text(field: Field, value: str) -> None:
    if field.required and not value.strip():
        raise Bad("This field may not be blank.")
    if field.longest is not None and len(value) > field.longest:
        raise Bad(f"Ensure this field has no more than {field.longest} characters.")
    if field.choices is not None and value not in field.choices:
        raise Bad(f'"{value}" is not a valid choice.')


def _reference(value: Any, table: Table) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        raise Bad(f"Incorrect type. Expected pk value, received {type(value).__name__}.")
    if int(value) not in table.rows:
        raise Bad(f'Invalid pk "{value}" - object does not exist.')
    return int(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Bad("Not a valid string.")
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
        raise Bad("A valid integer is required.")
    return int(value)


def _count(value: Any) -> int:
    number = _integer(value)
    if number < 0:
        raise Bad("Ensure this value is greater than or equal to 0.")
    return number


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Bad("A valid number is required.") from None
    if isinstance(value, bool) or not number >= 0:
        raise Bad("Ensure this value is greater than or equal to 0.")
    return number


def _boolean(value: Any) -> bool:
    if value in (True, "true", "True", 1):
        return True
    if value in (False, "false", "False", 0):
        return False
    raise Bad("Must be a valid boolean.")


def _decimal(value: Any) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Bad("A valid number is required.") from None
    if isinstance(value, bool) or not number.is_finite():
        raise Bad("A valid number is required.")
    if number != round(number, 2):
        raise Bad("Ensure that there are no more than 2 decimal places.")
    return f"{number:.2f}"


def _moment(value: Any) -> str:
    try:
        return normal_micro(str(value))
    except ValueError:
        raise Bad(
            "Datetime has wrong format. Use one of these formats instead: "
            "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        ) from None


def _email(value: Any) -> str:
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        raise Bad("Enter a valid email address.")
    return value


def _object(value: Any) -> Any:
    if not isinstance(value, (dict, list)):
        raise Bad("Value must be valid JSON.")
    return value


_KINDS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "count": _count,
    "number": _number,
    "boolean": _boolean,
    "decimal": _decimal,
    "moment": _moment,
    "email": _email,
    "json": _object,
}
