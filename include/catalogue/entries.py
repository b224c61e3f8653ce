"""What an entry of the error catalogue says."""

from dataclasses import dataclass
from typing import Literal

Owner = Literal["operations", "catalogue team", "administrator", "Fashfed", "Omnitron", "nobody"]
Side = Literal["mapping", "remote", "channel_app"]
"""Who is at fault, in the words of Omnitron's ``failed_reason_type`` (api/omnitron.md section 11)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of failure. ``message`` is a format string over the facts of the case."""

    message: str
    cause: str
    owner: Owner
    next_step: str
    side: Side = "channel_app"


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key


_NAMES = _Names(level="city, township or district")


def in_general(text: str) -> str:
    """A text of the catalogue for many cases at once: the names of their facts stand for the facts."""
    return text.format_map(_NAMES)
