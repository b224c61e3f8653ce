"""How much anybody may send: the body of a request is read before it is known who asks."""

from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEGABYTES: Final = 5
"""The largest file."""
_ENVELOPE: Final = 256 * 1024
"""What a form may hold beside its file."""
_LONGEST: Final = MEGABYTES * 1024 * 1024 + _ENVELOPE
_REFUSED: Final = f"More than {MEGABYTES} MB were sent. Divide the file into several, each with sku in its first row."


class LimitedBody:
    """An application that reads no body beyond the limit; the answer is 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        length = 0

        async def limited() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > _LONGEST:
                raise HTTPException(413, _REFUSED)
            return message

        await self._app(scope, limited, send)
