"""Turns the connector's run reports into the lines a person at the terminal reads while it works."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

_NOUNS: Final = {"productstock": "SKUs", "productprice": "SKUs", "product": "products", "order": "orders"}
_TOLD: Final = ("sent", "created", "updated", "parked", "failed")
_NEW: Final = """
    SELECT flow, outcome, counts, finished_at FROM run_reports WHERE finished_at > %s ORDER BY finished_at
"""


class Happening:
    """Reads what is new among the run reports each time it is asked."""

    def __init__(self, uri: str, content_types: Mapping[str, str | None]) -> None:
        """``content_types`` says which hub content type a flow works on, and so what it counts."""
        self._uri = uri
        self._nouns = {flow: _NOUNS.get(kind or "", "records") for flow, kind in content_types.items()}
        self._since = datetime.now(UTC)

    def lines(self) -> list[str]:
        """A line for each run that ended since the last call and moved or failed something."""
        try:
            with psycopg.connect(self._uri, connect_timeout=3) as connection:
                rows = connection.execute(_NEW, (self._since,)).fetchall()
        except psycopg.Error:
            return []  # the database is busy or restarting; the next call tells
        if rows:
            self._since = rows[-1][3]
        return [line for flow, outcome, counts, _ in rows if (line := self._line(flow, outcome, counts))]

    def _line(self, flow: str, outcome: str, counts: Mapping[str, Any]) -> str:
        told = [(counts[name], name) for name in _TOLD if counts.get(name)]
        if not told:
            return "" if outcome in ("success", "skipped") else f"{flow}: {outcome}"
        (number, name), *others = told
        return ", ".join(
            [f"{flow}: {number} {self._nouns.get(flow, 'records')} {name}", *(f"{n} {m}" for n, m in others)]
        )
