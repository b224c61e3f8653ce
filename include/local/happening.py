"""Turns the connector's run reports into the lines a person at the terminal reads while it works."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import psycopg

_NOUNS: Final = {
    "productstock": "SKUs",
    "productprice": "SKUs",
    "product": "products",
    "integrationaction": "products",
    "order": "orders",
    "channel": "settings",
    "categorytree": "categories",
    "marketplaceattribute": "attributes",
    "category_attributes": "categories",  # counts what it takes in turn
}
"""What a flow counts, by its name, else by its content type."""
_TOLD: Final = ("sent", "created", "updated", "parked", "failed")
_PUSHED: Final = {"productstock", "productprice", "product", "integrationaction"}
_PUSH_WORDS: Final = {"updated": "taken over by Fashfed", "failed": "refused"}
"""What the counts mean for records that go to Fashfed."""
_NEW: Final = """
    SELECT flow, outcome, reason, counts, finished_at FROM run_reports
    WHERE finished_at > %s AND reason IS DISTINCT FROM 'dry run' ORDER BY finished_at
"""
_DECIDED: Final = """
    SELECT max(id), count(*) FILTER (WHERE after = 'approved'), count(*) FILTER (WHERE after = 'rejected')
    FROM events WHERE id > %s AND at > %s AND subject = 'suggestion'
"""


class Happening:
    """Reads what is new among the run reports each time it is asked."""

    def __init__(self, uri: str, content_types: Mapping[str, str | None], since: datetime) -> None:
        """``content_types`` says which hub content type a flow works on, and so what it counts."""
        self._uri = uri
        self._content_types = content_types
        self._since = self._began = since
        self._decided = 0

    def lines(self) -> list[str]:
        """A line for each flow of which steps ended since the last call that moved or failed something, or that was
        skipped for a new reason; and one for what Fashfed's owner decided. Dry runs move nothing."""
        try:
            with psycopg.connect(self._uri, connect_timeout=3, options="-c statement_timeout=3000") as connection:
                rows = connection.execute(_NEW, (self._since,)).fetchall()
                decided = connection.execute(_DECIDED, (self._decided, self._began)).fetchone()
        except psycopg.Error:
            return []  # the database is busy or restarting; the next call tells
        skipped: list[str] = []
        told: dict[str, Counter[str]] = {}
        for flow, outcome, reason, counts, finished_at in rows:
            self._since = finished_at
            if outcome == "skipped" and reason:
                skipped.append(f"{flow} is skipped: {reason}")
            told.setdefault(flow, Counter()).update({name: counts.get(name, 0) for name in _TOLD})
            told[flow].update({"runs failed": outcome == "failed"})
        moved = [line for flow, counts in told.items() if (line := self._line(flow, +counts))]
        return [*skipped, *moved, *self._decisions(*(decided or (None, 0, 0)))]

    def _line(self, flow: str, counts: Counter[str]) -> str:
        kind = self._content_types.get(flow) or ""
        words = _PUSH_WORDS if kind in _PUSHED else {}
        first, *others = [(number, name) for name, number in counts.items()] or [(0, "")]
        noun = f"{_NOUNS.get(flow) or _NOUNS.get(kind, 'records')} " if first[1] in _TOLD else ""
        parts = [f"{first[0]} {noun}{words.get(first[1], first[1])}"]
        parts += [f"{number} {words.get(name, name)}" for number, name in others]
        return f"{flow}: {', '.join(parts)}" if counts else ""

    def _decisions(self, newest: int | None, approved: int, rejected: int) -> list[str]:
        self._decided = newest or self._decided
        if not (approved or rejected):
            return []
        return [f"Fashfed's owner: {approved} products approved, {rejected} rejected"]
