"""Addresses from settings must not reach into the deployment's own network (design.md section 10)."""

import ipaddress
import socket
from collections.abc import Iterable

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from include.errors import ConfigurationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet; text that is no address is not."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, *_embedded(address)))


def _embedded(address: Address) -> Iterable[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    tunnelled = address.teredo[1] if address.teredo else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, tunnelled, nat64) if one]


def check_literal(host: str, where: str) -> None:
    """Refuse a host that is itself a private address; names are checked when they are resolved.

    ``where`` says which setting the host comes from. Raises ``ConfigurationError`` (``private_host``).
    """
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_public(host):
        raise ConfigurationError("private_host", where=where, host=host)


class PublicResolver(AbstractResolver):
    """Resolves names for the connection that is then made, so there is no second look-up that could differ."""

    def __init__(self, where: str, inner: AbstractResolver | None = None) -> None:
        self._where = where
        self._inner = inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's addresses; ``ConfigurationError`` (``private_host``) when any of them is not public."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise ConfigurationError("private_host", where=self._where, host=host)
        return found

    async def close(self) -> None:
        """Let go of the inner resolver."""
        await self._inner.close()
