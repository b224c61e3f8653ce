"""The market's fixed access token (api/fashfed.md section 1)."""

from collections.abc import Mapping
from typing import NoReturn

from include.clients.http import RemoteSession
from include.errors import AuthenticationError


class AccessToken:
    """A token that people make and revoke; ``scheme`` is the word before it ("" for none)."""

    def __init__(self, token: str, scheme: str = "Token") -> None:
        self._headers = {"authorization": f"{scheme} {token}".strip()}

    async def headers(self, session: RemoteSession) -> Mapping[str, str]:
        """Always the same header."""
        return self._headers

    async def renew(self, session: RemoteSession, refused: Mapping[str, str]) -> NoReturn:
        """Nothing can be renewed: a 401 is final until a person changes the setting."""
        raise AuthenticationError("token_refused")
