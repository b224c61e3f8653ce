"""Readers of single values, typed the way people type them into the channel's form.

Every reader returns the value, or None after it noted on the spot why the value cannot be used. None raises.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from include.settings.problem import Spot

LARGEST = 2_147_483_647
"""The largest integer of the hub's columns."""

_TRUE = frozenset({"true", "1", "yes", "on", "active"})
_FALSE = frozenset({"false", "0", "no", "off", "inactive"})
_QUOTES = "\"'“”„‟‘’"
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟", '"'))
_INVISIBLE = str.maketrans(dict.fromkeys("\ufeff\u200b\u200c\u200d\u2060", "") | {"\u00a0": " ", "\u202f": " "})
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


def plain(raw: str) -> str:
    """Text without what comes along when it is pasted: no-break spaces, byte-order marks, quotes around it."""
    found = raw.translate(_INVISIBLE).encode("utf-8", "replace").decode().strip()
    if len(found) > 1 and found[0] in _QUOTES and found[-1] in _QUOTES:
        found = found[1:-1].strip()
    return found


def empty(raw: object) -> bool:
    """Whether the form field was left empty."""
    return raw is None or raw in ([], {}) or (isinstance(raw, str) and not plain(raw))


def single(raw: object) -> str | None:
    """The text of one typed value (text or whole number), None for anything else."""
    if isinstance(raw, str):
        return plain(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    # the comparison also keeps out NaN, infinity and numbers too long to print
    return str(int(raw)) if -LARGEST <= raw <= LARGEST and raw == int(raw) else None


def yes_no(raw: object, spot: Spot) -> bool | None:
    """A switch: true/false, 1/0, yes/no, on/off, active/inactive in any case."""
    word = str(raw).lower() if isinstance(raw, bool) else (single(raw) or "").lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    spot.refuse(raw, "true or false")
    return None


def whole_number(raw: object, spot: Spot, lowest: int = 0) -> int | None:
    """A whole number, not below ``lowest``; digits only, since 1.000 is a thousand to some and one to others."""
    digits = single(raw) or ""
    if re.fullmatch(r"[+-]?[0-9]{1,10}", digits) and lowest <= int(digits) <= LARGEST:
        return int(digits)
    spot.refuse(raw, f"a whole number from {lowest} to {LARGEST}, digits only")
    return None


def hub_id(raw: object, spot: Spot) -> str | None:
    """The id of a record in the hub, as text."""
    digits = single(raw) or ""
    if re.fullmatch(r"[0-9]{1,10}", digits) and 1 <= int(digits) <= LARGEST:
        return str(int(digits))
    spot.refuse(raw, "the number of a record in Omnitron, such as 5")
    return None


def text(raw: object, spot: Spot) -> str | None:
    """One line of text."""
    found = single(raw)
    if found is not None and found.isprintable():
        return found
    spot.refuse(raw, "one line of text")
    return None


def market_id(raw: object, spot: Spot) -> str | None:
    """The id of a record at the market, as text; market ids hold no spaces."""
    found = single(raw)
    if found and found.isprintable() and " " not in found:
        return found
    spot.refuse(raw, "the id of a record in Fashfed")
    return None


def moment(raw: object, spot: Spot) -> datetime | None:
    """A moment in UTC, typed as yyyy-MM-ddTHH:mm:ssZ (another offset than Z is read too)."""
    try:
        found = datetime.fromisoformat((single(raw) or "").upper())
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    spot.refuse(raw, "a date as yyyy-MM-ddTHH:mm:ssZ, such as 2023-07-01T00:00:00Z")
    return None


def entries(raw: object, spot: Spot, example: str) -> dict[str, object] | None:
    """A JSON object, as an object or as text. Keys lose what was pasted around them."""
    found = _from_json(raw) if isinstance(raw, str) else raw
    if isinstance(found, Mapping):
        return {plain(str(key)): value for key, value in found.items()}
    spot.refuse(raw, f"a JSON object such as {example}")
    return None


def listed(raw: object, spot: Spot, example: str) -> list[object] | None:
    """A list: as a list, as JSON text, or as text with commas, spaces or line ends between the values."""
    found = raw
    if isinstance(raw, str):
        opening = plain(raw)[:1]
        found = _from_json(raw) if opening and opening in "[{" else re.split(r"[\s,;]+", plain(raw))
    if isinstance(found, Mapping):
        found = [found]
    if isinstance(found, list | tuple):
        return [item for item in found if not empty(item)]
    spot.refuse(raw, f"a list such as {example}")
    return None


def id_mapping(
    raw: object, spot: Spot, example: str, key: Callable[[object, Spot], str | None] = market_id
) -> dict[str, str] | None:
    """A JSON object of market ids (or names) to hub ids; entries that cannot be used are left out and noted."""
    found = entries(raw, spot, example)
    if found is None:
        return None
    pairs = ((key(name, spot.at(name)), hub_id(value, spot.at(name))) for name, value in found.items())
    return {name: value for name, value in pairs if name is not None and value is not None}


def _from_json(raw: str) -> object:
    """JSON as people write it: strict first, then without trailing commas, then with straight quotes; else None."""
    spaced = raw.translate(_INVISIBLE).strip()
    for attempt in (raw, _without_trailing_commas(spaced), _without_trailing_commas(spaced.translate(_STRAIGHT))):
        try:
            found: object = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        return found
    return None


def _without_trailing_commas(raw: str) -> str:
    return _TRAILING_COMMA.sub(lambda match: match[1] or "", raw)
