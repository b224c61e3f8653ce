"""Customers and addresses (api/omnitron.md section 7)."""

import hashlib
import json

from include.sandbox.fields import Field, check, clean, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_CUSTOMER = {
    "channel": Field("integer", required=True),
    "email": Field("email", required=True, longest=254),
    "first_name": text(255, default=""),
    "last_name": text(255, default=""),
    "phone_number": text(128),
    "is_active": Field("boolean", default=True),
    "channel_code": text(64, required=True),
    "erp_code": text(64),
    "extra_field": Field("json", default={}),
    **{name: Field("boolean", default=False) for name in ("email_allowed", "sms_allowed", "call_allowed")},
}
_ADDRESS = {
    "customer": reference("customers", required=True),
    "country": reference("countries", required=True),
    "city": reference("cities", required=True),
    "township": reference("townships"),
    "district": reference("districts"),
    "email": Field("email", longest=254),
    "phone_number": text(128, required=True),
    "first_name": text(255, required=True),
    "last_name": text(255, required=True),
    "line": text(255, required=True),
    "title": text(128),
    "postcode": text(64),
    "notes": text(512),
    "company_name": text(255),
    "tax_office": text(64),
    "tax_no": text(20),
    "identity_number": text(64),
    "e_bill_taxpayer": Field("boolean", default=False),
    "remote_id": text(255),
    "extra_field": Field("json", default={}),
    "address_type": Field(choices=frozenset(("customer", "retail_store")), default="customer"),
    "retail_store": reference("retail_stores"),
}


def list_customers(hub: Omnitron, call: Call) -> Reply:
    rows = select(hub.customers, call, ("email", "phone_number", "channel", "channel_code"))
    return paged(call, ordered(rows, call, "pk"))


def _customer(hub: Omnitron, call: Call) -> Row:
    customer: Row | None = hub.customers.rows.get(call.key())
    if customer is None:
        raise not_found()
    return customer


def get_customer(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _customer(hub, call))


def create_customer(hub: Omnitron, call: Call) -> Reply:
    return Reply(201, make_customer(hub, call.data()))


def make_customer(hub: Omnitron, body: Row) -> Row:
    """A customer of a body as the call takes it. Raises Refusal."""
    data = clean(_CUSTOMER, body, hub)
    _require_unique(hub, data, None)
    stamp = hub.now()
    return hub.customers.add({**data, "created_date": stamp, "modified_date": stamp})


def patch_customer(hub: Omnitron, call: Call) -> Reply:
    customer = _customer(hub, call)
    changes = clean(_CUSTOMER, call.data(), hub, partial=True)
    _require_unique(hub, changes, customer)
    return Reply(200, hub.customers.change(customer, **changes, modified_date=hub.now()))


def _require_unique(hub: Omnitron, data: Row, own: Row | None) -> None:
    if data.get("channel", hub.channel["pk"]) != hub.channel["pk"]:
        raise invalid(channel=f'Invalid pk "{data["channel"]}" - object does not exist.')
    if "channel_code" in data and any(
        row is not own for row in hub.customers.find("channel_code", data["channel_code"])
    ):
        raise invalid(channel_code="customer with this channel code already exists.")
    if "email" in data and any(row is not own for row in hub.customers.find("email", data["email"])):
        raise invalid(non_field_errors="The fields channel, email must make a unique set.")


def list_addresses(hub: Omnitron, call: Call) -> Reply:
    return paged(call, ordered(select(hub.addresses, call, ("hash_data", "customer")), call, "pk"))


def get_address(hub: Omnitron, call: Call) -> Reply:
    address = hub.addresses.rows.get(call.key())
    if address is None:
        raise not_found()
    return Reply(200, address)


def create_address(hub: Omnitron, call: Call) -> Reply:
    return Reply(201, make_address(hub, call.data()))


def make_address(hub: Omnitron, body: Row) -> Row:
    """An address of a body as the call takes it. Raises Refusal."""
    data, errors = check(_ADDRESS, body, hub)
    if not errors:
        errors = _misplaced(hub, data)
    if errors:
        raise Refusal(400, errors)
    content = json.dumps(data, sort_keys=True, ensure_ascii=False)
    hash_data = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    if hub.addresses.find("hash_data", hash_data):
        raise invalid(non_field_errors=f"hash_data:{hash_data} already exists")
    stamp = hub.now()
    row = {**data, "hash_data": hash_data, "is_active": True, "created_date": stamp, "modified_date": stamp}
    return hub.addresses.add(row)


def _misplaced(hub: Omnitron, data: Row) -> Row:
    """Each level must lie inside the one above."""
    errors: Row = {}
    if hub.cities.rows[data["city"]]["country"] != data["country"]:
        errors["city"] = ["City does not belong to the country."]
    if data["township"] is not None and hub.townships.rows[data["township"]]["city"] != data["city"]:
        errors["township"] = ["Township does not belong to the city."]
    if data["district"] is not None and hub.districts.rows[data["district"]]["township"] != data["township"]:
        errors["district"] = ["District does not belong to the township."]
    return errors


ROUTES: list[Route] = [
    ("GET", _CHANNEL + "customers/", list_customers),
    ("POST", _CHANNEL + "customers/", create_customer),
    ("GET", _CHANNEL + "customers/{id}/", get_customer),
    ("PATCH", _CHANNEL + "customers/{id}/", patch_customer),
    ("GET", _CHANNEL + "addresses/", list_addresses),
    ("POST", _CHANNEL + "addresses/", create_address),
    ("GET", _CHANNEL + "addresses/{id}/", get_address),
]
