"""The production transport: pooled HTTP on aiohttp."""

from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from include.clients.guard import PublicResolver, check_literal
from include.clients.transport import Request, Response, TransportError

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer we are willing to hold."""
_CONNECT = 10.0
"""Seconds for a connection, waiting for a free one in the pool included."""
_KEEP_ALIVE = 15.0
"""Seconds an idle connection is kept: shorter than servers usually do, so that we rarely write into a closed one."""
_DNS_CACHE = 60
"""Seconds a resolved name is used again."""


class AiohttpTransport:
    """Keeps up to ``connections`` open connections. Redirects are answers, never followed.

    ``where`` names the setting that the host comes from; unless ``allow_private_hosts``, a host with a private
    address raises ``ConfigurationError`` (``private_host``).
    """

    def __init__(
        self,
        *,
        where: str,
        allow_private_hosts: bool = False,
        connections: int = 16,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._where = where
        self._allow_private = allow_private_hosts
        self._connections = connections
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def send(self, request: Request) -> Response:
        """Send one request within ``request.timeout`` seconds, connecting included."""
        url = URL(request.url + ("?" + urlencode(request.query) if request.query else ""), encoded=True)
        if not self._allow_private:
            check_literal(url.host or "", self._where)
        timeout = aiohttp.ClientTimeout(total=request.timeout, connect=min(_CONNECT, request.timeout))
        try:
            async with self._open().request(
                request.method,
                url,
                headers=request.headers,
                data=request.body,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                body = await _body(answer)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, headers, body)
        except aiohttp.ClientConnectorError as error:
            raise TransportError(f"no connection ({_words(error)})", reached=False) from None
        except aiohttp.ConnectionTimeoutError:
            raise TransportError("no connection in time", reached=False) from None
        except TimeoutError:
            raise TransportError(f"no answer within {request.timeout:g} s", reached=True) from None
        except aiohttp.InvalidURL:
            raise TransportError("its address is not a web address", reached=False) from None
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(f"the connection broke ({type(error).__name__})", reached=True) from None

    async def close(self) -> None:
        """Close all connections; none is made after that."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        """The session; made on first use because it belongs to the running loop."""
        if self._closed:
            raise RuntimeError("a request after the connections were closed")
        if self._session is None:
            resolver = self._resolver if self._allow_private else PublicResolver(self._where, self._resolver)
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                ttl_dns_cache=_DNS_CACHE,
                keepalive_timeout=_KEEP_ALIVE,
                resolver=resolver,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "fashfed-connector"},
            )
        return self._session


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            raise TransportError(f"its answer is larger than {MAX_BODY // 2**20} MB", reached=True)
        chunks.append(chunk)
    return b"".join(chunks)


def _words(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name is not known"
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return "its certificate or TLS is not accepted"
    return error.os_error.strerror or type(error.os_error).__name__
