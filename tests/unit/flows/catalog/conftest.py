"""A deployment that has done its first work."""

import pytest

from tests.unit.flows.catalog.shelf import drawn_kit
from tests.worldkit import Kit


@pytest.fixture
async def settled(kit: Kit) -> Kit:
    """A kit whose market agrees with the hub, with nothing waiting, and a wire that has forgotten how that came."""
    await kit.run("stock")
    await kit.run("stock")
    assert kit.sandbox.stock_differences() == []
    kit.wire.requests.clear()
    return kit


@pytest.fixture
async def drawn() -> Kit:
    """A kit whose tree and attributes are drawn and mapped, with nothing at Fashfed yet."""
    return await drawn_kit()


@pytest.fixture
async def listed(drawn: Kit) -> Kit:
    """A kit all of whose products are on Fashfed, and a wire that has forgotten how that came."""
    await drawn.run("product")
    assert drawn.sandbox.product_differences() == []
    drawn.wire.requests.clear()
    return drawn
