"""Records of the hub as they come over the wire (api/omnitron.md). Dates that are versions stay text, byte for byte."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from include.clients.rows import Reference, WireModel

Extra = Annotated[dict[str, Any], BeforeValidator(lambda value: value or {}), Field(default_factory=dict)]
"""An object that may be null or missing."""
Extras = Annotated[list[dict[str, Any]], BeforeValidator(lambda value: value or []), Field(default_factory=list)]
"""Objects, possibly none."""


class HubRecord(WireModel):
    """A row of the hub; some resources call the key ``id``."""

    pk: int = Field(validation_alias=AliasChoices("pk", "id"))
    created_date: str | None = None


class Versioned(HubRecord):
    """A row whose ``modified_date`` is compared as a version."""

    modified_date: str


# --- channel and sync model (sections 2 and 3) -------------------------------------------------------------------


class Channel(HubRecord):
    """The sales channel; ``conf`` holds what people typed into its form."""

    name: str = ""
    channel_type: str | None = None
    catalog: Reference | None = None
    category_tree: Reference | None = None
    is_active: bool = True
    conf: Extra
    form: Extra = Field(default_factory=dict, validation_alias=AliasChoices("schema", "form"))
    modified_date: str | None = None


class Catalog(HubRecord):
    """The channel's catalogue and its lists."""

    name: str = ""
    price_list: Reference | None = None
    stock_list: Reference | None = None


class CatalogItem(HubRecord):
    """A product's place in a catalogue."""

    product: Reference


class ContentType(WireModel):
    """A kind of record; ids differ per installation."""

    id: int = Field(validation_alias=AliasChoices("id", "pk"))
    app_label: str | None = None
    model: str


class IntegrationAction(HubRecord):
    """The hub's memory of one object on this channel (section 3.4)."""

    content_type: ContentType | str | int | None = None
    object_id: int
    remote_id: str | None = None
    version_date: str | None = None
    state: Extra
    local_batch_id: str | None = None
    status: str | None = None
    modified_date: str | None = None

    @property
    def model(self) -> str | None:
        """The content type's model name, where the hub gave it."""
        if isinstance(self.content_type, ContentType):
            return self.content_type.model
        return self.content_type if isinstance(self.content_type, str) else None


class DeletedAction(Versioned):
    """The action of an object that left the catalogue; as an object of a batch it has a version of its own."""

    object_id: int
    remote_id: str | None = None


class FailedIntegration(HubRecord):
    """The penalty of one object version (section 3.5)."""

    object_id: int
    version_date: str | None = None
    reason_type: str | None = None
    is_active: bool = True
    expiration_date: str | None = None
    retry_count: int | None = None


class Batch(HubRecord):
    """A batch request (section 3.3). ``status`` is one of the words of ``BatchStatus`` or a new one."""

    local_batch_id: str
    remote_batch_id: str | None = None
    content_type: str | None = None
    status: str
    modified_date: str | None = None


@dataclass(frozen=True, slots=True)
class BatchObject:
    """One object of a batch request. ``version_date`` is the modified date that was read in the feed."""

    pk: int
    content_type: str
    version_date: str
    remote_id: str | None = None
    failed_reason_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The object as the hub takes it."""
        return {
            "pk": self.pk,
            "content_type": self.content_type,
            "version_date": self.version_date,
            "remote_id": self.remote_id,
            "failed_reason_type": self.failed_reason_type,
        }


# --- products (section 5) ----------------------------------------------------------------------------------------


class Product(Versioned):
    """A simple product of the channel's catalogue."""

    name: str = ""
    base_code: str | None = None
    sku: str
    product_type: str | None = None
    is_active: bool = True
    parent: Reference | None = None
    attributes: Extra
    localized_attributes: Extra
    productimage_set: Extras
    attribute_set: Reference | None = None


class ProductStock(Versioned):
    """Pieces of one product in one stock list; the flow decides whether it is a number it can send."""

    product: Reference
    stock: Decimal
    stock_list: Reference | None = None
    unit_type: str | None = None


class ProductPrice(Versioned):
    """Price of one product in one price list; ``retail_price`` is the list price."""

    product: Reference
    price: Decimal
    retail_price: Decimal | None = None
    tax_rate: Decimal | None = None
    currency_type: str | None = None
    price_type: str | None = None
    price_list: Reference | None = None


class ProductImage(Versioned):
    """A picture of a product."""

    product: Reference
    image: str | None = None
    status: str | None = None


class MappedProduct(HubRecord):
    """What the Mapper makes of a product."""

    mapped_attributes: Extra
    attribute_set_id: int | None = None
    attribute_set_name: str | None = None
    attribute_set_remote_id: str | None = None
    mapped_attribute_values: Extra
    modified_date: str | None = None


class ProductCategory(HubRecord):
    """A product's place in a category tree; ``category`` is expanded (pk, name, path, ...)."""

    product: Reference
    category: Extra


# --- customers, addresses, cargo (section 7) ---------------------------------------------------------------------


class Customer(HubRecord):
    """A buyer of this channel."""

    email: str | None = None
    phone_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    channel_code: str | None = None
    is_active: bool = True


class Address(HubRecord):
    """An address; the hub finds equal ones by ``hash_data``."""

    customer: Reference | None = None
    country: Reference | None = None
    city: Reference | None = None
    township: Reference | None = None
    district: Reference | None = None
    hash_data: str | None = None


class Location(HubRecord):
    """A country, city, township or district."""

    name: str
    code: str | None = None
    country: Reference | None = None
    city: Reference | None = None
    township: Reference | None = None
    is_active: bool = True


class CargoCompany(HubRecord):
    """A carrier that the hub knows."""

    name: str = ""
    erp_code: str | None = None
    shipping_company: str | None = None


# --- orders, cancellations (sections 8 and 9) --------------------------------------------------------------------


class Order(Versioned):
    """An order of this channel; ``extra_field["id"]`` is the market's package number. ``is_send``: ERP has it."""

    number: str
    status: str | None = None
    is_send: bool | None = None
    customer: Reference | None = None
    currency: str | None = None
    amount: Decimal | None = None
    shipping_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    cargo_company: Reference | None = None
    tracking_number: str | None = None
    invoice_number: str | None = None
    invoice_date: str | None = None
    e_archive_url: str | None = None
    extra_field: Extra


class OrderItem(Versioned):
    """One unit of an order; ``extra_field["id"]`` is the market's line number. That an item has ``e_archive_url`` or
    ``shipped_date`` is inferred; both are read where they are given."""

    order: Reference
    product: Reference
    status: str | None = None
    price: Decimal | None = None
    price_currency: str | None = None
    tax_rate: Decimal | None = None
    retail_price: Decimal | None = None
    discount_amount: Decimal | None = None
    quantity: int | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    invoice_number: str | None = None
    invoice_date: str | None = None
    e_archive_url: str | None = None
    shipped_date: str | None = None
    shipping_company: str | None = None
    cancel_status: str | None = None
    attributes: Extra
    extra_field: Extra


class CancellationReason(HubRecord):
    """Why something is cancelled or returned; ``cancellation_type`` is cancel or refund."""

    cancellation_type: str
    subject: str = ""
    is_active: bool = True


class CancellationRequest(Versioned):
    """A refund claim in the hub."""

    order_item: Reference
    reason: Reference | None = None
    cancellation_type: str | None = None
    status: str | None = None
    description: str | None = None
    quantity: int | None = None


class CancellationPlan(Versioned):
    """A cancellation that the hub carries out; ``items`` are ``PlanItem`` rows."""

    order: Reference | None = None
    order_number: str | None = None
    plan_type: str | None = None
    status: str | None = None
    items: Extras


class PlanItem(WireModel):
    """One item that a plan cancels, and why."""

    order_item: Reference
    reason: Reference | None = None
