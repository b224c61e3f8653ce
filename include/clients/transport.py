"""The seam between our HTTP policy and whatever carries the bytes (design.md section 8).

Production sends over pooled HTTP (``aiohttp_transport``); tests and the simulation put the sandbox behind
the same interface in-process, so that paging, retry, classification and redaction run in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``url`` is absolute and carries no query; ``timeout`` is in seconds, for the whole call."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class TransportError(Exception):
    """No complete answer came.

    ``reached`` is False only when the request certainly never left this machine (name not found, connection
    refused); otherwise the remote may have acted on it.
    """

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reached = reached


class Transport(Protocol):
    """Carries requests. Any status is a ``Response``; only a missing answer raises ``TransportError``."""

    async def send(self, request: Request) -> Response: ...

    async def close(self) -> None: ...
