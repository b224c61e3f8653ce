"""Whatever an address or a form holds, no screen breaks: questions made from the application's own OpenAPI."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case

from tests.ui.served import Served

_EXAMPLES = 8
"""For each route."""
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
