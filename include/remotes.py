"""Clients of the two remotes, made from a connection and the channel's settings."""

from pydantic import SecretStr

from include import deployment
from include.clients.aiohttp_transport import AiohttpTransport
from include.clients.fashfed.auth import AccessToken
from include.clients.fashfed.client import FashfedClient
from include.clients.http import RemoteSession
from include.clients.limiter import Limiter
from include.clients.omnitron.auth import TokenCache, TokenLogin
from include.clients.omnitron.client import OmnitronClient
from include.clock import Clock
from include.connections import Connection
from include.errors import ConfigurationError, Refused
from include.settings import ChannelSettings


def hub_client(connection: Connection, clock: Clock, limiter: Limiter, tokens: TokenCache) -> OmnitronClient:
    """Omnitron by its connection; close its ``session`` at the end. Raises ``ConfigurationError``."""
    if not connection.login or not connection.password:
        raise connection.incomplete("it needs a login and a password")
    # Whoever may edit connections may point Omnitron into the own network: the address is not checked.
    transport = AiohttpTransport(where=connection.id, allow_private_hosts=True)
    login = TokenLogin(connection.login, connection.password, tokens, connection.id)
    session = RemoteSession("Omnitron", connection.base_url, transport, clock, limiter, login)
    return OmnitronClient(session, connection.extra_id("channel_id"))


async def read_settings(hub: OmnitronClient, market: Connection | None) -> ChannelSettings:
    """The channel's settings as Omnitron has them now; a Fashfed connection goes before Base URL and Access Token.

    Raises ``ConfigurationError`` (channel_missing).
    """
    try:
        channel = await hub.channel()
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise ConfigurationError("channel_missing", channel_id=hub.channel_id) from None
    override: dict[str, object] = {}
    if market is not None and market.host:
        override["base_url"] = market.base_url
    if market is not None and market.password:
        override["access_token"] = market.password
    return ChannelSettings.parse(
        {key: value for key, value in channel.conf.items() if key.lower() not in override} | override,
        channel_id=hub.channel_id,
        is_active=channel.is_active,
        name=channel.name,
        catalog_id=channel.catalog,
        allow_private_hosts=deployment.allow_private_hosts(),
    )


def market_client(
    base_url: str, token: SecretStr, connection: Connection, clock: Clock, limiter: Limiter
) -> FashfedClient:
    """Fashfed at an address; the connection's extra may name its ``auth_scheme``. Close its ``session`` at the end."""
    where = connection.id if connection.host else "Omnitron > Settings > Sales Channels > Base URL"
    transport = AiohttpTransport(where=where, allow_private_hosts=deployment.allow_private_hosts())
    access = AccessToken(token.get_secret_value(), str(connection.extra.get("auth_scheme", "Token")))
    return FashfedClient(RemoteSession("Fashfed", base_url, transport, clock, limiter, access))
