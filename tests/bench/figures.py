"""What is measured of one case, what it has to reach, and the table."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from include.shared import FASHFED_PER_SECOND, OMNITRON_PER_SECOND


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table. ``seconds`` is the run as it reports itself, ``wall_seconds`` from the start of the first
    process to the end of the last; of several processes the largest counts as ``peak_mb``."""

    case: str
    latency_ms: int
    records: int
    seconds: float
    wall_seconds: float
    client_cpu: float
    sandbox_cpu: float
    database_cpu: float
    requests: int
    peak_mb: float
    missed: tuple[str, ...] = ()
    note: str = ""

    @property
    def records_per_second(self) -> float:
        """Records in a second of the run."""
        return self.records / self.seconds

    @property
    def requests_per_10000(self) -> float:
        """Requests for 10,000 records."""
        return self.requests / self.records * 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """What a line has to reach. Times count where ``slow`` is added to each call; None: nothing is asked."""

    requests_per_10000: float | None = None
    records_per_second: float | None = None
    wall_seconds: float | None = None
    peak_mb: float = 200.0
    slow: int = 20

    def missed(self, line: Figures) -> tuple[str, ...]:
        """What the line does not reach, in words."""
        missed = []
        if self.requests_per_10000 is not None and line.requests_per_10000 > self.requests_per_10000:
            missed.append(f"{line.requests_per_10000:.0f} requests per 10,000 (at most {self.requests_per_10000:.0f})")
        if line.latency_ms == self.slow:
            if self.records_per_second is not None and line.records_per_second < self.records_per_second:
                missed.append(f"{line.records_per_second:.0f} records/s (at least {self.records_per_second:.0f})")
            if self.wall_seconds is not None and line.wall_seconds > self.wall_seconds:
                missed.append(f"{line.wall_seconds:.0f} s in all (at most {self.wall_seconds:.0f})")
        if line.peak_mb > self.peak_mb:
            missed.append(f"{line.peak_mb:.0f} MB (at most {self.peak_mb:.0f})")
        return tuple(missed)


_HEAD = (
    *("case", "added per call", "records", "run s", "process s", "CPU s: client", "sandbox", "database"),
    *("records/s", "requests", "per 10,000", "peak MB", "targets"),
)


def table(lines: Sequence[Figures]) -> str:
    """The figures as a Markdown table."""
    rows = [row(_HEAD), row(tuple("---" for _ in _HEAD)), *(row(cells(line)) for line in lines)]
    return "\n".join(
        [
            *rows,
            "",
            f"Call budgets as delivered: {OMNITRON_PER_SECOND:g} requests/s to Omnitron, {FASHFED_PER_SECOND:g} to "
            f"Fashfed. {os.cpu_count()} processors, load average at the end {os.getloadavg()[0]:.1f}.",
            "",
        ]
    )


def cells(line: Figures) -> tuple[str, ...]:
    """One line of the table."""
    verdict = "missed: " + "; ".join(line.missed) if line.missed else "met"
    return (
        *(line.case, f"{line.latency_ms} ms", f"{line.records:,}", f"{line.seconds:.2f}", f"{line.wall_seconds:.2f}"),
        *(f"{line.client_cpu:.2f}", f"{line.sandbox_cpu:.2f}", f"{line.database_cpu:.2f}"),
        *(f"{line.records_per_second:,.0f}", f"{line.requests:,}", f"{line.requests_per_10000:,.0f}"),
        *(f"{line.peak_mb:.0f}", f"{verdict} ({line.note})" if line.note else verdict),
    )


def row(columns: Sequence[str]) -> str:
    """Columns as a row of the table."""
    return f"| {' | '.join(columns)} |"
