"""Asking for a record that may be gone."""

from collections.abc import Awaitable
from typing import TypeVar

from include.errors import Refused

T = TypeVar("T")
_NOT_THERE = 404


async def if_there(answer: Awaitable[T]) -> T | None:
    """What a remote answers; None when it says that there is no such record."""
    try:
        return await answer
    except Refused as refusal:
        if refusal.status != _NOT_THERE:
            raise
        return None
