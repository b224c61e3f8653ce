"""Resources that are plain rows, described as data; ``resources`` makes calls of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from include.sandbox.fields import Field, Schema, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row

_READ = "GET"
_ALL = "GET POST PATCH DELETE"


@dataclass(frozen=True)
class Resource:
    """``unique``: fields that may occur together only once. ``virtual``: filters that are not columns."""

    path: str
    table: str
    filters: tuple[str, ...] = ()
    methods: str = _READ
    schema: Schema = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    virtual: Callable[[Omnitron], Mapping[str, Callable[[Row], object]]] = lambda hub: {}
    model: str = ""


def _located(level: str) -> Callable[[Omnitron], Mapping[str, Callable[[Row], object]]]:
    def virtual(hub: Omnitron) -> Mapping[str, Callable[[Row], object]]:
        return {
            "mapping__code": lambda row: [code for code, _ in hub.location_codes[level].get(row["pk"], ())],
            "mapping__integration_type": lambda row: [kind for _, kind in hub.location_codes[level].get(row["pk"], ())],
            "country": lambda row: row["country"] if "country" in row else hub.cities.rows[row["city"]]["country"],
        }

    return virtual


_MAPPING = ("mapping__code__exact", "mapping__integration_type", "is_active")
_NAMES = ("name", "name__exact", "name__iexact")
_ROWS = ("product", "product__pk__in", "pk__in")
_INTEGER = Field("integer")
_JSON = Field("json", default={})
_CHANNEL_FIELD = Field("integer", required=True)
_FLAGS = {
    name: Field("boolean", default=False)
    for name in ("is_required", "is_variant", "is_custom", "is_image_attribute", "is_meta")
}

RESOURCES = (
    Resource("price_lists", "price_lists"),
    Resource("stock_lists", "stock_lists"),
    Resource("retail_stores", "retail_stores", ("erp_code",)),
    Resource(
        "products",
        "products",
        (
            *("pk__in", "sku", "sku__in", "name", "base_code", "is_active", "parent", "attribute_set", "product_type"),
            *("listing_code", "uuid", "attributes__*", "created_date__gt", "modified_date__gt", "modified_date__lt"),
        ),
    ),
    Resource("product_prices", "prices", (*_ROWS, "price_list", "currency_type", "price", "retail_price", "tax_rate")),
    Resource("product_stocks", "stocks", (*_ROWS, "stock_list", "stock", "unit_type", "sold_quantity_unreported")),
    Resource("extra_product_prices", "prices", (*_ROWS, "price_list")),
    Resource("extra_product_stocks", "stocks", (*_ROWS, "stock_list")),
    Resource("product_images", "images", (*_ROWS, "id__in")),
    Resource("countries", "countries", ("code__exact", "name__exact", *_MAPPING), virtual=_located("country")),
    Resource("cities", "cities", (*_NAMES, "country", *_MAPPING), virtual=_located("city")),
    Resource("townships", "townships", (*_NAMES, "country", "city", *_MAPPING), virtual=_located("township")),
    Resource(
        "districts", "districts", (*_NAMES, "country", "city", "township", *_MAPPING), virtual=_located("district")
    ),
    Resource("cargos", "cargos", ("erp_code", "erp_code__exact", "name", "shipping_company")),
    Resource(
        "cancellation_reasons", "cancellation_reasons", ("cancellation_type", "is_active", "is_active__exact", "pk__in")
    ),
    Resource(
        "attribute_sets",
        "attribute_sets",
        ("remote_id__exact", "remote_id", "name__exact", "channel"),
        _ALL,
        {"name": text(255, required=True), "remote_id": text(255), "channel": _CHANNEL_FIELD},
        unique=("name",),
    ),
    Resource(
        "attribute_set_configs",
        "attribute_set_configs",
        ("attribute_set", "object_id", "content_type__model", "content_type__model__exact"),
        _ALL,
        {
            "attribute_set": reference("attribute_sets", required=True),
            "object_id": _INTEGER,
            "content_type": text(required=True),
        },
        unique=("attribute_set", "object_id", "content_type"),
        virtual=lambda hub: {"content_type__model": lambda row: row["content_type"]},
    ),
    Resource(
        "attributes",
        "attributes",
        ("name__exact", "name", "channel", "pk__in"),
        _ALL,
        {"name": text(255, required=True), "channel": _CHANNEL_FIELD, "locale_attribute_schema": _INTEGER},
        unique=("name",),
        model="marketplaceattribute",
    ),
    Resource(
        "attribute_schemas",
        "attribute_schemas",
        ("name__exact", "name", "channel"),
        _ALL,
        {"name": text(255, required=True), "schema": _JSON, "channel": _CHANNEL_FIELD},
        unique=("name",),
    ),
    Resource(
        "attribute_configs",
        "attribute_configs",
        ("attribute_set", "attribute"),
        _ALL,
        {
            "attribute_set": reference("attribute_sets", required=True),
            "attribute": reference("attributes", required=True),
            "attribute_remote_id": text(255),
            "locale_attribute_schema": _INTEGER,
            **_FLAGS,
        },
        unique=("attribute_set", "attribute"),
    ),
    Resource(
        "attribute_values",
        "attribute_values",
        ("attribute", "label__exact", "value__exact", "pk__in"),
        _ALL,
        {
            "channel": _INTEGER,
            "attribute": reference("attributes", required=True),
            "label": text(255, required=True),
            "value": text(255, required=True),
        },
        unique=("attribute", "value"),
        model="marketplaceattributevalue",
    ),
    Resource(
        "attribute_value_configs",
        "attribute_value_configs",
        ("attribute_set", "attribute_value"),
        _ALL,
        {
            "attribute_set": reference("attribute_sets", required=True),
            "attribute_value": reference("attribute_values", required=True),
        },
        unique=("attribute_set", "attribute_value"),
    ),
    Resource(
        "operational_events",
        "operational_events",
        ("event_type", "level"),
        "GET POST",
        {
            **{name: text(required=True) for name in ("event_type", "level", "source", "message")},
            **dict.fromkeys(("context", "tags", "raw_data"), _JSON),
            **{name: text() for name in ("action_content_type", "trace_id", "span_id", "parent_span_id")},
            "action_object_id": _INTEGER,
        },
    ),
)
