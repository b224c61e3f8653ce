"""Whatever an address or a form holds, no screen breaks: questions made from the application's own OpenAPI."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case

from tests.ui.served import Served

_EXAMPLES = 8
"""For each route."""
_NASTY = ("\0", "9" * 40, "-1", "'\"%_\\{}", "0001-01-01T00:00")
"""What databases, calendars and integers do not take."""
_IN_PATHS = {"name": "product", "form": "csv"}
"""A value for a part of a path; others are numbers."""
_AS_ADMIN = {"cookies": {"role": "admin"}, "headers": {"Sec-Fetch-Site": "same-origin"}}


@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")  # Schemathesis does
def test_no_screen_breaks_whatever_it_is_asked(screens: Served) -> None:
    schema = schemathesis.openapi.from_dict(screens.app.openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert operations
    with requests.Session() as session:
        for operation in operations:

            @settings(
                derandomize=True,
                max_examples=_EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy())
            def answers(case: Case) -> None:
                answer = case.call(screens.url, session, allow_redirects=False, **_AS_ADMIN)
                assert answer.status_code < 500, f"{case.method} {answer.request.url}: {answer.request.body!r}"

            answers()


def test_no_field_of_any_screen_takes_what_a_database_or_a_calendar_cannot(screens: Served) -> None:
    schema = screens.app.openapi()
    with requests.Session() as session:
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                for place, given in _one_field_each(schema, operation):
                    address = screens.url + re.sub(r"{(\w+)}", lambda part: _IN_PATHS.get(part[1], "1"), path)
                    answer = session.request(method, address, **{place: given}, allow_redirects=False, **_AS_ADMIN)
                    assert answer.status_code < 500, f"{method} {address} {given!r}"


def _one_field_each(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where and what to send: each nasty value in each field, the fields that must be there besides."""
    parameters = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    needed = {one["name"]: "1" for one in parameters if one["required"]}
    for one in parameters:
        yield from (("params", {**needed, one["name"]: value}) for value in _NASTY)
    for body in operation.get("requestBody", {}).get("content", {}).values():
        form = schema["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
        needed = dict.fromkeys(form.get("required", ()), "1")
        for name in form["properties"]:
            yield from (("data", {**needed, name: value}) for value in _NASTY)
