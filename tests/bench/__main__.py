"""``python -m tests.bench [--only CASE]``: how fast, how chatty and how large the flows are.

Real HTTP against the sandbox in its own process, a real Postgres, the client as ``python -m include.run <flow>`` in a
fresh process. Each case starts from a channel that is in step, then changes exactly what is to be measured. The
client's own count of its requests has to agree with what the sandbox counted, or the benchmark fails.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from include.local.postgres import EmbeddedPostgres
from tests.bench.cases import CASES
from tests.bench.figures import Figures, cells, row, table
from tests.bench.rig import PROJECT

_BUILD = PROJECT / "build"


def main() -> int:
    """Measure, print, write build/bench.md and build/bench.json; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(CASES), help="a case; may be given several times")
    asked = parser.parse_args()
    lines: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="fashfed-bench-") as home:
        postgres = EmbeddedPostgres(Path(home))
        postgres.start()
        try:
            for name in asked.only or CASES:
                for line in CASES[name](postgres):
                    lines.append(line)
                    print(row(cells(line)), file=sys.stderr, flush=True)
        finally:
            postgres.stop()
    _BUILD.mkdir(exist_ok=True)
    figures = [
        {**asdict(line), "records_per_second": line.records_per_second, "requests_per_10000": line.requests_per_10000}
        for line in lines
    ]
    (_BUILD / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")
    (_BUILD / "bench.md").write_text(table(lines))
    print(table(lines), end="")
    return 1 if any(line.missed for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
