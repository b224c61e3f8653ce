"""The OMS's calls as the endpoint keeps them: stored once per request, however often they come."""

import random

from include.clock import Clock
from include.mapping.split_request import SplitRequest
from include.sandbox import Sandbox
from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import Incoming
from tests.worldkit import CHANNEL


class SplitCalls:
    """Brings what the OMS wants into the inbox, some of it twice."""

    def __init__(self, sandbox: Sandbox, database: MemoryDatabase, clock: Clock, rng: random.Random) -> None:
        self._oms = sandbox.oms
        self._store = MemoryStore(database, clock)
        self._clock = clock
        self._rng = rng

    async def deliver(self) -> None:
        """All that was not answered yet; now and then the answer gets lost, and the OMS calls again."""
        for event in list(self._oms.outbox):
            asked = SplitRequest.model_validate({**event["payload"], "request_id": event["event"]["uuid"]})
            now = self._clock.now()
            row = Incoming(asked.correlation_id(CHANNEL), now, asked.model_dump(mode="json"))
            await self._store.receive(CHANNEL, "split", [row], now=now)
            if self._rng.random() > 0.1:
                self._oms.answered(event, 202)
