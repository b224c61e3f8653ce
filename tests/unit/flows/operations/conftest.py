"""A few SKUs of the seeded sandbox."""

import pytest

from tests.unit.flows.operations.worklist import product_of
from tests.worldkit import Kit


@pytest.fixture
def sold(kit: Kit) -> list[str]:
    """SKUs that Fashfed has."""
    return kit.sandbox.skus_on_sale()


@pytest.fixture
def unsent(kit: Kit) -> str:
    """A SKU that Fashfed has never been given."""
    hub = kit.sandbox.omnitron
    skus = [row["sku"] for row in hub.products.rows.values()]
    return next(sku for sku in skus if hub.actions.get("product", product_of(kit, sku)) is None)
