"""What needs a person, by cause and record by record, and what people did about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.state import rules
from include.state.postgres.session import Session
from include.state.postgres.sql import screen_inbox as sql
from include.state.store import Audit


@dataclass(frozen=True, slots=True)
class Trouble:
    """Records of one kind that wait for the same code: parked rows of the inbox, or records that keep failing on their
    way to Fashfed. ``next_try`` is None where Omnitron's Failed Integration decides about it; ``example`` is one of
    their different ``reasons``."""

    kind: str
    code: str
    records: int
    since: datetime
    next_try: datetime | None
    example: str
    reasons: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records to show or change: of one kind, that wait for a code, or were excluded by a person at one moment."""

    kind: str
    code: str = ""
    cause: str | None = None
    text: str | None = None
    """Part of the key, the order number or the reason."""
    excluded_at: datetime | None = None
    in_inbox: bool = True


@dataclass(frozen=True, slots=True)
class Stuck:
    """One record. ``order_number`` is that of Fashfed, or for a cancellation or return its line; ``asked_at`` when a
    person had it tried again since it failed."""

    key: str
    order_number: str | None
    reason: str
    since: datetime
    due_at: datetime | None
    tries: int
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Records that a person excluded together. ``undoable``: the data of one at least are still there."""

    kind: str
    reason: str
    who: str
    at: datetime
    records: int
    example: str
    undoable: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did, to how many records, of which ``example`` is one."""

    who: str
    action: str
    subject: str
    reason: str
    at: datetime
    records: int
    example: str


class InboxPages(Session):
    """Pages of ``flows``: the flows whose failing records are looked for in the record log."""

    async def troubles(self, channel: str, flows: Sequence[str]) -> list[Trouble]:
        """All causes, in no order."""
        return [Trouble(**row) for row in await self._rows(sql.TROUBLES, channel=channel, flows=list(flows))]

    async def untried(self, channel: str) -> int:
        """How many rows of the inbox nobody has tried to apply since they came, or were opened again."""
        [row] = await self._rows(sql.UNTRIED, channel=channel)
        return int(row["number"])

    async def stuck(
        self, channel: str, wanted: Wanted, flows: Sequence[str], *, limit: int, offset: int = 0
    ) -> list[Stuck]:
        """Records, the oldest first."""
        statement = _one_of(wanted, sql.EXCLUDED, sql.PARKED, sql.FAILING)
        rows = await self._rows(statement, **_facts(channel, wanted, flows), limit=limit, offset=offset)
        return [Stuck(**row) for row in rows]

    async def count_stuck(self, channel: str, wanted: Wanted, flows: Sequence[str]) -> int:
        statement = _one_of(wanted, sql.COUNT_EXCLUDED, sql.COUNT_PARKED, sql.COUNT_FAILING)
        [row] = await self._rows(statement, **_facts(channel, wanted, flows))
        return int(row["number"])

    async def stuck_keys(self, channel: str, wanted: Wanted, flows: Sequence[str]) -> list[str]:
        """The keys of all of them; of excluded records those whose data are still there."""
        statement = _one_of(wanted, sql.EXCLUDED_KEYS, sql.PARKED_KEYS, sql.FAILING_KEYS)
        return [row["key"] for row in await self._rows(statement, **_facts(channel, wanted, flows))]

    async def stuck_causes(self, channel: str, kind: str, code: str, limit: int) -> list[tuple[str, int]]:
        """What parked rows of the code wait for, with their number, the most first."""
        rows = await self._rows(sql.CAUSES, channel=channel, kind=kind, code=code, limit=limit)
        return [(row["cause"], row["records"]) for row in rows]

    async def exclusions(self, channel: str, flows: Sequence[str], *, limit: int, offset: int) -> list[Exclusion]:
        """What people excluded and nobody took back, newest first."""
        rows = await self._rows(sql.EXCLUSIONS, channel=channel, flows=list(flows), limit=limit, offset=offset)
        return [Exclusion(**row) for row in rows]

    async def deeds(self, channel: str, text: str | None, *, limit: int, offset: int) -> list[Deed]:
        """What people did, newest first; ``text`` is part of a name, key, reason or subject."""
        rows = await self._rows(sql.DEEDS, channel=channel, part=_part(text), limit=limit, offset=offset)
        return [Deed(**row) for row in rows]

    async def note_audits(self, channel: str, like: Audit, keys: Sequence[str]) -> None:
        """Note that a person did the same to many records; the key of ``like`` is left out."""
        await self._do(
            sql.NOTE_AUDITS,
            channel=channel,
            who=rules.plain_text(like.who),
            action=like.action,
            subject=like.subject,
            keys=list(keys),
            reason=rules.plain_text(like.reason),
            at=like.at,
        )


def _one_of(wanted: Wanted, excluded: str, parked: str, failing: str) -> str:
    if wanted.excluded_at:
        return excluded
    return parked if wanted.in_inbox else failing


def _facts(channel: str, wanted: Wanted, flows: Sequence[str]) -> dict[str, Any]:
    return {
        "channel": channel,
        "flows": list(flows),
        "kind": wanted.kind,
        "code": wanted.code,
        "cause": wanted.cause,
        "part": _part(wanted.text),
        "at": wanted.excluded_at,
    }


def _part(text: str | None) -> str | None:
    """A pattern that finds the text anywhere."""
    if not text:
        return None
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
