"""The network as a process sees it that dies at a chosen await."""

import asyncio

from include.clients.transport import Request, Response, Transport
from tests.simulation.mortal import Life
from tests.worldkit import Wire


class MortalWire(Wire):
    """Its process may die before a request leaves, or before its answer comes."""

    def __init__(self, inner: Transport, life: Life) -> None:
        super().__init__(inner)
        self._life = life

    async def send(self, request: Request) -> Response:
        self._life.breathe()
        await asyncio.sleep(0.01)
        answer = await super().send(request)
        self._life.breathe()
        return answer
