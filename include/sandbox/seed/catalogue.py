"""The catalogue in the hub, and the share of it that is already on sale at the market."""

import random
import uuid
from datetime import timedelta

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row
from include.sandbox.seed.assortment import COLOURS, Article, articles
from include.sandbox.timeline import micro


def add_article(hub: Omnitron, article: Article, stock: int) -> Row:
    """Product, catalog item, price, stock and image of one article."""
    product = hub.create("product", _product(article))
    pk = product["pk"]
    catalog = hub.catalog["pk"]
    hub.catalog_items.add(
        {
            "product": pk,
            "catalog": catalog,
            "created_date": product["created_date"],
            "modified_date": product["modified_date"],
        }
    )
    hub.feeds.refresh("product", pk)
    _add_price(hub, pk, article)
    hub.create(
        "productstock",
        {
            "product": pk,
            "stock": stock,
            "stock_list": hub.catalog["stock_list"],
            "unit_type": "qty",
            "sold_quantity_unreported": 0,
            "adjusted_stock": None,
            "extra_field": {},
        },
    )
    url = f"https://img.example.com/{article.base_code.lower()}-{article.colour.lower()}-1.jpg"
    image = hub.create("productimage", {"product": pk, "image": url, "status": "active", "order": 1})
    product["productimage_set"] = [{"pk": image["pk"], "status": "active", "image": url}]
    return product


def _product(article: Article) -> Row:
    return {
        "name": article.name,
        "base_code": article.base_code,
        "sku": article.sku,
        "product_type": "0",
        "is_active": True,
        "parent": None,
        "attributes": {"renk": COLOURS[article.colour], "beden": article.size, "kategori": article.category},
        "localized_attributes": {},
        "attribute_set": None,
        "listing_code": None,
        "productimage_set": [],
        "productization_date": None,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, article.sku)),
    }


def _add_price(hub: Omnitron, pk: int, article: Article) -> None:
    hub.create(
        "productprice",
        {
            "product": pk,
            "price_list": hub.catalog["price_list"],
            "price": f"{article.price:.2f}",
            "retail_price": f"{article.retail_price:.2f}",
            "tax_rate": "10.00",
            "currency_type": "try",
            "price_type": "default",
            "discount_percentage": None,
            "extra_field": {},
            "modifier_collection": None,
            "adjusted_price": None,
        },
    )


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
            "attributes": {"COLOR": article.colour, "SIZE": article.size},
            "images": [entry["image"] for entry in product["productimage_set"]],
            "videos": [],
            "is_approved": True,
            **dates,
        }
    )
    prices = {"price": article.price, "retail_price": article.retail_price, "currency": "TRY"}
    market.offers.add({"sku": article.sku, "stock": sent, **prices, "is_active": True, **dates})
    models = ["product", "productprice", "productimage"] + (["productstock"] if stock_sent else [])
    for model in models:
        rows = [product] if model == "product" else hub.tables[model].find("product", product["pk"])
        for row in rows:
            agree(hub, model, row, article.sku)


def agree(hub: Omnitron, model: str, row: Row, remote_id: str) -> None:
    """A successful action for this version of the object."""
    action = hub.actions.create(model, row["pk"], hub.now())
    hub.actions.set_remote(action, remote_id)
    action.status, action.agreed, action.version_date = "success", True, row["modified_date"]
    hub.feeds.refresh(model, row["pk"])


def seed_catalogue(hub: Omnitron, market: Fashfed, rng: random.Random, size: int) -> None:
    """``size`` SKUs: of 25, one was never sent and one is on sale whose stock never went; the rest is on sale.

    Of those about one in twenty has a newer stock waiting.
    """
    before = micro(hub.timeline.now() - timedelta(days=30))
    source = articles(rng)
    for place, article in zip(range(size), source, strict=False):
        product = add_article(hub, article, rng.choice((0, 1, 2, 3, 4, 5, 8, 12, 20, 40, 75)))
        product["created_date"] = before
        share = place % 25
        if share < 24:
            list_on_market(hub, market, product, article, stock_sent=share > 0)
    for stock in list(hub.stocks.rows.values()):
        if hub.actions.get("productstock", stock["pk"]) and rng.random() < 0.05:
            hub.touch("productstock", stock, stock=max(0, stock["stock"] + rng.choice((-8, -3, -1, 2, 5, 12))))
