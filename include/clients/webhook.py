"""Web hooks of chat services: one message as ``{"text": ...}``, which Slack and Teams take. The address is a secret."""

import json

from include.clients.transport import Request, Transport, TransportError
from include.errors import RecordFailed

_TIMEOUT = 10.0
"""Seconds for one call."""


class WebHookCalls:
    """Posts messages over a transport that checks the host; redirects are not followed."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def call(self, address: str, text: str) -> None:
        """Post one message. Raises ``RecordFailed`` (webhook_failed) or ``ConfigurationError`` (private_host)."""
        body = json.dumps({"text": text}).encode()
        request = Request("POST", address, headers={"content-type": "application/json"}, body=body, timeout=_TIMEOUT)
        try:
            answer = await self._transport.send(request)
        except TransportError as error:
            raise RecordFailed("webhook_failed", reason=error.reason) from None
        if not 200 <= answer.status < 300:
            raise RecordFailed("webhook_failed", reason=f"it answered {answer.status}")

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.close()
