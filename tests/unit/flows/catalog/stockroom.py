"""What the tests of ``stock`` look at."""

from typing import Any

from tests.worldkit import Kit

STOCKS = "/offers/stocks/"


def sent_values(kit: Kit) -> list[tuple[str, int]]:
    """(SKU, stock) as they went to Fashfed, in order."""
    return [(item["sku"], item["stock"]) for body in kit.wire.bodies("POST", STOCKS) for item in body["items"]]


def on_sale(kit: Kit, sku: str) -> int:
    """What the market offers of a SKU."""
    stock: int = kit.sandbox.fashfed.offers.rows[sku]["stock"]
    return stock


def penalised(kit: Kit) -> set[str]:
    """SKUs whose stock is under a penalty in the hub."""
    hub = kit.sandbox.omnitron
    rows: list[dict[str, Any]] = [row for row in hub.penalties.table.rows.values() if row["is_active"]]
    return {hub.products.rows[hub.stocks.rows[row["object_id"]]["product"]]["sku"] for row in rows}


def batch_states(kit: Kit) -> list[str]:
    """The states of the hub's batches, oldest first."""
    return [batch["status"] for batch in kit.sandbox.omnitron.batches.rows.values()]
