"""A deployment that has done its first work."""

import pytest

from tests.worldkit import Kit


@pytest.fixture
async def settled(kit: Kit) -> Kit:
    """A kit whose market agrees with the hub, with nothing waiting, and a wire that has forgotten how that came."""
    await kit.run("stock")
    await kit.run("stock")
    assert kit.sandbox.stock_differences() == []
    kit.wire.requests.clear()
    return kit
