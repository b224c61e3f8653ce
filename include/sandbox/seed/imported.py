"""Orders in the hub that are there already: what this connector, or the system before it, made of a package."""

from decimal import Decimal
from typing import Any

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.orders import make_order
from include.sandbox.omnitron.people import make_address, make_customer
from include.sandbox.routing import Row
from include.sandbox.seed.catalogue import agree

_COPIED = (
    *("email", "phone_number", "first_name", "last_name", "line", "postcode", "company_name", "tax_office", "tax_no"),
    *("identity_number", "e_bill_taxpayer", "notes"),
)


def import_package(hub: Omnitron, market: Fashfed, package: Row) -> Row:
    """The order of a package with customer, addresses, one item per unit, and the actions that name them.

    Raises LookupError for a place, carrier or product that the hub does not have.
    """
    conf = hub.channel["conf"]
    items = market.items.find("package", package["number"])
    billing = package["billing_address"]
    customer = _customer(hub, billing)
    addresses = [_address(hub, customer, package[name]) for name in ("shipping_address", "billing_address")]
    sisters = hub_orders_of(hub, market, package["order_number"])
    shipping = Decimal(0) if sisters else _money(market.orders.rows[package["order_number"]]["shipping_amount"])
    discount = sum((_money(item["discount_amount"]) for item in items), Decimal(0))
    goods = sum((_money(item["price"]) * item["quantity"] for item in items), Decimal(0))
    number = (conf.get("order_number_format") or "{orderNumber}-{id}").replace("{orderNumber}", package["order_number"])
    order = make_order(
        hub,
        {
            "order": {
                "number": number.replace("{id}", package["number"]),
                "channel": hub.channel["pk"],
                "status": "400",
                "customer": customer["pk"],
                "shipping_address": addresses[0]["pk"],
                "billing_address": addresses[1]["pk"],
                "currency": package["currency"].lower(),
                "amount": str(goods - discount + shipping),
                "shipping_amount": str(shipping),
                "discount_amount": str(discount),
                "cargo_company": int(conf["cargo_company_mapping"][package["shipping_company"]]),
                "date_placed": package["created_at"],
                "extra_field": {"id": package["number"], "order_number": package["order_number"]},
            },
            "order_item": [line for item in items for line in _lines(hub, item)],
        },
    )
    agree(hub, "order", order, package["number"])
    for row in hub.order_items.find("order", order["pk"]):
        agree(hub, "orderitem", row, row["extra_field"]["id"])
    return order


def hub_orders_of(hub: Omnitron, market: Fashfed, order_number: str) -> list[Row]:
    """The hub's orders of the packages of one order at the market, as their actions name them."""
    numbers = [package["number"] for package in market.packages.find("order_number", order_number)]
    actions = [action for action in hub.actions.with_remote(numbers) if action.model == "order"]
    return [hub.orders.rows[action.object_id] for action in actions]


def _lines(hub: Omnitron, item: Row) -> list[Row]:
    products = hub.products.find("sku", item["product"])
    if not products:
        raise LookupError(f"no product {item['product']}")
    cents, units = round(item["discount_amount"] * 100), item["quantity"]
    shared: Row = {
        "product": products[0]["pk"],
        "status": "400",
        "price_currency": item["currency"].lower(),
        "price": str(_money(item["price"])),
        "retail_price": str(_money(item["retail_price"])),
        "tax_rate": str(_money(item["tax_rate"])),
        "price_list": hub.catalog["price_list"],
        "stock_list": hub.catalog["stock_list"],
        "extra_field": {"id": item["number"]},
    }
    each, rest = divmod(cents, units)
    return [{**shared, "discount_amount": f"{(each + (place < rest)) / 100:.2f}"} for place in range(units)]


def _customer(hub: Omnitron, billing: Row) -> Row:
    known = hub.customers.find("email", billing["email"])
    if known:
        return known[0]
    names = {name: billing[name] for name in ("email", "first_name", "last_name", "phone_number")}
    return make_customer(hub, {**names, "channel": hub.channel["pk"], "channel_code": billing["email"]})


def _address(hub: Omnitron, customer: Row, shown: Row) -> Row:
    known = hub.addresses.find("customer", customer["pk"])
    place = _place(hub, shown)
    wanted: dict[str, Any] = {**{name: shown[name] for name in _COPIED}, **place, "customer": customer["pk"]}
    same = (row for row in known if all(row[name] == value for name, value in wanted.items()))
    return next(same, None) or make_address(hub, wanted)


def _place(hub: Omnitron, shown: Row) -> Row:
    """Country, city and township by name, or as an operator mapped them."""
    country = next(row for row in hub.countries.rows.values() if row["code"] == shown["country_code"].lower())
    for city in hub.cities.find("country", country["pk"]):
        for township in hub.townships.find("city", city["pk"]) if city["name"] == shown["city"] else ():
            codes = hub.location_codes["township"].get(township["pk"], [])
            if shown["township"] in (township["name"], *(code for code, _ in codes)):
                return {"country": country["pk"], "city": city["pk"], "township": township["pk"]}
    raise LookupError(f"no township {shown['township']} in {shown['city']}")


def _money(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.01"))
