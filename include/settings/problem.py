"""What is wrong with one entry of the channel's form, and the place where readers note it."""

import json
from dataclasses import dataclass, field

MASKED_FROM = 4
"""A token of at least this length is masked wherever it was pasted, not only in its own field."""

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry that cannot be used: ``value`` is safe to show, ``where`` is the way to the field in Omnitron."""

    key: str
    value: str
    expected: str
    where: str

    @property
    def setting(self) -> str:
        """The attribute of ``ChannelSettings`` that is hit: the first part of ``key``."""
        return self.key.partition(".")[0].lower()

    def __str__(self) -> str:
        found = f"is {self.value}" if self.value else "is empty"
        return f"{self.key} {found}, expected {self.expected} ({self.where})"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the form that is being read. Nothing is raised there: what is wrong is noted in ``problems``."""

    key: str
    where: str
    secret: str = ""
    problems: list[Problem] = field(default_factory=list)

    def at(self, part: object) -> "Spot":
        """The place one level further in."""
        return Spot(f"{self.key}.{show(part, self.secret)}", self.where, self.secret, self.problems)

    def refuse(self, value: object, expected: str) -> None:
        """Note that the value found here is not what was expected."""
        hidden = "***" if self.key == "access_token" and value else show(value, self.secret)
        self.problems.append(Problem(self.key, hidden, expected, self.where))


def show(value: object, secret: str = "") -> str:
    """A value as one short line for messages, with the secret masked wherever it was pasted."""
    if isinstance(value, str):
        line = value
    else:
        try:
            line = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, TypeError, RecursionError):
            line = f"a {type(value).__name__} that is too large to show"
    if secret:
        line = line.replace(secret, "***")
    line = " ".join(line.encode("utf-8", "replace").decode().split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
