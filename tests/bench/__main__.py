"""``python -m tests.bench``: how fast, how chatty and how large the first two flows are.

Real HTTP against the sandbox in its own process, a real Postgres, the client as ``python -m include.run <flow>`` in a
fresh process. Each case starts from a channel that is in step, then changes exactly what is to be measured. The
client's own count of its requests has to agree with what the sandbox counted, or the benchmark fails.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from include.local.postgres import EmbeddedPostgres
from include.shared import FASHFED_PER_SECOND, OMNITRON_PER_SECOND
from tests.bench.rig import PROJECT, Finished, Rig, rig

LATENCIES_MS = (0, 20)
ORDER_MIX = {"several_parcels": 0.15, "billing_differs": 0.25, "repeat_buyers": 0.2, "lines": [1, 4]}
"""Shares of the measured orders; a buyer's lines are drawn between the two numbers."""
_BUILD = PROJECT / "build"


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table. ``seconds`` is the run as it reports itself, ``wall_seconds`` the process."""

    flow: str
    latency_ms: int
    records: int
    seconds: float
    wall_seconds: float
    cpu_seconds: float
    records_per_second: float
    requests: int
    requests_per_10000: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Target:
    """What a line has to reach (issue 2 section 8); the speed counts where 20 ms are added per call."""

    requests_per_10000: float
    records_per_second: float
    peak_mb: float = 200.0

    def missed(self, line: Figures) -> list[str]:
        """What the line does not reach, in words."""
        missed = []
        if line.requests_per_10000 > self.requests_per_10000:
            missed.append(f"{line.requests_per_10000:.0f} requests per 10,000 (at most {self.requests_per_10000:.0f})")
        if line.latency_ms == max(LATENCIES_MS) and line.records_per_second < self.records_per_second:
            missed.append(f"{line.records_per_second:.0f} records/s (at least {self.records_per_second:.0f})")
        if line.peak_mb > self.peak_mb:
            missed.append(f"{line.peak_mb:.0f} MB (at most {self.peak_mb:.0f})")
        return missed


TARGETS = {"stock": Target(1_000, 1_500), "get_orders": Target(80_000, 40)}


def main() -> int:
    """Measure, print, write build/bench.md and build/bench.json; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--stocks", type=int, default=10_000, help="changed stocks to send")
    parser.add_argument("--orders", type=int, default=1_000, help="new packages to bring in")
    asked = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="fashfed-bench-") as home:
        postgres = EmbeddedPostgres(Path(home))
        postgres.start()
        try:
            for line in _measure(postgres, asked.stocks, asked.orders):
                lines.append(line)
                print(_row(_cells(line)), file=sys.stderr, flush=True)
        finally:
            postgres.stop()
    _BUILD.mkdir(exist_ok=True)
    (_BUILD / "bench.json").write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n")
    (_BUILD / "bench.md").write_text(table(lines))
    print(table(lines), end="")
    return 1 if any(TARGETS[line.flow].missed(line) for line in lines) else 0


def _measure(postgres: EmbeddedPostgres, stocks: int, orders: int) -> Iterator[Figures]:
    for latency in LATENCIES_MS:
        with rig(postgres, f"stock_{latency}", size=max(stocks * 2, 1_000)) as bench:
            bench.run("stock")  # what the seed left waiting goes out first
            bench.control.post("stocks", {"count": stocks})
            yield _case(bench, "stock", latency, stocks)
        with rig(postgres, f"orders_{latency}", size=1_000) as bench:
            bench.control.post("orders", {"count": 1})
            bench.run("get_orders")  # what is older than the first order made here costs a look for a stranger's
            bench.control.post("orders", {"count": orders, **ORDER_MIX})
            yield _case(bench, "get_orders", latency, orders)


def _case(bench: Rig, flow: str, latency: int, records: int) -> Figures:
    bench.control.post("faults", {"latency_ms": latency})
    bench.control.post("requests")
    done = bench.run(flow)
    _check(bench, done, records)
    seconds, requests = done.report["seconds"], sum(done.report["requests"].values())
    return Figures(
        flow, latency, records, seconds, done.wall_seconds, done.cpu_seconds, records / seconds,
        requests, requests / records * 10_000, done.peak_mb,
    )  # fmt: skip


def _check(bench: Rig, done: Finished, records: int) -> None:
    """A benchmark of a run that did something else than asked is worth nothing."""
    counts = done.report["counts"]
    moved = counts["updated"] if done.report["flow"] == "stock" else counts["created"]
    seen = bench.control.get("requests")["total"]
    counted = sum(done.report["requests"].values())
    if moved != records or seen != counted:
        raise RuntimeError(
            f"{moved} of {records} records arrived; {counted} requests counted here, {seen} there: {done.report}"
        )


# --- the table ------------------------------------------------------------------------------------------------
_HEAD = ("flow", "added per call", "records", "run s", "process s", "CPU s", "records/s", "requests",
         "per 10,000", "peak MB", "targets")  # fmt: skip


def table(lines: Sequence[Figures]) -> str:
    """The figures as a Markdown table."""
    rows = [_row(_HEAD), _row(tuple("---" for _ in _HEAD)), *(_row(_cells(line)) for line in lines)]
    budget = (
        f"Call budgets as delivered: {OMNITRON_PER_SECOND:g} requests/s to Omnitron, {FASHFED_PER_SECOND:g} to Fashfed."
    )
    return "\n".join([*rows, "", budget, ""])


def _cells(line: Figures) -> tuple[str, ...]:
    missed = TARGETS[line.flow].missed(line)
    return (
        line.flow, f"{line.latency_ms} ms", f"{line.records:,}", f"{line.seconds:.2f}", f"{line.wall_seconds:.2f}",
        f"{line.cpu_seconds:.2f}", f"{line.records_per_second:,.0f}", f"{line.requests:,}",
        f"{line.requests_per_10000:,.0f}", f"{line.peak_mb:.0f}", "missed: " + "; ".join(missed) if missed else "met",
    )  # fmt: skip


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
