"""The pages that list the flows are current."""

from pathlib import Path

from include.flows.registry import FLOWS
from include.timetable import PAGE, page

_MAP = Path(__file__).resolve().parents[2] / "include" / "README.md"


def test_the_timetable_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m include.timetable`"


def test_the_map_of_include_lists_every_flow() -> None:
    text = _MAP.read_text(encoding="utf-8")
    for flow in FLOWS.values():
        assert f"`flows/{flow.group}/{flow.name}.py`" in text
