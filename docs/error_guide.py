"""``python -m docs.error_guide`` writes docs/errors.md from the error catalogue, which is where to correct it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from include.catalogue import CATALOGUE, Entry

PAGE = Path(__file__).with_name("errors.md")
_INTRODUCTION = """\
# Error codes

Every code that a task log, a run report, the record log or an error report in Omnitron can show, in alphabetical order.
In a task log it stands in square brackets. Words in braces are filled in with the facts of the case.

*Owner* is who can do something about it; "nobody" means that the connector gets over it by itself. *Omnitron's word* is
the `failed_reason_type` of the record there.

<!-- Written by `python -m docs.error_guide` from include/catalogue/. -->
"""


def page() -> str:
    """The whole document."""
    return "\n".join([_INTRODUCTION, *(line for code in sorted(CATALOGUE) for line in _section(code, CATALOGUE[code]))])


def _section(code: str, entry: Entry) -> Iterator[str]:
    yield f"## {code}\n"
    yield f"> {entry.message}\n"
    yield f"- Cause: {entry.cause}"
    yield f"- Next step: {entry.next_step.replace('{{', '{').replace('}}', '}')}"
    yield f"- Owner: {entry.owner}. Omnitron's word: `{entry.side}`.\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE}: {len(CATALOGUE)} codes\n")
