"""The channel's form in Omnitron as data: its fields, the feature flags, and which field each flag needs.

Sources: spec sections 2 and 9, api/omnitron.md section 2 (spelling of keys), design.md sections 3 and 13.
"""

from dataclasses import dataclass
from typing import Literal

DataType = Literal["text", "integer", "bool", "json", "list"]


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of the form, as the channel's ``schema`` in Omnitron describes it."""

    key: str
    label: str
    required: bool
    data_type: DataType

    @property
    def name(self) -> str:
        """The attribute of ``ChannelSettings`` that holds the value."""
        return self.key.lower()


FIELDS: tuple[SettingField, ...] = (
    SettingField("base_url", "Base Url", True, "text"),
    SettingField("access_token", "Access Token", True, "text"),
    SettingField("category_ids", "Category Ids", True, "list"),
    SettingField("feature_flags", "Feature Flags", True, "json"),
    SettingField("cargo_company_mapping", "Cargo Company Mapping", True, "json"),
    SettingField("use_cargo_label", "Use Cargo Label", False, "bool"),
    SettingField("use_neighborhood", "Use Neighborhood", False, "bool"),
    SettingField("order_number_format", "Order Number Format", False, "text"),
    SettingField("order_item_quantity_key", "Order Item Quantity Key", False, "text"),
    SettingField("default_reason_id", "Default Reason ID", True, "integer"),
    SettingField("refund_reason_mapping", "Refund Reason Mapping", False, "json"),
    SettingField("refund_start_date", "Refund Start Date", False, "text"),
    SettingField("FAILED_INTEGRATION", "Failed Integration", True, "json"),
    SettingField("send_shipping_info", "Send Shipping Info", False, "bool"),
    SettingField("cancellation_reason_id", "Cancellation Reason ID", True, "integer"),
    SettingField("cancel_reason_mapping", "Cancel Reason Mapping", False, "json"),
    SettingField("reject_item_reason", "Reject Item Reason", False, "text"),
    SettingField("ATTRIBUTE_SET_STRATEGY", "Attribute Set Strategy", True, "text"),
    SettingField("use_channel_id_in_address_mapping", "Use Channel ID In Address Mapping", False, "bool"),
    SettingField("buffer_stock", "Buffer Stock", False, "integer"),
    SettingField("price_brake", "Price Brake", False, "json"),
    SettingField("stock_brake", "Stock Brake", False, "json"),
    SettingField("waybill_option", "Waybill Option", False, "json"),
    SettingField("send_cancel_reason_id", "Send Cancel Reason ID", False, "integer"),
    SettingField("send_cancel_market_reason_id", "Send Cancel Market Reason ID", False, "text"),
)

FIELD: dict[str, SettingField] = {field.name: field for field in FIELDS}
"""The same fields by attribute name."""

BASE = ("base_url", "access_token")
"""What every call to the market needs."""

_PENALISED = (*BASE, "failed_integration")
"""What every flow needs that holds failed records back."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "product": (*_PENALISED, "buffer_stock", "attribute_set_strategy"),
    "delete_product": _PENALISED,
    "price": (*_PENALISED, "price_brake"),
    "stock": (*_PENALISED, "buffer_stock", "stock_brake"),
    "get_orders": (
        *_PENALISED,
        "use_neighborhood",
        "use_channel_id_in_address_mapping",
        "use_cargo_label",
        "cargo_company_mapping",
        "send_shipping_info",
        "order_number_format",
        "order_item_quantity_key",
    ),
    "get_cancel_orders": (*_PENALISED, "cancellation_reason_id", "cancel_reason_mapping"),
    "get_refund_orders": (*_PENALISED, "default_reason_id", "refund_reason_mapping", "refund_start_date"),
    "get_updated_orders": (*_PENALISED, "send_shipping_info"),
    "send_update_orders": (*_PENALISED, "send_shipping_info", "waybill_option"),
    "send_refund_order_status": (*_PENALISED, "reject_item_reason"),
    "send_cancel_order_items": (
        *_PENALISED,
        "send_cancel_reason_id",
        "cancellation_reason_id",
        "cancel_reason_mapping",
        "send_cancel_market_reason_id",
    ),
    "split_packages": BASE,
}
"""Feature flag -> the settings that must be in order before it works (spec section 9).

Settings with a default are in order when they are left empty; ``MUST_BE_FILLED`` names those that have none.
"""

ALIASES: dict[str, str] = {"split_packages": "send_split_packages"}
"""Flag -> the other name the spec gives it; either one true means on (design.md section 13)."""

MUST_BE_FILLED: dict[str, str] = {
    "base_url": "the address of Fashfed, such as https://fashfed.example.com",
    "access_token": "the token made in Fashfed under Settings > Access Tokens",
    "category_ids": "the ids of Fashfed's main categories",
    "cargo_company_mapping": 'at least {"default": "<id of a cargo company in Omnitron>"}',
    "default_reason_id": "the id of a refund reason in Omnitron",
    "cancellation_reason_id": "the id of a cancellation reason in Omnitron",
    "send_cancel_reason_id": "the id of a cancellation reason in Omnitron that is used for nothing else",
}
"""Settings without a default -> what belongs there."""
