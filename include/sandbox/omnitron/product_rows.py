"""The rows that make a product saleable: catalog item, price, stock and image."""

from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row

# One object for all rows; nothing changes it in place.
_NOTHING: Row = {}
_PRICE: Row = {
    "tax_rate": "10.00",
    "currency_type": "try",
    "price_type": "default",
    "discount_percentage": None,
    "extra_field": _NOTHING,
    "modifier_collection": None,
    "adjusted_price": None,
}
_STOCK: Row = {"unit_type": "qty", "sold_quantity_unreported": 0, "adjusted_stock": None, "extra_field": _NOTHING}


def add_catalog_item(hub: Omnitron, product: int) -> Row:
    """The product enters the channel's catalog; the feeds learn it from ``hub.refresh_product``."""
    stamp = hub.now()
    facts = {"product": product, "catalog": hub.catalog["pk"]}
    return hub.catalog_items.add({**facts, "created_date": stamp, "modified_date": stamp})


def add_price(hub: Omnitron, product: int, price: str, retail_price: str) -> Row:
    """A price on the channel's list."""
    prices = {"price_list": hub.catalog["price_list"], "price": price, "retail_price": retail_price}
    return hub.create("productprice", {"product": product, **prices, **_PRICE})


def add_stock(hub: Omnitron, product: int, stock: int) -> Row:
    """A stock on the channel's list."""
    facts = {"stock": stock, "stock_list": hub.catalog["stock_list"]}
    return hub.create("productstock", {"product": product, **facts, **_STOCK})


def add_image(hub: Omnitron, product: Row, url: str) -> Row:
    """A picture, shown in the product's own row as well."""
    facts = {"product": product["pk"], "image": url, "status": "active", "order": len(product["productimage_set"]) + 1}
    image = hub.create("productimage", facts)
    product["productimage_set"] = [
        *product["productimage_set"],
        {"pk": image["pk"], "status": "active", "image": url},
    ]
    return image
