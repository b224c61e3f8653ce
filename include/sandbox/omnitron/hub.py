"""The state of the stand-in Omnitron: its tables and what every endpoint shares."""

from datetime import datetime
from typing import Any

from include.sandbox.omnitron.actions import Action, ActionBook
from include.sandbox.omnitron.feeds import Feeds
from include.sandbox.omnitron.penalties import Penalties
from include.sandbox.omnitron.value_texts import ValueTexts
from include.sandbox.routing import Row
from include.sandbox.tables import Table
from include.sandbox.timeline import Timeline

# Model -> application label; ids differ per installation, so ours start at an odd place.
CONTENT_TYPES = {
    "batchrequest": "integrations",
    "product": "products",
    "productprice": "search",
    "productstock": "search",
    "productimage": "products",
    "productcategory": "products",
    "order": "orders",
    "orderitem": "orders",
    "cancellationrequest": "orders",
    "integrationaction": "integrations",
    "channel": "channels",
    "categorytree": "catalogs",
    "categorynode": "catalogs",
    "marketplaceattributeset": "integrations",
    "marketplaceattributesetconfig": "integrations",
    "marketplaceattribute": "integrations",
    "marketplaceattributeschema": "integrations",
    "marketplaceattributevalue": "integrations",
    "marketplaceattributevalueconfig": "integrations",
}
_FIRST_TYPE_ID = 31


class Omnitron:
    """Tables of one Omnitron with one sales channel. Plain attributes, so that tests can read them."""

    insertable = frozenset(("product", "productprice", "productstock", "productimage"))

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.channel: Row = {}
        self.catalog: Row = {}
        self.users: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.tokens_issued = 0
        self.logins: list[datetime] = []
        self.location_reports: list[Row] = []
        # (Order item, its status before, after) of statuses that a client set back.
        self.backward_moves: list[tuple[int, str, str]] = []
        # An installation may lack the bulk calls for attributes, or the filter product__in of product categories.
        self.bulk_attributes = True
        self.bulk_categories = True
        # Products that left the catalog.
        self.departed: set[int] = set()
        # Products put into a category and rules filled once: what becomes of them since is the affair of people.
        self.merchandised: set[int] = set()
        self.ruled: set[int] = set()
        self._make_catalogue_tables()
        self._make_order_tables()
        self._make_mapper_tables()
        self.tables: dict[str, Table] = {
            "product": self.products,
            "productprice": self.prices,
            "productstock": self.stocks,
            "productimage": self.images,
            "order": self.orders,
            "orderitem": self.order_items,
            "cancellationrequest": self.cancellation_requests,
            "categorytree": self.category_trees,
            "categorynode": self.category_nodes,
            "marketplaceattribute": self.attributes,
            "marketplaceattributevalue": self.attribute_values,
        }
        self.actions = ActionBook()
        self.penalties = Penalties(self)
        self.feeds = Feeds(self)

    def _make_catalogue_tables(self) -> None:
        self.products = Table("sku", "base_code")
        self.prices = Table("product")
        self.stocks = Table("product")
        self.images = Table("product")
        self.catalog_items = Table("product")
        self.product_categories = Table("product", "category")
        self.price_lists = Table()
        self.stock_lists = Table()
        self.retail_stores = Table()
        self.batches = Table("status", "local_batch_id", keep=5000)
        self.error_reports = Table(key="id", keep=20_000)
        self.operational_events = Table(key="id", keep=20_000)

    def _make_order_tables(self) -> None:
        self.customers = Table("email", "channel_code")
        self.addresses = Table("hash_data", "customer")
        self.countries = Table("code", "name")
        self.cities = Table("country")
        self.townships = Table("city")
        self.districts = Table("township")
        # Level -> pk -> (code, integration type): what operators mapped by hand.
        self.location_codes: dict[str, dict[int, list[tuple[str, str]]]] = {
            level: {} for level in ("country", "city", "township", "district")
        }
        self.cargos = Table()
        self.orders = Table("number")
        self.order_items = Table("order")
        self.order_shipping_infos = Table("order")
        self.cancellation_reasons = Table()
        self.cancellation_requests = Table("order_item")
        self.cancellation_plans = Table("order", key="id")

    def _make_mapper_tables(self) -> None:
        self.category_trees = Table()
        self.category_nodes = Table("path")
        self.attribute_sets = Table("remote_id", "name", key="id")
        self.attribute_set_configs = Table("attribute_set", "object_id")
        self.attributes = Table("name")
        self.attribute_schemas = Table("name")
        self.attribute_configs = Table("attribute_set")
        self.attribute_values = Table("attribute")
        self.attribute_value_configs = Table("attribute_set")
        self.value_texts = ValueTexts(self.attribute_values)

    def now(self) -> str:
        return self.timeline.stamp()

    def object(self, model: str, pk: int) -> Row | None:
        """The row an action or a batch object speaks about, if the hub has it."""
        if model == "integrationaction":
            action = self.actions.by_pk.get(pk)
            return {"pk": action.pk, "modified_date": action.modified_date} if action else None
        table = self.tables.get(model)
        row: Row | None = table.rows.get(pk) if table else None
        return row

    def touch(self, model: str, row: Row, **changes: Any) -> Row:
        """Change an object; its new version shows up in the feeds."""
        self.tables[model].change(row, **changes, modified_date=self.timeline.stamp())
        self.feeds.refresh(model, row["pk"])
        return row

    def create(self, model: str, row: Row) -> Row:
        """Add an object with its dates."""
        stamp = self.timeline.stamp()
        row = self.tables[model].add({**row, "created_date": stamp, "modified_date": stamp})
        self.feeds.refresh(model, row["pk"])
        return row

    def in_catalog(self, model: str, row: Row) -> bool:
        if model == "product":
            return bool(self.catalog_items.find("product", row["pk"]))
        return model not in self.insertable or bool(self.catalog_items.find("product", row["product"]))

    def schema_name(self, attribute: str) -> str:
        """The name of an attribute's rules."""
        return f"{self.channel['pk']} {attribute} Schema"

    def type_id(self, model: str) -> int:
        return _FIRST_TYPE_ID + list(CONTENT_TYPES).index(model)

    def type_model(self, type_id: int) -> str:
        return list(CONTENT_TYPES)[type_id - _FIRST_TYPE_ID]

    def content_type(self, model: str) -> Row:
        return {"id": self.type_id(model), "app_label": CONTENT_TYPES[model], "model": model}

    def action_row(self, action: Action) -> Row:
        """An integration action as the API shows it."""
        return {
            "pk": action.pk,
            "channel": self.channel["pk"],
            "content_type": self.content_type(action.model),
            "object_id": action.object_id,
            "remote_id": action.remote_id,
            "version_date": action.version_date,
            "state": action.state,
            "local_batch_id": action.local_batch_id,
            "status": action.status,
            "created_date": action.created_date,
            "modified_date": action.modified_date,
        }

    def refresh_product(self, product: Row) -> None:
        """A product entered or left the catalog: its rows follow."""
        if self.in_catalog("product", product):
            self.departed.discard(product["pk"])
        else:
            self.departed.add(product["pk"])
        self.feeds.refresh("product", product["pk"])
        for model in ("productprice", "productstock", "productimage"):
            for row in self.tables[model].find("product", product["pk"]):
                self.feeds.refresh(model, row["pk"])
