"""The sales channel with every setting of section 2 of the spec, the catalog, carriers, reasons and the first user."""

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Row
from include.sandbox.seed.assortment import ROOTS, category_attributes, category_tree

CHANNEL_ID = 137
USERNAME = "connector"
PASSWORD = "sandbox"  # noqa: S105 - the login of the stand-in, printed in the documentation
ACCESS_TOKEN = "fashfed-sandbox-access-token"  # noqa: S105 - as above
FLAGS = (
    *("get_orders", "get_cancel_orders", "get_refund_orders", "send_update_orders", "get_updated_orders"),
    *("delete_product", "product", "price", "stock", "send_refund_order_status", "split_packages"),
    "send_cancel_order_items",
)
# Name at the market -> (subject in English, subject in Turkish, type, pk of the hub reason it is mapped to).
_MARKET_REASONS = (
    ("changed-mind", "Changed my mind", "Vazgeçtim", "cancel", 1),
    ("wrong-address", "Wrong delivery address", "Adres yanlış", "cancel", 3),
    ("late", "Delivery takes too long", "Teslimat çok uzun", "cancel", None),
    ("out-of-stock", "Out of stock", "Ürün stokta yok", "cancel", None),
    ("too-small", "Too small", "Küçük geldi", "refund", 7),
    ("damaged", "Arrived damaged", "Hasarlı geldi", "refund", 5),
    ("not-as-shown", "Not as shown", "Görseldeki gibi değil", "refund", None),
)
_HUB_REASONS = (
    *(("cancel", "Müşteri vazgeçti"), ("cancel", "Ödeme alınamadı"), ("cancel", "Adres hatalı")),
    *(("cancel", "Pazaryeri iptali"), ("refund", "Hasarlı ürün"), ("refund", "Yanlış ürün")),
    *(("refund", "Beden uymadı"), ("refund", "Beğenmedim"), ("cancel", "Mükerrer sipariş")),
    ("cancel", "Mağaza stoğu tükendi"),
)
_CARRIERS = (("Aras Kargo", "aras"), ("Yurtiçi Kargo", "yurtici"), ("MNG Kargo", "mng"), ("Sürat Kargo", "surat"))


# What a new installation has before the channel is set up; every flow is on there.
_BARE = (
    *("base_url", "access_token", "category_ids", "buffer_stock", "cargo_company_mapping"),
    *("default_reason_id", "refund_reason_mapping", "refund_start_date", "reject_item_reason"),
    *("cancellation_reason_id", "cancel_reason_mapping", "send_cancel_reason_id", "waybill_option"),
)


def seed_channel(hub: Omnitron, market: Fashfed, market_url: str, *, bare: bool) -> None:
    """Make both ends ready to talk: stock and get_orders are on, every other flag is off.

    A bare channel has no form, and of the settings only what nobody but a person can know.
    """
    stamp = hub.now()
    dates = {"created_date": stamp, "modified_date": stamp}
    hub.users[USERNAME] = PASSWORD
    market.tokens.add(ACCESS_TOKEN)
    market.categories, market.attributes = category_tree(), category_attributes()
    for name in ("Fashfed Fiyat Listesi", "Yurt Dışı Fiyat Listesi"):
        hub.price_lists.add({"name": name})
    for name in ("Fashfed Stok Listesi", "Mağaza Stok Listesi"):
        hub.stock_lists.add({"name": name})
    lists = {"price_list": 1, "stock_list": 1, "extra_price_lists": [2], "extra_stock_lists": [2]}
    empty = {"category_tree": None, "priority_list": None}
    hub.catalog = {"pk": 41, "name": "Fashfed_Catalog", **lists, **empty, **dates}
    for carrier, slug in _CARRIERS:
        hub.cargos.add({"name": carrier, "erp_code": slug.upper(), "shipping_company": slug, **dates})
    hub.retail_stores.add({"name": "Bağdat Caddesi Mağazası", "erp_code": "M001"})
    _seed_reasons(hub, market, dates)
    hub.channel = {
        "pk": CHANNEL_ID,
        "name": "Fashfed",
        "channel_type": "sales_channel",
        "catalog": 41,
        "category_tree": None,
        "is_active": True,
        "conf": bare_conf(market, market_url) if bare else conf(market, market_url),
        "schema": {}
        if bare
        else {
            "base_url": {"key": "base_url", "label": "Base Url", "required": True, "data_type": "text"},
            "access_token": {"key": "access_token", "label": "Access Token", "required": True, "data_type": "text"},
            "buffer_stock": {"key": "buffer_stock", "label": "Buffer Stock", "required": False, "data_type": "integer"},
            "category_ids": {"key": "category_ids", "label": "Category Ids", "required": True, "data_type": "list"},
        },
        **dates,
    }


def _seed_reasons(hub: Omnitron, market: Fashfed, dates: Row) -> None:
    for place, (kind, subject) in enumerate(_HUB_REASONS, 1):
        hub.cancellation_reasons.add(
            {
                "cancellation_type": kind,
                "subject": subject,
                "order": place * 10,
                "is_active": True,
                "extra_information_needed": False,
                "send_to_remote": False,
                "send_to_oms": False,
                "translations": {},
                "uuid": market.identity("hub-reason", place),
                **dates,
            }
        )
    for name, subject, turkish, kind, _ in _MARKET_REASONS:
        identity = market.identity("reason", name)
        market.reasons.add({"id": identity, "subject": subject, "translations": {"tr-tr": turkish}, "type": kind})


def bare_conf(market: Fashfed, market_url: str) -> Row:
    """What a person filled in before the channel was set up."""
    whole = conf(market, market_url)
    return {**{name: whole[name] for name in _BARE}, "feature_flags": dict.fromkeys(FLAGS, True)}


def conf(market: Fashfed, market_url: str) -> Row:
    """The channel's settings, spelled as Omnitron spells them."""
    mapping = {
        kind: {
            market.identity("reason", name): str(pk)
            for name, _, _, of_kind, pk in _MARKET_REASONS
            if pk and of_kind == kind
        }
        for kind in ("cancel", "refund")
    }
    penalty = {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2}
    return {
        "base_url": market_url,
        "access_token": ACCESS_TOKEN,
        "category_ids": [{"id": identity, "name": name} for name, identity in ROOTS.items()],
        "feature_flags": {flag: flag in ("stock", "get_orders") for flag in FLAGS},
        "cargo_company_mapping": {"default": "3", "yurtici": "2", "aras": "1", "mng": "3"},
        "use_cargo_label": False,
        "use_neighborhood": False,
        "order_number_format": "FD-{orderNumber}-{id}",
        "default_reason_id": "8",
        "refund_reason_mapping": mapping["refund"],
        "refund_start_date": "2023-07-01T00:00:00Z",
        "FAILED_INTEGRATION": {
            "order": {**penalty, "MAX_RETRY_COUNT": 3},
            **dict.fromkeys(("DEFAULT", "product", "productprice", "productstock"), penalty),
            "sent_to_remote": {"EXPIRATION_HOUR": 6},
        },
        "send_shipping_info": False,
        "cancellation_reason_id": "4",
        "cancel_reason_mapping": mapping["cancel"],
        "reject_item_reason": "Damaged",
        "ATTRIBUTE_SET_STRATEGY": "CategoryNode",
        "use_channel_id_in_address_mapping": False,
        "buffer_stock": 3,
        "waybill_option": {"enabled": True, "default": "999"},
        "send_cancel_reason_id": "10",
    }
