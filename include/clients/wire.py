"""Queries and bodies as they go over the wire."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

Scalar = str | int | bool
Query = Mapping[str, Scalar | Sequence[Scalar] | None]
"""None is left out; a sequence repeats the parameter."""


def pairs(query: Query | None) -> tuple[tuple[str, str], ...]:
    """A query as name and value pairs."""
    found: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        found += [(name, _text(one)) for one in values if one is not None]
    return tuple(found)


def body(value: object) -> bytes:
    """JSON in UTF-8; money as a decimal string. ``TypeError`` for what has no place in a request."""
    return json.dumps(value, ensure_ascii=False, default=_encode).encode()


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encode(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a request")
