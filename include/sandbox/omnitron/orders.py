"""Orders and their items (api/omnitron.md section 8)."""

from typing import Any

from include.sandbox.fields import Field, check, clean, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_NUMBERS = (50, 100, 200, 300, 350, 400, 450, 500, 510, 520, 540, 544, 545, 546, 547, 550, 600)
# Waiting to be cancelled, cancelled, refunded: only plans and requests lead out of these, if anything.
_ENDED = ("50", "100", "600")
STATUSES = frozenset(str(number) for number in _NUMBERS)
_CODES = "try usd eur egp gbp mad pln sar ron uah czk huf rub bgn iqd kwd bhd omr qar aed ngn"
CURRENCIES = frozenset(_CODES.split())
_STATUS = Field(choices=STATUSES, default="400")
_MONEY = Field("decimal")
_JSON = Field("json", default={})
_ORDER = {
    "number": text(128, required=True),
    "channel": Field("integer", required=True),
    "status": _STATUS,
    "date_placed": Field("moment"),
    "customer": reference("customers", required=True),
    "shipping_address": reference("addresses", required=True),
    "billing_address": reference("addresses", required=True),
    "currency": Field(required=True, choices=CURRENCIES),
    "amount": Field("decimal", required=True),
    "shipping_amount": Field("decimal", default="0.00"),
    "discount_amount": Field("decimal", default="0.00"),
    **dict.fromkeys(("shipping_tax_rate", "net_shipping_amount", "refund_amount"), _MONEY),
    "cargo_company": reference("cargos"),
    "extra_field": _JSON,
    "tracking_number": text(256),
    "carrier_shipping_code": text(256),
    "gift_box_note": text(160),
    "notes": text(320),
    "shipping_option_slug": text(128),
    "client_type": text(default="default"),
    "delivery_range": Field("json"),
    "has_gift_box": Field("boolean", default=False),
    "is_send": Field("boolean", default=False),
    **{
        name: text()
        for name in (
            *("delivery_type", "remote_addr", "language_code", "payment_option_slug", "invoice_number"),
            *("invoice_date", "e_archive_url", "defined_tracking_url"),
        )
    },
}
_ITEM = {
    "product": reference("products", required=True),
    "status": _STATUS,
    "price_currency": Field(required=True, choices=CURRENCIES),
    "price": Field("decimal", required=True),
    "tax_rate": Field("decimal", required=True),
    "extra_field": _JSON,
    "price_list": reference("price_lists"),
    "stock_list": reference("stock_lists"),
    "tracking_number": text(256),
    "carrier_shipping_code": text(256),
    "discount_amount": Field("decimal", default="0.00"),
    "retail_price": _MONEY,
    "attributes": _JSON,
    "attributes_kwargs": _JSON,
    "quantity": Field("integer", default=1),
    **dict.fromkeys(("unit_price", "total_price"), _MONEY),
    **{name: text() for name in ("parent", "delivered_date", "estimated_delivery_date")},
}
_ITEM_FACTS: Row = {
    **dict.fromkeys(("invoice_number", "invoice_date", "tracking_url", "shipping_company", "shipment_code")),
    "cancel_status": None,
    "is_tradable": False,
    "forced_refund": None,
}
_ITEM_PATCH = {
    "status": Field(choices=STATUSES),
    "invoice_number": text(128),
    "invoice_date": text(),
    "tracking_number": text(256),
    "extra_field": Field("json"),
    "delivered_date": text(),
}
_SHIPPING_INFO = {
    "order": reference("orders", required=True),
    "order_number": text(128, required=True),
    "shipping_company": Field("json"),
    "is_send": Field("boolean", default=False),
}


def create_order(hub: Omnitron, call: Call) -> Reply:
    order = make_order(hub, call.data())
    for item in hub.order_items.find("order", order["pk"]):
        _reserve(hub, item)
    return Reply(201, order)


def make_order(hub: Omnitron, body: Row) -> Row:
    """An order with its items, of a body as ``create_orders`` takes it; no stock moves. Raises Refusal."""
    head, items = body.get("order"), body.get("order_item")
    if not isinstance(head, dict):
        raise invalid(order="This field is required.")
    data, errors = check(_ORDER, head, hub)
    lines, line_errors = _check_items(hub, items)
    if line_errors:
        errors["order_item"] = line_errors
    if not errors:
        errors = _conflicts(hub, data)
    if errors:
        raise Refusal(400, errors)
    order = hub.create("order", data)
    for line in lines:
        hub.create("orderitem", {"order": order["pk"], **_ITEM_FACTS, **line})
    return order


def _check_items(hub: Omnitron, items: Any) -> tuple[list[Row], list[Any]]:
    if not isinstance(items, list) or not items:
        return [], ["This list may not be empty."]
    checked = [
        check(_ITEM, item, hub) if isinstance(item, dict) else ({}, {"non_field_errors": ["Invalid data."]})
        for item in items
    ]
    errors = [error for _, error in checked]
    return [line for line, _ in checked], errors if any(errors) else []


def _conflicts(hub: Omnitron, data: Row) -> Row:
    if data["channel"] != hub.channel["pk"]:
        return {"channel": [f'Invalid pk "{data["channel"]}" - object does not exist.']}
    if hub.orders.find("number", data["number"]):
        return {"non_field_errors": ["The fields channel, number must make a unique set."]}
    wrong = [
        name
        for name in ("shipping_address", "billing_address")
        if hub.addresses.rows[data[name]]["customer"] != data["customer"]
    ]
    return {name: ["Address does not belong to the customer."] for name in wrong}


def _reserve(hub: Omnitron, item: Row) -> None:
    """An ordered unit is no longer sellable."""
    for stock in hub.stocks.find("product", item["product"]):
        if stock["stock_list"] == hub.catalog["stock_list"]:
            hub.touch(
                "productstock",
                stock,
                stock=max(0, stock["stock"] - item["quantity"]),
                sold_quantity_unreported=stock["sold_quantity_unreported"] + item["quantity"],
            )


def list_orders(hub: Omnitron, call: Call) -> Reply:
    virtual = {"channel_id": lambda row: row["channel"]}
    rows = select(hub.orders, call, ("number", "channel_id", "pk__in", "status"), virtual)
    return paged(call, ordered(rows, call, "pk"))


def order_of(hub: Omnitron, call: Call) -> Row:
    order: Row | None = hub.orders.rows.get(call.key())
    if order is None:
        raise not_found()
    return order


def get_order(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, order_of(hub, call))


def get_order_detailed(hub: Omnitron, call: Call) -> Reply:
    """The order with its foreign keys expanded."""
    order = order_of(hub, call)
    tables = {
        "customer": hub.customers,
        "shipping_address": hub.addresses,
        "billing_address": hub.addresses,
        "cargo_company": hub.cargos,
    }
    return Reply(200, {**order, **{name: table.rows.get(order[name]) for name, table in tables.items()}})


def patch_order(hub: Omnitron, call: Call) -> Reply:
    """Only ``is_send`` changes here; everything else goes through the items."""
    order = order_of(hub, call)
    changes = clean({"is_send": Field("boolean")}, call.data(), hub, partial=True)
    return Reply(200, hub.touch("order", order, **changes) if changes else order)


def list_order_items(hub: Omnitron, call: Call) -> Reply:
    rows = select(hub.order_items, call, ("order", "pk__in", "order__in"))
    return paged(call, ordered(rows, call, "pk"))


def _item(hub: Omnitron, call: Call) -> Row:
    item: Row | None = hub.order_items.rows.get(call.key())
    if item is None:
        raise not_found()
    return item


def get_order_item(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _item(hub, call))


def patch_order_item(hub: Omnitron, call: Call) -> Reply:
    """Any status is taken, as the documentation forbids none; but what goes backward is noted."""
    item = _item(hub, call)
    changes = clean(_ITEM_PATCH, call.data(), hub, partial=True)
    before, after = item["status"], changes.get("status") or item["status"]
    if after != before and (before in _ENDED or int(after) < int(before)):
        hub.backward_moves.append((item["pk"], before, after))
    change_item(hub, item, **changes)
    return Reply(200, item)


def change_item(hub: Omnitron, item: Row, **changes: Any) -> None:
    """Change an item; its order gets a new version and the lowest status of its living items."""
    hub.touch("orderitem", item, **changes)
    order = hub.orders.rows[item["order"]]
    statuses = [row["status"] for row in hub.order_items.find("order", order["pk"])]
    living = [status for status in statuses if int(status) > 100] or statuses
    hub.touch("order", order, status=min(living, key=int))


def create_shipping_info(hub: Omnitron, call: Call) -> Reply:
    body = call.data()
    company = body.get("shipping_company")
    plain = company is None or isinstance(company, str)
    data = clean({**_SHIPPING_INFO, **({"shipping_company": text(255)} if plain else {})}, body, hub)
    if hub.orders.rows[data["order"]]["number"] != data["order_number"]:
        raise invalid(order_number="The number is not the number of the order.")
    stamp = hub.now()
    return Reply(201, hub.order_shipping_infos.add({**data, "created_date": stamp, "modified_date": stamp}))


ROUTES: list[Route] = [
    ("POST", _CHANNEL + "create_orders/", create_order),
    ("GET", _CHANNEL + "orders/", list_orders),
    ("GET", _CHANNEL + "orders/{id}/", get_order),
    ("PATCH", _CHANNEL + "orders/{id}/", patch_order),
    ("GET", _CHANNEL + "orders/{id}/detailed/", get_order_detailed),
    ("GET", _CHANNEL + "order_items/", list_order_items),
    ("GET", _CHANNEL + "order_items/{id}/", get_order_item),
    ("PATCH", _CHANNEL + "order_items/{id}/", patch_order_item),
    ("POST", _CHANNEL + "order_shipping_infos/", create_shipping_info),
]
