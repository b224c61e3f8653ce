"""The application: all screens, their headers, and what is shown when something is wrong."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from include.clients.redaction import redact
from include.dashboard.body import LimitedBody
from include.dashboard.page import static, templates
from include.dashboard.screens import ROUTERS
from include.dashboard.world import World
from include.errors import FashfedError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FOR_EVER = "max-age=31536000, immutable"  # the address of a file changes with its content

log = logging.getLogger("fashfed")


def make_app(world: World) -> FastAPI:
    """The application that is shown under /fashfed."""
    app = FastAPI(title="Fashfed", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LimitedBody)
    app.middleware("http")(_with_headers)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.state.world = world
    for router in ROUTERS:
        app.include_router(router, default_response_class=HTMLResponse)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(RequestValidationError)(_misread)
    app.exception_handler(FashfedError)(_broken)
    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await answer(request)
    except Exception as error:  # noqa: BLE001 - a trace may quote records, and the visitor must see something
        log.log(logging.ERROR, "A fault in the connector; please report it:\n%s", _trace(error))
        response = _page(
            request, 500, "Something went wrong", "A fault in the connector", "Look into the log of the API server."
        )
    if "/static/" in request.url.path and response.status_code == 200:
        response.headers["Cache-Control"] = _FOR_EVER
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _trace(error: Exception) -> str:
    return redact("".join(traceback.format_exception(error)))


async def _refused(request: Request, error: HTTPException) -> Response:
    """Not logged in, too few rights, or not there."""
    titles = {401: "Please sign in", 403: "Not allowed", 404: "Not found"}
    step = {401: "Sign in to Airflow, then load this page again.", 403: "Ask an administrator of Airflow for the role."}
    title = titles.get(error.status_code, "This cannot be done")
    return _page(request, error.status_code, title, str(error.detail), step.get(error.status_code, ""), error.headers)


async def _misread(request: Request, error: RequestValidationError) -> Response:
    told = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return _page(request, 422, "This address cannot be read", redact(told), "Correct it, or start at the dashboard.")


async def _broken(request: Request, error: FashfedError) -> Response:
    log.warning("A page could not be shown: %s [%s]. Next step: %s", error, error.code, error.next_step)
    return _page(request, 503, "Not available now", f"{error} [{error.code}]", error.next_step)


def _page(
    request: Request, status: int, title: str, text: str, next_step: str, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    facts = {"title": title, "text": text, "next_step": next_step, "static": partial(static, request)}
    root = str(request.scope.get("root_path", "")).rstrip("/")
    login = _login(request, root.removesuffix("/fashfed")) if status == 401 else None
    shown = templates.get_template("problem.html").render(facts, home=f"{root}/", login=login)
    return HTMLResponse(shown, status, headers)


def _login(request: Request, airflow: str) -> str:
    """Airflow's login page, which leads to the page that was asked for, in Airflow's frame."""
    path = request.url.path if request.method == "GET" else f"{airflow}/fashfed/"
    asked = f"{airflow}/plugin/fashfed{path}" + (f"?{request.url.query}" if request.url.query else "")
    return f"{airflow}/auth/login/?{urlencode({'next': asked})}"
