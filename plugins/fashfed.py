"""Shows the connector's application under /fashfed of Airflow's API server.

Every process of Airflow reads this file, so the application is made by its first request.
"""

import asyncio
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class Application:
    """The application, made when somebody asks for something."""

    def __init__(self) -> None:
        self._made: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._made is None:
            self._made = await asyncio.to_thread(_make)
        await self._made(scope, receive, send)


def _make() -> Any:
    from include.hooks.api_server import ApiServerConnections, start_run
    from include.inbound.app import make_app
    from include.inbound.splits import Outside

    return make_app(Outside(ApiServerConnections(), start_run))


class FashfedPlugin(AirflowPlugin):
    """The one registration."""

    name = "fashfed"
    fastapi_apps = [{"app": Application(), "url_prefix": "/fashfed", "name": "Fashfed"}]  # noqa: RUF012 - Airflow's way
