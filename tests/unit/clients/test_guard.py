import socket

import pytest
from aiohttp.abc import AbstractResolver

from include.clients.aiohttp_transport import AiohttpTransport
from include.clients.guard import PublicResolver, check_literal, is_public
from include.clients.transport import Request
from include.errors import ConfigurationError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_private_and_local_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(address)


def test_a_private_address_in_a_setting_is_refused_and_the_setting_named():
    with pytest.raises(ConfigurationError) as caught:
        check_literal("169.254.169.254", "Base URL")
    assert caught.value.code == "private_host"
    assert "Base URL" in str(caught.value)
    check_literal("8.8.8.8", "Base URL")
    check_literal("omnitron.example", "Base URL")


class Names(AbstractResolver):
    """Resolves every name to the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in self.addresses
        ]

    async def close(self):
        pass


async def test_a_name_with_any_private_address_is_refused():
    with pytest.raises(ConfigurationError):
        await PublicResolver("Base URL", Names("8.8.8.8", "10.0.0.1")).resolve("sneaky.example")
    found = await PublicResolver("Base URL", Names("8.8.8.8")).resolve("fine.example")
    assert [one["host"] for one in found] == ["8.8.8.8"]


@pytest.mark.parametrize("url", ["http://rebound.example/x/", "http://127.0.0.1:9/x/", "http://[::1]:9/x/"])
async def test_the_transport_connects_to_no_private_address(url):
    transport = AiohttpTransport(where="Base URL", resolver=Names("127.0.0.1"))
    try:
        with pytest.raises(ConfigurationError):
            await transport.send(Request("GET", url))
    finally:
        await transport.close()
