"""Writes ``dags/README.md``: the timetable of all DAGs and what each says of itself.

``python -m include.timetable`` writes the file; a test fails when it is not current.
"""

import ast
from datetime import timedelta
from functools import cache
from pathlib import Path

from include.flows.registry import FLOWS, Flow

DAGS = Path(__file__).resolve().parents[1] / "dags"
PAGE = DAGS / "README.md"

_HEAD = """\
# DAGs

Written by `python -m include.timetable` from `include/flows/registry.py` and the docstrings of the DAG files; do not
edit it by hand.

Times are in `FASHFED_TIMEZONE` (Europe/Istanbul unless set). `FASHFED_SCHEDULE_<FLOW>` changes a schedule, for example
`FASHFED_SCHEDULE_STOCK="*/5 * * * *"` or `manual`; with `_<CHANNEL>` behind it for one channel only. A further channel
`tr` in `FASHFED_CHANNELS` adds `stock.tr` and so on. A flow that starts *after* another one is started by that flow's
success (an Airflow asset); a schedule in the environment takes the place of that.

| DAG | shown as | direction | feature flag | schedule | tasks | a task may take |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The text of the page."""
    rows = "".join(_row(flow) for flow in FLOWS.values())
    return _HEAD + rows + "".join(_section(flow) for flow in FLOWS.values())


def _row(flow: Flow) -> str:
    tasks = " → ".join(("feature_flag", *flow.steps))
    cells = (
        f"[`{flow.name}`]({flow.group}/{flow.name}.py)",
        flow.display_name,
        flow.direction,
        f"`{flow.flag}`" if flow.flag else "–",
        _starts(flow),
        tasks,
        f"{flow.time_limit / timedelta(minutes=1):g} min",
    )
    return f"| {' | '.join(cells)} |\n"


def _starts(flow: Flow) -> str:
    if flow.after:
        return f"after `{flow.after}`"
    return f"`{flow.schedule}`" if flow.schedule else "manual"


def _section(flow: Flow) -> str:
    return f"\n## {flow.display_name} (`{flow.name}`)\n\n{doc(flow)}\n"


@cache
def doc(flow: Flow) -> str:
    """What the flow's DAG says of itself."""
    text = (DAGS / flow.group / f"{flow.name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(text)) or ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
