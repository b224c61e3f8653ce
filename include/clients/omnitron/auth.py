"""The hub's token login (api/omnitron.md section 1)."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from include.clients.http import RemoteSession
from include.errors import AuthenticationError, Refused


class TokenCache(Protocol):
    """Where processes share a token, because the hub limits how often one may log in."""

    async def get(self) -> str | None:
        """The token last put, if any."""

    async def put(self, token: str) -> None:
        """Keep a new token for everybody."""


class MemoryTokenCache:
    """For one process."""

    def __init__(self) -> None:
        self._token: str | None = None

    async def get(self) -> str | None:
        return self._token

    async def put(self, token: str) -> None:
        self._token = token


class TokenLogin:
    """Logs in with user name and password, once for all calls that wait; ``where`` names the connection."""

    def __init__(self, username: str, password: str, cache: TokenCache, where: str) -> None:
        self._username = username
        self._password = password
        self._cache = cache
        self._where = where
        self._token: str | None = None
        self._turn = asyncio.Lock()

    async def headers(self, session: RemoteSession) -> Mapping[str, str]:
        """The token header; logs in when there is no token yet."""
        if self._token is None:
            async with self._turn:
                if self._token is None:
                    self._token = await self._cache.get() or await self._login(session)
        return _header(self._token)

    async def renew(self, session: RemoteSession, refused: Mapping[str, str]) -> bool:
        """Take the token that another call or process has got meanwhile, else log in (then a further 401 is final)."""
        async with self._turn:
            if self._token is not None and _header(self._token) != refused:
                return True
            shared = await self._cache.get()
            if shared is not None and _header(shared) != refused:
                self._token = shared
                return False
            self._token = await self._login(session)
            return True

    async def _login(self, session: RemoteSession) -> str:
        credentials = {"username": self._username, "password": self._password}
        try:
            token = await session.call(
                "POST",
                "/api/v1/auth/login/",
                json=credentials,
                read=_key,
                repeatable=True,
                record=True,
                authenticated=False,
            )
        except Refused as refusal:
            if refusal.status not in (400, 401, 403):
                raise
            raise AuthenticationError("login_refused", remote=session.name, where=self._where) from None
        await self._cache.put(token)
        return token


def _header(token: str) -> dict[str, str]:
    return {"authorization": f"Token {token}"}


def _key(answer: object) -> str:
    key = answer.get("key") if isinstance(answer, dict) else None
    if not isinstance(key, str) or not key:
        raise ValueError("no key")
    return key
