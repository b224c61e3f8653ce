"""Every route of the screens: nobody gets in without a login, acts without the right, or from somewhere else."""

import re
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute

from include.dashboard.page import Administrator, Operator, Reader
from tests.ui.served import Served

_ROLES = ("viewer", "op", "admin")
_NEEDS = {
    get_args(page)[1].dependency: role for page, role in zip((Reader, Operator, Administrator), _ROLES, strict=True)
}


def test_nobody_gets_anywhere_without_a_login(screens: Served) -> None:
    answers = {(method, path): _send(screens, method, path) for method, path, _ in _routes(screens.app)}
    assert {route for route, status in answers.items() if status != 401} == set()


def test_a_route_is_open_to_those_who_have_its_right(screens: Served) -> None:
    for method, path, needs in _routes(screens.app):
        open_to = [role for role in _ROLES if _send(screens, method, path, role) != 403]
        assert open_to == list(_ROLES[_ROLES.index(needs) :]), f"{method} {path}"


def test_a_change_needs_more_than_the_right_to_look_and_a_page_of_ours(screens: Served) -> None:
    changes = [(method, path, needs) for method, path, needs in _routes(screens.app) if method != "GET"]
    assert changes
    for method, path, needs in changes:
        assert (method, needs == "viewer") == ("POST", False), path
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            refused = screens.post(path, "admin", from_page=False, headers=headers)
            assert refused.status_code == 403, (path, headers)


def _send(screens: Served, method: str, path: str, role: str | None = None) -> int:
    ask: Any = screens.ask if method == "GET" else screens.post
    return int(ask(path, role).status_code)


def _routes(app: FastAPI) -> list[tuple[str, str, str]]:
    """Method, a path with values for its parts, and who needs to be asked for it at least."""
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            [needs] = [_NEEDS[part.call] for part in route.dependant.dependencies if part.call in _NEEDS]
            path = re.sub(r"{[^}]*}", "1", route.path)
            found += [(method, path, needs) for method in route.methods]
    return found
