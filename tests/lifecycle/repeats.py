"""What a remote has done for us is told once (design.md section 7): whoever comes later looks first.

Both remotes refuse the second time, so that nothing else shows it.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from include.clients.transport import Request, Response
from include.sandbox import Sandbox
from tests.simulation.invariants import Broken
from tests.simulation.mortal import SENDING

_NUMBER = re.compile(rb'"number": ?"([^"]+)"')
_DECISION = re.compile("/api/i2/claims/([^/]+)/(?:approve|reject)/")


class Repeats:
    """Watches orders and decisions on their way."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._found: list[str] = []
        self._done: dict[str, float] = {}
        self._sandbox = sandbox
        for app in sandbox.apps.values():
            app.dispatch = self._watched(app.dispatch)  # type: ignore[method-assign]

    def check(self) -> None:
        """Nothing was told again by a process that could have seen that it is done. Raises ``Broken``."""
        if self._found:
            raise Broken(self._found[0])

    def _watched(self, dispatch: Callable[..., Response]) -> Callable[..., Response]:
        def watched(request: Request, **facts: Any) -> Response:
            answer, what = dispatch(request, **facts), _told(request)
            if what and answer.status < 300:
                self._done[what] = asyncio.get_running_loop().time()
            elif what and self._is_late(what):
                self._found.append(f"{what} is told again: {answer.body.decode()}")
            return answer

        return watched

    def _is_late(self, what: str) -> bool:
        """Whether its sender began after it was done, and no page that it looked at was moved by a fault."""
        sending, moved = SENDING.get(), any(rule.kind == "shifting_page" for rule in self._sandbox.faults.rules)
        return sending is not None and not moved and sending.life.born > self._done.get(what, sending.life.born)


def _told(request: Request) -> str:
    """The order or the claim that a request is about; empty for others."""
    path = urlsplit(request.url).path
    if path.endswith("/create_orders/"):
        number = _NUMBER.search(request.body or b"")
        return f"order {number[1].decode()}" if number else ""
    decision = _DECISION.fullmatch(path)
    return f"decision {decision[1]}" if decision else ""
