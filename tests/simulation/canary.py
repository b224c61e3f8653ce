"""A listener to the task log, which may name no buyer and report no fault of ours."""

import logging
from typing import Self

from tests.simulation.invariants import PERSONAL, Broken


class Canary(logging.Handler):
    """Listens to every line of the task log for personal data."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = ""
        self._log = logging.getLogger("fashfed")
        self._before = (self._log.level, self._log.propagate)

    def __enter__(self) -> Self:
        """Hear everything, also what is not worth showing; nobody else hears it."""
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False
        self._log.addHandler(self)
        return self

    def __exit__(self, *failure: object) -> None:
        self._log.removeHandler(self)
        self._log.level, self._log.propagate = self._before

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += f" ({record.exc_info[1]!r})"
            self.heard = self.heard or f"unexpected: {text}"
        if any(mark in text for mark in PERSONAL):
            self.heard = text

    def check(self) -> None:
        """Raises ``Broken`` when something was heard."""
        if self.heard:
            raise Broken(f"a log line must not be: {self.heard}")
