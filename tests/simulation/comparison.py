"""What Dashboard Comparison must have found, worked out from outside."""

from decimal import Decimal
from typing import Any

from include.sandbox import Sandbox
from include.state.memory import MemoryDatabase
from include.state.store import SkuState
from tests.simulation.invariants import Broken
from tests.worldkit import CHANNEL

Row = dict[str, Any]


def comparison_is_right(sandbox: Sandbox, database: MemoryDatabase) -> None:
    """After a comparison of a world at rest: its figures and states say what is there."""
    found = database.comparisons[CHANNEL, "products"][-1].figures
    states = database.sku_states[CHANNEL]
    wanted = _figures(sandbox, states)
    told = {name: found[name] for name in wanted}
    if told != wanted:
        raise Broken(f"the figures are {told}, not {wanted}")
    unexplained = [
        row.sku
        for row in states.values()
        if row.code is None and (row.price_differs or row.stock_differs or row.in_catalog != row.on_sale)
    ]
    if unexplained:
        raise Broken(f"nobody is told why {unexplained} are not as they should be")


def _figures(sandbox: Sandbox, states: dict[str, SkuState]) -> dict[str, int]:
    hub, market = sandbox.omnitron, sandbox.fashfed
    buffer = int(hub.channel["conf"].get("buffer_stock") or 0)
    names = ("catalog_skus", "on_sale_skus", "sku_difference", "price_differences")
    figures = dict.fromkeys((*names, "catalog_stock", "on_sale_stock", "stock_difference", "stock_differences"), 0)
    for product in hub.products.rows.values():
        action = hub.actions.get("product", product["pk"])
        offer: Row = market.offers.rows.get(action.remote_id or "") or {} if action else {}
        price, stock = (sandbox.brand.row(model, product["sku"]) or {} for model in ("productprice", "productstock"))
        in_catalog = hub.in_catalog("product", product) and product["is_active"]
        on_sale = bool(offer and offer["is_active"])
        pieces = stock.get("stock", 0)
        figures["catalog_skus"] += in_catalog
        figures["on_sale_skus"] += on_sale
        figures["catalog_stock"] += in_catalog * pieces
        figures["on_sale_stock"] += offer["stock"] if on_sale else 0
        if in_catalog and not on_sale:
            placed = hub.product_categories.find("product", product["pk"])
            whole = price and Decimal(price["price"]) > 0 and pieces > 0 and placed and product["productimage_set"]
            figures["sku_difference"] += bool(whole)
            figures["stock_difference"] += pieces
        elif in_catalog and not states[product["sku"]].in_flight:
            differs = price and round(Decimal(price["price"]), 2) != round(Decimal(str(offer["price"])), 2)
            figures["price_differences"] += bool(differs)
            figures["stock_differences"] += bool(stock) and max(0, pieces - buffer) != offer["stock"]
    return figures
