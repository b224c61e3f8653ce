"""How a session proves who it is: the seam, and what the remotes without a login use."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from include.clients.http import RemoteSession


class Auth(Protocol):
    """Gives the headers of a request and decides what a 401 means."""

    async def headers(self, session: "RemoteSession") -> Mapping[str, str]:
        """Headers for the next request; may log in through ``session``."""

    async def renew(self, session: "RemoteSession", refused: Mapping[str, str]) -> bool:
        """After a 401 to ``refused``: get other headers. True when a further 401 is final.

        Raises ``AuthenticationError`` when nothing better can be had.
        """
