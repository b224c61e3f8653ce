"""The catalogue as one table, and the eight figures of it (reference/flows.md section 6.1; spec section 7.1).

C is what is in the channel's catalogue, simple and active (``in_catalog``); M what we sent and whose offer is active at
Fashfed (``on_sale``); E what of C has a price, stock, a category and an image (``saleable``). A SKU that is sold out
stays on sale with a stock of 0, else its stock could never differ.
"""

from collections.abc import Collection
from typing import Any

import pandas as pd

from include.flows.operations.product_sides import Sides

KINDS = ("price", "stock")


def joined(sides: Sides, buffer: int) -> pd.DataFrame:
    """One row a SKU that is in the catalogue or on sale; the index is the SKU, ``key`` what Fashfed calls it."""
    table = sides.products.merge(sides.actions, how="outer", on="pk")
    table["listed"] = table["sku"].notna()
    table["key"] = table["remote_id"].fillna(table["sku"])
    table["sku"] = table["sku"].fillna(table["remote_id"])
    table = table[table["sku"].notna()].rename(columns={"active": "is_active"})
    for part in (sides.prices, sides.stocks, sides.places):
        table = table.merge(part, how="left", on="pk")
    table = table.merge(sides.offers, how="left", on="key")
    table["offered"] = table["active"].notna()
    for name in ("is_active", "pictured", "processing", "active"):
        table[name] = table[name].astype("boolean").fillna(False).astype(bool)
    table["places"] = table["places"].fillna(0).astype("int64")
    in_items = table["pk"].isin(list(sides.items)) if sides.items is not None else True
    table["in_catalog"] = table["listed"] & table["is_active"] & in_items
    table["on_sale"] = table["remote_id"].notna() & table["active"]
    table["saleable"] = (
        table["in_catalog"]
        & (table["hub_price"] > 0).fillna(False).astype(bool)
        & (table["hub_stock"] > 0).fillna(False).astype(bool)
        & (table["places"] > 0)
        & table["pictured"]
    )
    table["due_stock"] = (table["hub_stock"] - buffer).clip(lower=0)
    table["in_flight"] = False
    # a product that was deleted and made anew leaves its action behind
    table = table.sort_values("in_catalog", ascending=False).drop_duplicates("sku")
    return table[table["in_catalog"] | table["on_sale"]].set_index("sku", drop=False).sort_index()


def mark(table: pd.DataFrame, on_the_way: Collection[str]) -> None:
    """Note what is in flight, by what Fashfed calls it, and what differs."""
    table["in_flight"] = table["processing"] | table["key"].isin(list(on_the_way))
    for kind, here, there in (("price", "hub_price", "market_price"), ("stock", "due_stock", "market_stock")):
        comparable = table["in_catalog"] & table["on_sale"] & table[here].notna() & table[there].notna()
        table[f"{kind}_comparable"] = comparable
        differs = (table[here] != table[there]).fillna(False).astype(bool)
        table[f"{kind}_differs"] = comparable & differs & ~table["in_flight"]


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """The eight figures."""
    catalog, on_sale = table["in_catalog"], table["on_sale"]
    return {
        "catalog_skus": int(catalog.sum()),
        "on_sale_skus": int(on_sale.sum()),
        "sku_difference": int((table["saleable"] & ~on_sale).sum()),
        "price_differences": int(table["price_differs"].sum()),
        "catalog_stock": int(table.loc[catalog, "hub_stock"].sum()),
        "on_sale_stock": int(table.loc[on_sale, "market_stock"].sum()),
        "stock_difference": int(table.loc[catalog & ~on_sale, "hub_stock"].sum()),
        "stock_differences": int(table["stock_differs"].sum()),
    }
