"""Categories, products, offers and the batch calls (api/fashfed.md section 4)."""

from typing import TYPE_CHECKING, Any

from include.sandbox.fashfed.category_book import find_category
from include.sandbox.fields import Field, check, text
from include.sandbox.routing import Call, Handler, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select
from include.sandbox.timeline import milli, parse

if TYPE_CHECKING:
    from include.sandbox.fashfed.market import Fashfed

LARGEST_PAGE = 100
LARGEST_BATCH = 50
CURRENCIES = frozenset(
    [
        "TRY",
        "USD",
        "EUR",
        "EGP",
        "GBP",
        "MAD",
        "PLN",
        "SAR",
        "RON",
        "UAH",
        "CZK",
        "HUF",
        "RUB",
        "BGN",
        "IQD",
        "KWD",
        "BHD",
        "OMR",
        "QAR",
        "AED",
        "NGN",
    ]
)
_AMOUNT = Field("number")
_STOCK = {"sku": text(255, required=True), "stock": Field("count", required=True)}
_PRICE = {
    "sku": text(255, required=True),
    "price": Field("number", required=True),
    "retail_price": _AMOUNT,
    "currency": Field(choices=CURRENCIES),
    "tax_rate": _AMOUNT,
}
_OFFER = {**{name: field for name, field in _PRICE.items() if name != "sku"}, "stock": _STOCK["stock"]}
_SUGGESTION = {
    **{name: text(255, required=True) for name in ("sku", "base_code", "name", "category")},
    **{name: Field("json", required=True) for name in ("attributes", "images", "offer")},
    "videos": Field("json", default=[]),
}


def dates(*names: str, bounds: tuple[str, ...] = ("", "__gte", "__lte")) -> tuple[str, ...]:
    return tuple(f"{name}{bound}" for name in names for bound in bounds)


def moments(call: Call) -> None:
    """Bring date filters into the stored form; refuse what is no date."""
    for name, values in call.query.items():
        if name.startswith(("updated_at", "created_at")):
            try:
                call.query[name] = [milli(parse(value)) for value in values]
            except ValueError:
                raise invalid(**{name: "Enter a valid date/time."}) from None


def list_categories(market: "Fashfed", call: Call) -> Reply:
    return Reply(200, market.categories)


def list_attributes(market: "Fashfed", call: Call) -> Reply:
    if find_category(market.categories, call.params["id"]) is None:
        raise not_found()
    return Reply(200, market.attributes.get(call.params["id"], []))


def attribute_errors(definitions: list[Row], values: Row) -> Row:
    """Missing required attributes and values outside the allowed ones."""
    errors: Row = {}
    for definition in definitions:
        key, allowed = definition["key"], {value["value"] for value in definition["values"]}
        if values.get(key) in (None, ""):
            if definition["is_required"]:
                errors[key] = ["This attribute is required."]
        elif allowed and str(values[key]) not in allowed:
            errors[key] = [f'"{values[key]}" is not a valid choice.']
    return errors


def list_products(market: "Fashfed", call: Call) -> Reply:
    moments(call)
    texts = ("name", "base_code", "sku")
    filters = (
        *(f"{name}{operator}" for name in texts for operator in ("", "__contains", "__icontains")),
        *("category", "category__in", "attribute__*", "is_approved"),
        *dates("updated_at", "created_at"),
    )
    # attribute__KEY lies in the attributes of the row.
    for name in [name for name in call.query if name.startswith("attribute__")]:
        call.query[f"attributes{name.removeprefix('attribute')}"] = call.query.pop(name)
    rows = select(market.products, call, (*filters, "attributes__*"))
    return paged(call, ordered(rows, call, "id"), largest=LARGEST_PAGE)


def search_products(market: "Fashfed", call: Call) -> Reply:
    query = call.one("query")
    if not query:
        raise invalid(query="This field is required.")
    wanted = query.upper()
    shown = ("id", "name", "base_code", "sku", "category", "attributes", "images", "videos", "updated_at", "created_at")
    rows = [
        {name: row[name] for name in shown}
        for row in market.products.rows.values()
        if any(wanted in row[name].upper() for name in ("name", "base_code", "sku"))
    ]
    return paged(call, rows, largest=LARGEST_PAGE)


def list_offers(market: "Fashfed", call: Call) -> Reply:
    moments(call)
    rows = select(market.offers, call, ("sku", "sku__in", *dates("updated_at")))
    return paged(call, ordered(rows, call, "sku"), largest=LARGEST_PAGE)


def submission(kind: str, schema: dict[str, Field]) -> Handler:
    """A batch call: the whole request is refused when one item is malformed; wrong values fail per item, later."""

    def handler(market: "Fashfed", call: Call) -> Reply:
        items = call.data().get("items")
        if not isinstance(items, list) or not items:
            raise invalid(items="This list may not be empty." if items == [] else "This field is required.")
        if len(items) > LARGEST_BATCH:
            raise invalid(items=f"Ensure this field has no more than {LARGEST_BATCH} elements.")
        checked = [_check(schema, item, market) for item in items]
        errors = [error for _, error in checked]
        if any(errors):
            raise Refusal(400, {"items": errors})
        batch = market.submit(kind, [item for item, _ in checked])
        return Reply(202, shown_batch(batch))

    return handler


def _check(schema: dict[str, Field], item: Any, market: "Fashfed") -> tuple[Row, Row]:
    if not isinstance(item, dict):
        return {}, {"non_field_errors": ["Invalid data. Expected a dictionary."]}
    data, errors = check(schema, item, market)
    if "offer" in data and not errors:
        if not data["images"]:
            errors["images"] = ["This list may not be empty."]
        data["offer"], offer_errors = check(_OFFER, data["offer"], market)
        if offer_errors:
            errors["offer"] = offer_errors
    return data, errors


def shown_batch(batch: Row) -> Row:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def get_batch(market: "Fashfed", call: Call) -> Reply:
    batch = market.batches.rows.get(call.params["id"])
    if batch is None or batch["_fate"] == "lost":
        raise not_found()
    return Reply(200, shown_batch(batch))


ROUTES: list[Route] = [
    ("GET", "/api/i2/categories/", list_categories),
    ("GET", "/api/i2/categories/{id}/attributes/", list_attributes),
    ("GET", "/api/i2/products/", list_products),
    ("GET", "/api/i2/products/search/", search_products),
    ("POST", "/api/i2/products/batch/", submission("product", _SUGGESTION)),
    ("GET", "/api/i2/offers/", list_offers),
    ("POST", "/api/i2/offers/prices/", submission("price", _PRICE)),
    ("POST", "/api/i2/offers/stocks/", submission("stock", _STOCK)),
    ("GET", "/api/i2/batches/{id}/", get_batch),
]
