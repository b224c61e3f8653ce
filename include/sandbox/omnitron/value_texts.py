"""Which value of an attribute a text of the catalogue means."""

from typing import Any

from include.sandbox.routing import Row
from include.sandbox.tables import Table


class ValueTexts:
    """Finds the value of an attribute that a text means: one of the list by label or value, else the text itself."""

    def __init__(self, values: Table) -> None:
        self._values = values
        self._version = -1
        self._known: dict[int, dict[str, Row]] = {}

    def match(self, attribute: int, text: Any) -> tuple[str, str]:
        """(label, value)"""
        if self._version != self._values.version:
            self._version = self._values.version
            self._known.clear()
        if attribute not in self._known:
            rows = self._values.find("attribute", attribute)
            by_value = {row["value"].casefold(): row for row in rows}
            self._known[attribute] = {row["label"].casefold(): row for row in rows} | by_value
        found = self._known[attribute].get(str(text).casefold())
        return (found["label"], found["value"]) if found else (str(text), str(text))
