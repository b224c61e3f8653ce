"""Fashfed by an Airflow connection of type HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from airflow.providers.http.hooks.http import HttpHook
from pydantic import SecretStr

from include.clients.fashfed.client import FashfedClient
from include.clients.limiter import LocalLimiter
from include.clock import SystemClock
from include.errors import FashfedError
from include.hooks.connections import converted
from include.remotes import market_client


class FashfedHook(HttpHook):  # type: ignore[misc] # Airflow is not type-checked
    """Host and access token (the password) of Fashfed, where they are not to come from the channel's settings."""

    conn_name_attr = "fashfed_conn_id"
    default_conn_name = "fashfed_default"
    hook_name = "Fashfed"

    def __init__(self, fashfed_conn_id: str = default_conn_name) -> None:
        super().__init__(http_conn_id=fashfed_conn_id)
        self.fashfed_conn_id = fashfed_conn_id

    @asynccontextmanager
    async def client(self) -> AsyncIterator[FashfedClient]:
        """The client of the seller account, closed at the end. Raises ``ConfigurationError``."""
        clock = SystemClock()
        connection = converted(self.get_connection(self.fashfed_conn_id))
        client = market_client(
            connection.base_url, SecretStr(connection.password), connection, clock, LocalLimiter(clock, None)
        )
        try:
            yield client
        finally:
            await client.session.close()

    def test_connection(self) -> tuple[bool, str]:
        """Read one package with the access token."""
        try:
            return True, asyncio.run(self._greet())
        except FashfedError as error:
            return False, f"{error} [{error.code}]. Next step: {error.next_step}"

    async def _greet(self) -> str:
        async with self.client() as market:
            async for _ in market.packages(limit=1):
                break
            return "The access token is accepted."
