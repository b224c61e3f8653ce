"""Omnitron by an Airflow connection of type HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from airflow.providers.http.hooks.http import HttpHook

from include.clients.limiter import LocalLimiter
from include.clients.omnitron.auth import MemoryTokenCache
from include.clients.omnitron.client import OmnitronClient
from include.clock import SystemClock
from include.errors import FashfedError
from include.hooks.connections import converted
from include.remotes import hub_client, read_settings


class OmnitronHook(HttpHook):  # type: ignore[misc] # Airflow is not type-checked
    """Host, login and password of Omnitron; the extra holds ``{"channel_id": 137}``."""

    conn_name_attr = "omnitron_conn_id"
    default_conn_name = "omnitron_default"
    hook_name = "Omnitron"

    def __init__(self, omnitron_conn_id: str = default_conn_name) -> None:
        super().__init__(http_conn_id=omnitron_conn_id)
        self.omnitron_conn_id = omnitron_conn_id

    @asynccontextmanager
    async def client(self) -> AsyncIterator[OmnitronClient]:
        """The client of the channel, closed at the end. Raises ``ConfigurationError``."""
        clock = SystemClock()
        connection = converted(self.get_connection(self.omnitron_conn_id))
        client = hub_client(connection, clock, LocalLimiter(clock, None), MemoryTokenCache())
        try:
            yield client
        finally:
            await client.session.close()

    def test_connection(self) -> tuple[bool, str]:
        """Log in and read the sales channel."""
        try:
            return True, asyncio.run(self._greet())
        except FashfedError as error:
            return False, f"{error} [{error.code}]. Next step: {error.next_step}"

    async def _greet(self) -> str:
        async with self.client() as hub:
            settings = await read_settings(hub, None)
            return f"Logged in; sales channel {settings.name} is {'active' if settings.is_active else 'inactive'}."
