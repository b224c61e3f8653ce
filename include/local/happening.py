"""Turns the connector's run reports into the lines a person at the terminal reads while it works."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import psycopg

_NOUNS: Final = {"productstock": "SKUs", "productprice": "SKUs", "product": "products", "order": "orders"}
_TOLD: Final = ("sent", "created", "updated", "parked", "failed")
_NEW: Final = """
    SELECT flow, outcome, counts, finished_at FROM run_reports WHERE finished_at > %s ORDER BY finished_at
"""


class Happening:
    """Reads what is new among the run reports each time it is asked."""

    def __init__(self, uri: str, content_types: Mapping[str, str | None], since: datetime) -> None:
        """``content_types`` says which hub content type a flow works on, and so what it counts."""
        self._uri = uri
        self._nouns = {flow: _NOUNS.get(kind or "", "records") for flow, kind in content_types.items()}
        self._since = since

    def lines(self) -> list[str]:
        """A line for each flow of which steps ended since the last call that moved or failed something."""
        try:
            with psycopg.connect(self._uri, connect_timeout=3, options="-c statement_timeout=3000") as connection:
                rows = connection.execute(_NEW, (self._since,)).fetchall()
        except psycopg.Error:
            return []  # the database is busy or restarting; the next call tells
        told: dict[str, Counter[str]] = {}
        for flow, outcome, counts, finished_at in rows:
            self._since = finished_at
            told.setdefault(flow, Counter()).update({name: counts.get(name, 0) for name in _TOLD})
            told[flow].update({"runs failed": outcome == "failed"})
        return [line for flow, counts in told.items() if (line := self._line(flow, +counts))]

    def _line(self, flow: str, counts: Counter[str]) -> str:
        numbers = [(number, name) for name, number in counts.items()]
        noun = self._nouns.get(flow, "records")
        first = [f"{number} {noun} {name}" if name in _TOLD else f"{number} {name}" for number, name in numbers[:1]]
        others = [f"{number} {name}" for number, name in numbers[1:]]
        return f"{flow}: {', '.join(first + others)}" if numbers else ""
