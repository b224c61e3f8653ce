"""The stand-ins behind the transport seam: no sockets, virtual time, the same faults as over HTTP."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from include.clients.transport import Request, Response, TransportError
from include.clock import Clock
from include.sandbox.faults import Faults, Lost, exchange
from include.sandbox.routing import App


class SandboxTransport:
    """Carries requests to the stand-in that the host names."""

    def __init__(self, apps: Mapping[str, App], faults: Faults, clock: Clock, urls: Mapping[str, str]) -> None:
        self._apps = apps
        self._faults = faults
        self._clock = clock
        self._hosts = {urlsplit(url).netloc: remote for remote, url in urls.items()}

    async def send(self, request: Request) -> Response:
        remote = self._hosts.get(urlsplit(request.url).netloc)
        if remote is None:
            raise TransportError("name not found", reached=False)
        answer = await exchange(remote, self._apps[remote], request, self._faults, self._clock)
        if isinstance(answer, Lost):
            if answer.hangs:
                await self._clock.sleep(request.timeout)
            raise TransportError(answer.reason, reached=answer.reached)
        return answer

    async def close(self) -> None:
        """Nothing is held open."""
