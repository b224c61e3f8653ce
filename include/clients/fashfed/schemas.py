"""Records of the market as they come over the wire (api/fashfed.md). Ids are text, money is ``Decimal``."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from include.clients.rows import WireModel


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time in UTC; one without a zone is UTC (api/fashfed.md section 1)."""
Objects = Annotated[list[dict[str, Any]], BeforeValidator(lambda value: value or []), Field(default_factory=list)]
Mapped = Annotated[dict[str, Any], BeforeValidator(lambda value: value or {}), Field(default_factory=dict)]
Texts = Annotated[list[str], BeforeValidator(lambda value: value or []), Field(default_factory=list)]


class Address(WireModel):
    """Where a package goes or who pays. ``district`` is the neighbourhood."""

    email: str | None = None
    phone_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    country_code: str | None = None
    city: str | None = None
    township: str | None = None
    district: str | None = None
    line: str | None = None
    postcode: str | None = None
    company_name: str | None = None
    tax_office: str | None = None
    tax_no: str | None = None
    e_bill_taxpayer: bool | None = None
    identity_number: str | None = None
    notes: str | None = None


MaybeAddress = Annotated[Address | None, BeforeValidator(lambda value: value or None)]
"""An empty object is no address."""


class Package(WireModel):
    """One parcel (PKG101). ``status``: 1 cancelled, 2 preparing, 3 ready, 4 shipped, 5 delivered, 6 not delivered."""

    number: str
    order_number: str
    status: int
    shipping_address: MaybeAddress = None
    billing_address: MaybeAddress = None
    currency: str | None = None
    shipping_company: str | None = Field(
        default=None, validation_alias=AliasChoices("shipping_company", "cargo_company")
    )
    waybill_number: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    shipped_date: Moment | None = Field(default=None, validation_alias=AliasChoices("shipped_date", "shipment_date"))
    delivery_date: Moment | None = None
    invoice_number: str | None = None
    invoice_date: Moment | None = None
    e_archive_url: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class PackageItem(WireModel):
    """One line of a package (PKG102). ``product`` is the SKU."""

    number: str
    product: str
    name: str | None = None
    quantity: int = Field(default=1, ge=1)
    price: Decimal | None = None
    retail_price: Decimal | None = None
    discount_amount: Decimal | None = None
    tax_rate: Decimal | None = None
    currency: str | None = None
    status: int | None = None
    tracking_number: str | None = None
    updated_at: Moment | None = None


class OrderPackage(WireModel):
    """A sister package named by its order."""

    number: str


class Order(WireModel):
    """An order as far as the market shows it (ORD201): what is paid once for all its packages."""

    number: str
    currency: str | None = None
    shipping_amount: Decimal | None = None
    installment_interest_amount: Decimal | None = None
    packages: list[OrderPackage] = Field(default_factory=list)


class BatchItem(WireModel):
    """The outcome of one SKU: waiting, success or failed."""

    sku: str
    status: str
    errors: Any = None


class Batch(WireModel):
    """Bulk work of ours at the market: waiting, processing, completed or failed. Also the ticket of a bulk call."""

    id: str
    kind: str | None = None
    status: str
    items: Annotated[list[BatchItem], BeforeValidator(lambda value: value or [])] = Field(default_factory=list)
    created_at: Moment | None = None
    updated_at: Moment | None = None


Ticket = Batch
"""What a bulk call answers: a batch that has just begun, or has already ended where the market is quick."""


class Offer(WireModel):
    """What we sell of one SKU, as the market has it."""

    sku: str
    stock: int | None = None
    price: Decimal | None = None
    retail_price: Decimal | None = None
    currency: str | None = None
    is_active: bool | None = None
    updated_at: Moment | None = None


class Product(WireModel):
    """A product of the market's catalogue."""

    id: str
    sku: str
    name: str | None = None
    base_code: str | None = None
    category: str | None = None
    attributes: Mapped
    images: Texts
    is_approved: bool | None = None
    rejection_reason: str | None = None
    updated_at: Moment | None = None

    @property
    def decision(self) -> Literal["waiting", "approved", "rejected"]:
        """The marketplace owner's word on what was suggested last; inferred, as both fields are."""
        if self.rejection_reason:
            return "rejected"
        return "approved" if self.is_approved else "waiting"


class Category(WireModel):
    """A node of the category tree with its sub-trees."""

    id: str
    name: str
    parent: str | None = None
    children: Annotated[list["Category"], BeforeValidator(lambda value: value or [])] = Field(default_factory=list)


class AttributeValue(WireModel):
    """A value that an attribute may take."""

    id: str | None = None
    label: str
    value: str
    translations: Mapped


class CategoryAttribute(WireModel):
    """An attribute of a category."""

    key: str
    name: str
    data_type: str
    default_value: Any = None
    values: Annotated[list[AttributeValue], BeforeValidator(lambda value: value or [])] = Field(default_factory=list)
    is_required: bool = False
    is_variant: bool = False
    is_offer: bool = False
    is_localizable: bool = False
    translations: Mapped


class ClaimReason(WireModel):
    """Why a buyer cancels or returns."""

    id: str
    subject: str | None = None
    type: str | None = None
    translations: Mapped


class Claim(WireModel):
    """A cancellation or a return of one package item (CLM001). ``cancelled_by``: 1 customer, 2 seller; ``quantity`` is
    how many units it is about, where the market tells that."""

    id: str
    package_item: str
    product: str | None = None
    reason: ClaimReason | None = None
    detail: str | None = None
    type: str
    status: str
    cancelled_by: int | None = None
    quantity: int | None = None
    return_code: str | None = None
    return_tracking_number: str | None = None
    return_tracking_url: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
