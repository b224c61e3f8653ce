"""Handing many keys to one call without letting one of them spoil the others."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from include.errors import Refused, RetryNow
from include.together import to_their_ends

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Call = Callable[[Sequence[K]], Awaitable[list[T]]]

OUTAGES = frozenset({"remote_paused", "remote_busy"})
"""Troubles that are about the remote, never about a record."""


async def apart(call: Call[K, T], keys: Sequence[K]) -> tuple[list[T], dict[K, RetryNow | Refused]]:
    """What ``call`` gives for ``keys``, and the keys it fails for, each with its error.

    A failing call is halved until the key that spoils it is alone.
    """
    if not keys:
        return [], {}
    try:
        return await call(keys), {}
    except (RetryNow, Refused) as error:
        if len(keys) == 1 or error.code in OUTAGES:
            return [], dict.fromkeys(keys, error)
    half = len(keys) // 2
    # both halves at once: a good half then keeps the circuit breaker from taking a bad record for an outage
    (left, left_bad), (right, right_bad) = await to_their_ends((apart(call, keys[:half]), apart(call, keys[half:])))
    return left + right, left_bad | right_bad


async def look_up(fetch: Call[K, T], keys: Sequence[K]) -> tuple[list[T], dict[K, RetryNow | Refused]]:
    """``apart`` for reading: an outage is raised, and so is the error of a look-up of which nothing can be had."""
    found, spoiled = await apart(fetch, keys)
    for error in spoiled.values():
        if len(spoiled) == len(keys) or error.code in OUTAGES:
            raise error
    return found, spoiled
