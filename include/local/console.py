"""What the supervisor says: one line per step with the seconds it took, and on a terminal a live line until then."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

_BAR = 24


class Console:
    """Writes numbered, timed lines to one stream; ``steps`` is how many numbers there will be."""

    def __init__(self, steps: int, stream: TextIO = sys.stdout) -> None:
        self._steps = steps
        self._stream = stream
        self._live = stream.isatty()
        self._step = 0
        self._began = time.monotonic()
        self._step_began = self._began

    @property
    def elapsed(self) -> float:
        """Seconds since the console was made."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """One step; the caller may append what it found out, which is printed behind the title when it ends well."""
        self._step += 1
        self._step_began = time.monotonic()
        self.progress(title)
        findings: list[str] = []
        try:
            yield findings
        except BaseException:
            self._clear()
            raise
        text = f"{title}: {', '.join(findings)}" if findings else title
        self._clear()
        self._print(f"{self._prefix()} {time.monotonic() - self._step_began:5.1f} s  {text}")

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Show on a terminal how far the current step is; prints nothing elsewhere."""
        if not self._live:
            return
        filled = round(_BAR * min(fraction or 0.0, 1.0))
        bar = "" if fraction is None else f"[{'#' * filled}{'.' * (_BAR - filled)}] "
        seconds = time.monotonic() - self._step_began
        self._stream.write(f"\r\x1b[K{self._prefix()} {seconds:5.1f} s  {bar}{text}")
        self._stream.flush()

    def say(self, text: str) -> None:
        """A line of its own with the time of day."""
        self._clear()
        self._print(f"{datetime.now().astimezone():%H:%M:%S}  {text}")

    def plain(self, text: str = "") -> None:
        """A line as it is."""
        self._clear()
        self._print(text)

    def _prefix(self) -> str:
        return f"{datetime.now().astimezone():%H:%M:%S}  [{self._step}/{self._steps}]"

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")

    def _print(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()
