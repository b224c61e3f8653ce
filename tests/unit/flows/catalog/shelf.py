"""What the tests of ``product``, ``price`` and ``delete_product`` look at."""

from typing import Any

from include.sandbox.brand import Brand
from include.sandbox.merchant import Merchant
from tests.worldkit import Kit

SETUP = ("category_node", "category_attributes", "default_attributes")


async def drawn_kit(*, size: int = 30, **facts: Any) -> Kit:
    """A kit whose tree and attributes are drawn and mapped, with nothing at Fashfed yet."""
    kit = Kit.made(size=size, on_sale=0, **facts)
    kit.conf["feature_flags"] |= {"product": True, "price": True, "delete_product": True}
    for flow in SETUP:
        await kit.run(flow)
        Merchant(kit.sandbox).work()
    kit.wire.requests.clear()
    return kit


def brand(kit: Kit) -> Brand:
    """The brand's hands in Omnitron."""
    return Brand(kit.sandbox.omnitron)


def skus(kit: Kit) -> list[str]:
    """All SKUs of the hub."""
    return [row["sku"] for row in kit.sandbox.omnitron.products.rows.values()]


def suggested(kit: Kit) -> list[dict[str, Any]]:
    """What was suggested, in order."""
    return [item for body in kit.wire.bodies("POST", "/products/batch/") for item in body["items"]]


def offer(kit: Kit, sku: str) -> dict[str, Any]:
    """The market's offer of a SKU."""
    kit.sandbox.settle()
    found: dict[str, Any] = kit.sandbox.fashfed.offers.rows[sku]
    return found


def action(kit: Kit, model: str, sku: str) -> Any:
    """The integration action of a SKU's product, price, stock or first image."""
    hub = kit.sandbox.omnitron
    pk = hub.products.find("sku", sku)[0]["pk"]
    return hub.actions.get(model, pk if model == "product" else hub.tables[model].find("product", pk)[0]["pk"])


def penalties(kit: Kit, model: str) -> set[int]:
    """Objects of a model under a penalty."""
    hub = kit.sandbox.omnitron
    rows = [row for row in hub.penalties.table.rows.values() if row["is_active"]]
    return {row["object_id"] for row in rows if hub.type_model(row["content_type"]) == model}


async def told(kit: Kit, flow: str) -> dict[str, str]:
    """What operators read about single records, by SKU."""
    return {row.key: row.message for row in await kit.store().log_entries("default", flow, 500) if not row.ok}
