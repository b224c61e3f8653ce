"""The catalogue in the hub, and the share of it that is already on sale at the market."""

import random
import sys
import uuid
from datetime import timedelta

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.product_rows import add_catalog_item, add_image, add_price, add_stock
from include.sandbox.routing import Row
from include.sandbox.seed.assortment import COLOURS, Article, articles, market_values, material_label
from include.sandbox.timeline import micro

_NOTHING: Row = {}  # one for all products: it is never changed in place


def add_article(hub: Omnitron, article: Article, stock: int) -> Row:
    """Product, catalog item, price, stock and image of one article."""
    product = hub.create("product", _product(article))
    pk = product["pk"]
    add_catalog_item(hub, pk)
    hub.feeds.refresh("product", pk)
    add_price(hub, pk, sys.intern(f"{article.price:.2f}"), sys.intern(f"{article.retail_price:.2f}"))
    add_stock(hub, pk, stock)
    add_image(hub, product, f"https://img.example.com/{article.base_code.lower()}-{article.colour.lower()}-1.jpg")
    return product


def _product(article: Article) -> Row:
    attributes = {"renk": COLOURS[article.colour], "beden": article.size, "kategori": article.category}
    if article.material:
        attributes["materyal"] = material_label(article.material)
    return {
        "name": article.name,
        "base_code": article.base_code,
        "sku": article.sku,
        "product_type": "0",
        "is_active": True,
        "parent": None,
        "attributes": attributes,
        "localized_attributes": _NOTHING,
        "attribute_set": None,
        "listing_code": None,
        "productimage_set": [],
        "productization_date": None,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, article.sku)),
    }


def list_on_market(hub: Omnitron, market: Fashfed, product: Row, article: Article, *, stock_sent: bool) -> None:
    """The product was sent earlier: offer at the market, actions in the hub (stock only when it has travelled)."""
    stock = hub.stocks.find("product", product["pk"])[0]
    sent = max(0, stock["stock"] - int(hub.channel["conf"]["buffer_stock"])) if stock_sent else 0
    stamp = market.now()
    dates = {"updated_at": stamp, "created_at": stamp}
    market.products.add(
        {
            "id": market.identity("product", article.sku),
            "name": article.name,
            "base_code": article.base_code,
            "sku": article.sku,
            "category": article.category,
            "attributes": market_values(market.attributes.get(article.category, []), article),
            "images": [entry["image"] for entry in product["productimage_set"]],
            "videos": [],
            "is_approved": True,
            "rejection_reason": None,
            **dates,
        }
    )
    prices = {"price": article.price, "retail_price": article.retail_price, "currency": "TRY", "tax_rate": 10.0}
    market.offers.add({"sku": article.sku, "stock": sent, **prices, "is_active": True, **dates})
    models = ["product", "productprice", "productimage"] + (["productstock"] if stock_sent else [])
    for model in models:
        rows = [product] if model == "product" else hub.tables[model].find("product", product["pk"])
        for row in rows:
            agree(hub, model, row, article.sku)


def agree(hub: Omnitron, model: str, row: Row, remote_id: str) -> None:
    """A successful action for this version of the object."""
    action = hub.actions.get(model, row["pk"]) or hub.actions.create(model, row["pk"], row["modified_date"])
    hub.actions.set_remote(action, remote_id)
    action.status, action.agreed, action.version_date = "success", True, row["modified_date"]
    hub.feeds.refresh(model, row["pk"])


def seed_catalogue(hub: Omnitron, market: Fashfed, rng: random.Random, size: int, on_sale: float) -> None:
    """``size`` SKUs. The share ``on_sale``, in steps of one in 25, was sent earlier; of 25 one without its stock.

    Of those with it about one in twenty has a newer stock waiting.
    """
    before = micro(hub.timeline.now() - timedelta(days=30))
    source = articles(rng)
    for place, article in zip(range(size), source, strict=False):
        product = add_article(hub, article, rng.choice((0, 1, 2, 3, 4, 5, 8, 12, 20, 40, 75)))
        product["created_date"] = before
        share = place % 25
        if share < round(on_sale * 25):
            list_on_market(hub, market, product, article, stock_sent=share > 0)
    for stock in list(hub.stocks.rows.values()):
        if hub.actions.get("productstock", stock["pk"]) and rng.random() < 0.05:
            hub.touch("productstock", stock, stock=max(0, stock["stock"] + rng.choice((-8, -3, -1, 2, 5, 12))))
