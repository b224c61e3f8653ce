"""One request for a page: who asks, about which channel, and how the answer is made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include import deployment
from include.dashboard import words
from include.dashboard.access import Right, Visitor, admitted
from include.dashboard.world import World
from include.flows.registry import FLOWS
from include.state.postgres.screens import ScreenStore

_FOLDER = Path(__file__).parent
SCREENS = (
    ("", "Dashboard", "gauge"),
    ("monitoring", "Monitoring", "list"),
    ("alarms", "Alarms", "bell"),
    ("triggers", "Trigger", "play"),
    ("inbox", "Inbox", "inbox"),
    ("readiness", "Readiness", "check"),
)
"""Path, title and icon of each entry of the navigation."""

templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {"number": words.number, "money": words.money, "span": words.span}


@dataclass(frozen=True, slots=True)
class Page:
    """What a screen is made with. ``now`` is the moment of the request."""

    request: Request
    world: World
    visitor: Visitor
    channel: str
    store: ScreenStore
    now: datetime

    def show(self, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """The template as a page, or as a part of one."""
        zone = deployment.timezone()
        known = {
            "page": self,
            "channel": self.channel,
            "channels": deployment.channels(),
            "visitor": self.visitor,
            "flows": FLOWS,
            "now": self.now,
            "zone": zone,
            "at": partial(words.moment, zone=zone),
            "ago": partial(words.ago, now=self.now),
            "url": self.url,
            "static": partial(static, self.request),
            "screens": SCREENS,
            "here": self._path(),
            "may_operate": self.visitor.may(Right.OPERATE),
            "may_administer": self.visitor.may(Right.ADMINISTER),
        }
        return HTMLResponse(templates.get_template(template).render(known | facts), status)

    def url(self, path: str = "", **query: Any) -> str:
        """The address of one of our pages for this channel; empty values of the query are left out."""
        given = {"channel": self.channel} if self.channel != "default" else {}
        given |= {name: str(value) for name, value in query.items() if value not in (None, "", False)}
        asked = f"?{urlencode(given)}" if given else ""
        return f"{_root(self.request)}/{quote(path)}{asked}"

    def airflow(self, path: str) -> str:
        """The address of a page of Airflow's UI; its link opens outside of our frame (``target="_top"``)."""
        return f"{_root(self.request).removesuffix('/fashfed')}/{path}"

    def goto(self, path: str, **query: Any) -> RedirectResponse:
        """Send the browser on after a change, so that a reload does not repeat it."""
        return RedirectResponse(self.url(path, **query), 303)

    def _path(self) -> str:
        return self.request.url.path.removeprefix(_root(self.request)).strip("/")


def static(request: Request, name: str) -> str:
    """The address of a file of ours; it changes with the file's content."""
    return f"{_root(request)}/static/{name}?{int((_FOLDER / 'static' / name).stat().st_mtime)}"


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _page_for(right: Right) -> Callable[..., Awaitable[Page]]:
    async def page(request: Request, channel: str = "default") -> Page:
        world: World = request.app.state.world
        visitor = await admitted(world.access, request, right)
        if channel not in deployment.channels():
            raise HTTPException(404, f"There is no channel {channel!r} here.")
        return Page(request, world, visitor, channel, await world.store(), world.clock.now())

    return page


Reader = Annotated[Page, Depends(_page_for(Right.READ))]
"""The page of a route for everybody who is logged in to Airflow and may see its DAGs.

Asking for it raises ``HTTPException`` (401, 403, 404 for a channel that is none) and ``FashfedError`` without a state
database; the application answers with a page that says so.
"""
Operator = Annotated[Page, Depends(_page_for(Right.OPERATE))]
"""The page of a route that does something."""
Administrator = Annotated[Page, Depends(_page_for(Right.ADMINISTER))]
"""The page of a route that changes what holds for everybody."""
