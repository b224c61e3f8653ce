"""Feeds over HTTP, and what is in the catalog that feeds them (api/omnitron.md sections 2 and 3.2)."""

from typing import Any

from include.sandbox.fields import Field, clean, reference
from include.sandbox.omnitron.feeds import read_due
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Handler, Reply, Route, invalid, not_found
from include.sandbox.tables import PAGING, envelope, ordered, paged, select, window

_CHANNEL = "/api/v1/channel/{channel_id}/"
KINDS = {"inserts": ("inserts",), "updates": ("updates",), "inserts_or_updates": ("inserts", "updates")}


def feed(model: str, kind: str, *, list_field: str | None = None) -> Handler:
    """A feed handler. ``list_field``: the query name that picks the list; without it the catalog's own is served."""

    def handler(hub: Omnitron, call: Call) -> Reply:
        hub.feeds.release_due()
        page, limit, offset = window(call)
        partitions = _partitions(hub, call, model, list_field)
        sets = [hub.feeds.due(model, partition, name) for partition in partitions for name in KINDS[kind]]
        sort = call.one("sort") or "pk"
        sort = sort.replace("id", "pk") if sort in ("id", "-id") else sort
        rows = read_due(sets, sort, max(0, offset) + limit)[max(0, offset) :]
        count = sum(len(due.members) for due in sets)
        call.ignored.extend(name for name in call.query if name not in (*PAGING, "product_type", list_field))
        return envelope(call, count, rows, page, more=offset + limit < count)

    return handler


def _partitions(hub: Omnitron, call: Call, model: str, list_field: str | None) -> list[Any]:
    if list_field:
        chosen = call.one(list_field)
        return [int(chosen)] if chosen and chosen.isdecimal() else hub.feeds.partitions(model)
    if model == "productstock":
        return [hub.catalog["stock_list"]]
    if model == "productprice":
        return [hub.catalog["price_list"]]
    if model == "product":
        chosen = call.one("product_type")
        return [chosen] if chosen else hub.feeds.partitions(model)
    return [None]


def list_catalog_items(hub: Omnitron, call: Call) -> Reply:
    return paged(call, ordered(select(hub.catalog_items, call, ("product", "catalog")), call, "pk"))


def add_catalog_item(hub: Omnitron, call: Call) -> Reply:
    schema = {"product": reference("products", required=True), "catalog": Field("integer", required=True)}
    data = clean(schema, call.data(), hub)
    if hub.catalog_items.find("product", data["product"]):
        raise invalid(non_field_errors="The fields product, catalog must make a unique set.")
    stamp = hub.now()
    item = hub.catalog_items.add({**data, "created_date": stamp, "modified_date": stamp})
    hub.refresh_product(hub.products.rows[data["product"]])
    return Reply(201, item)


def remove_catalog_item(hub: Omnitron, call: Call) -> Reply:
    item = hub.catalog_items.rows.get(call.key())
    if item is None:
        raise not_found()
    hub.catalog_items.remove(item)
    hub.refresh_product(hub.products.rows[item["product"]])
    return Reply(204)


_FEEDS: tuple[tuple[str, str, str | None], ...] = (
    ("products", "product", None),
    ("product_prices", "productprice", None),
    ("product_stocks", "productstock", None),
    ("product_images", "productimage", None),
    ("extra_product_prices", "productprice", "price_list"),
    ("extra_product_stocks", "productstock", "stock_list"),
)
ROUTES: list[Route] = [
    *(
        ("GET", f"{_CHANNEL}{path}/{kind}/", feed(model, kind, list_field=list_field))
        for path, model, list_field in _FEEDS
        for kind in KINDS
    ),
    ("GET", _CHANNEL + "orders/updates/", feed("order", "updates")),
    ("GET", "/api/v1/catalog_items/", list_catalog_items),
    ("POST", "/api/v1/catalog_items/", add_catalog_item),
    ("DELETE", "/api/v1/catalog_items/{id}/", remove_catalog_item),
]
