"""The OMS's web hook: brings its events to the connector and tries again until each is answered for good."""

import asyncio
import json
from dataclasses import dataclass, field

import aiohttp

from include.sandbox.oms import Oms
from include.sandbox.routing import Row

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_LOOK_SECONDS = 1.0
_COUNTDOWN = 5.0
_LONGEST_COUNTDOWN = 300.0
_PASSING = frozenset((408, 425, 429))


@dataclass(slots=True)
class OmsHook:
    """Posts to ``url`` with ``Authorization: Token <token>``."""

    oms: Oms
    url: str
    token: str
    countdown: float = _COUNTDOWN
    _later: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Event -> how often it was tried, and when it will be again."""

    async def run(self) -> None:
        """Deliver until cancelled. An event that fails does not keep the others back."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session:
            while True:
                await self.deliver(session)
                await asyncio.sleep(_LOOK_SECONDS)

    async def deliver(self, session: aiohttp.ClientSession) -> None:
        """Try every event once whose time has come."""
        now = asyncio.get_running_loop().time()
        for event in list(self.oms.outbox):
            uuid = event["event"]["uuid"]
            tries, due = self._later.get(uuid, (0, now))
            if due > now:
                continue
            status = await self._post(session, event)
            if status is not None and _is_final(status):
                self.oms.answered(event, status)
                self._later.pop(uuid, None)
            else:
                self._later[uuid] = (tries + 1, now + min(self.countdown * 2**tries, _LONGEST_COUNTDOWN))

    async def _post(self, session: aiohttp.ClientSession, event: Row) -> int | None:
        """The status of the answer; None when there was none."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        body = json.dumps(event).encode()
        try:
            async with session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


def _is_final(status: int) -> bool:
    return 200 <= status < 300 or (400 <= status < 500 and status not in _PASSING)
