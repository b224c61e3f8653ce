"""What `make run` prints, on a terminal and into a file."""

import io
import re

import pytest

from include.local.console import Console
from include.local.errors import CannotStart


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_step_is_one_line_with_its_number_and_seconds() -> None:
    out = io.StringIO()
    console = Console(steps=2, stream=out)
    with console.step("database") as found:
        console.progress("waiting", 0.5)
        found.append("127.0.0.1:5432")
    with console.step("flows"):
        pass
    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  \[1/2\]  +\d+\.\d s  database: 127\.0\.0\.1:5432", first)
    assert re.fullmatch(r"\d\d:\d\d:\d\d  \[2/2\]  +\d+\.\d s  flows", second)


def test_a_step_that_breaks_off_prints_no_line_of_success() -> None:
    out = io.StringIO()
    with pytest.raises(CannotStart), Console(steps=1, stream=out).step("database"):
        raise CannotStart("no room")
    assert out.getvalue() == ""


def test_a_terminal_shows_a_bar_while_a_step_lasts() -> None:
    out = _Terminal()
    console = Console(steps=1, stream=out)
    with console.step("Airflow"):
        console.progress("waiting for Airflow", 0.5)
    assert "[############............] waiting for Airflow" in out.getvalue()
    assert out.getvalue().splitlines()[-1].endswith("Airflow")
