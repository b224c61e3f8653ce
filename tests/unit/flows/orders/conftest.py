"""A shop with nothing sold yet."""

import pytest

from tests.unit.flows.orders.shop import Shop
from tests.worldkit import Kit


@pytest.fixture
def shop(kit: Kit) -> Shop:
    """A small sandbox and a deployment of ours, both at work and without a package."""
    return Shop(kit)
