"""Shows the connector's applications under /fashfed of Airflow's API server, and the screens in Airflow's menu.

Every process of Airflow reads this file, so the applications are made by the first request.
"""

import asyncio
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class Application:
    """What other systems ask under /api, the screens everywhere else; both are made at the first request."""

    def __init__(self) -> None:
        self._made: tuple[Any, Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._made is None:
            self._made = await asyncio.to_thread(_make)
        asked, screens = self._made
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        await (asked if path.startswith("/api/") else screens)(scope, receive, send)


def _make() -> tuple[Any, Any]:
    from include.dashboard import app as dashboard
    from include.dashboard.world import World
    from include.hooks.api_access import AirflowAccess
    from include.hooks.api_runs import AirflowRuns
    from include.hooks.api_server import ApiServerConnections, start_run
    from include.inbound import app as inbound
    from include.inbound.splits import Outside

    connections = ApiServerConnections()
    asked = inbound.make_app(Outside(connections, start_run))
    return asked, dashboard.make_app(World(connections, AirflowAccess(), AirflowRuns()))


class FashfedPlugin(AirflowPlugin):
    """The one registration."""

    name = "fashfed"
    fastapi_apps = [{"app": Application(), "url_prefix": "/fashfed", "name": "Fashfed"}]  # noqa: RUF012 - Airflow's way
    external_views = [  # noqa: RUF012
        {
            "name": "Fashfed",
            "href": "fashfed/",
            "destination": "nav",
            "url_route": "fashfed",
            "nav_top_level": True,
            "icon": "fashfed/static/icon.svg",
            "icon_dark_mode": "fashfed/static/icon_dark.svg",
        }
    ]
