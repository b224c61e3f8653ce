"""Attributes of a category, or of the channel, in one call (api/omnitron.md section 6; paths inferred)."""

from typing import Any

from include.sandbox.fields import Field, check, clean, reference, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import Table

LARGEST_REQUEST = 200
LARGEST_LIST = 500
_FLAGS = ("is_required", "is_variant", "is_custom")
_CATEGORY = {
    "category_node_id": reference("category_nodes", required=True),
    "remote_id": text(255),
    "attribute_set_name": text(255, required=True),
}
_ATTRIBUTE = {
    "name": text(255, required=True),
    "remote_id": text(255, required=True),
    **{name: Field("boolean", default=False) for name in _FLAGS},
    "values": Field("json", required=True),
}
_VALUE = {"label": text(255, required=True), "value": text(255, required=True), "remote_id": text(255)}


def category_attributes(hub: Omnitron, call: Call) -> Reply:
    """Set, binding, attributes, schemas, flags, values and the set's own values: made, or brought up to date."""
    _require_available(hub)
    body = call.data()
    head = clean(_CATEGORY, body, hub)
    entries = _entries(hub, body)
    chosen = _attribute_set(hub, head)
    allowed = {row["attribute_value"] for row in hub.attribute_value_configs.find("attribute_set", chosen["id"])}
    for entry in entries:
        attribute = _attribute(hub, entry)
        _configure(hub, chosen, attribute, entry)
        for value in _values(hub, attribute, entry):
            if value["pk"] not in allowed:
                allowed.add(value["pk"])
                _dated(hub, hub.attribute_value_configs, attribute_set=chosen["id"], attribute_value=value["pk"])
    return Reply(200, {"attribute_set": chosen["id"], "attributes": len(entries)})


def channel_attributes(hub: Omnitron, call: Call) -> Reply:
    """Attributes of the channel with their values, without a set."""
    _require_available(hub)
    entries = _entries(hub, call.data())
    for entry in entries:
        _values(hub, _attribute(hub, entry), entry)
    return Reply(200, {"attributes": len(entries)})


def _require_available(hub: Omnitron) -> None:
    if not hub.bulk_attributes:
        raise not_found()


def _entries(hub: Omnitron, body: Row) -> list[Row]:
    wanted = body.get("attributes")
    if not isinstance(wanted, list):
        raise invalid(attributes="This field is required.")
    if len(wanted) > LARGEST_REQUEST:
        raise invalid(attributes=f"Ensure this field has no more than {LARGEST_REQUEST} elements.")
    checked = [_entry(hub, entry) for entry in wanted]
    errors = [error for _, error in checked]
    if any(errors):
        raise Refusal(400, {"attributes": errors})
    return [entry for entry, _ in checked]


def _entry(hub: Omnitron, value: Any) -> tuple[Row, Row]:
    if not isinstance(value, dict):
        return {}, {"non_field_errors": ["Invalid data. Expected a dictionary."]}
    entry, errors = check(_ATTRIBUTE, value, hub)
    if errors:
        return entry, errors
    if not isinstance(entry["values"], list) or len(entry["values"]) > LARGEST_LIST:
        return entry, {"values": [f"Ensure this field is a list of no more than {LARGEST_LIST} elements."]}
    checked = [_value(hub, item) for item in entry["values"]]
    entry["values"] = [item for item, _ in checked]
    return entry, {"values": [error for _, error in checked]} if any(error for _, error in checked) else {}


def _value(hub: Omnitron, item: Any) -> tuple[Row, Row]:
    if not isinstance(item, dict):
        return {}, {"non_field_errors": ["Invalid data. Expected a dictionary."]}
    return check(_VALUE, item, hub)


def _dated(hub: Omnitron, table: Table, **facts: Any) -> Row:
    stamp = hub.now()
    return table.add({**facts, "created_date": stamp, "modified_date": stamp})


def _attribute_set(hub: Omnitron, head: Row) -> Row:
    name, remote_id = head["attribute_set_name"], head["remote_id"]
    found = next(iter(hub.attribute_sets.find("remote_id", remote_id)), None) if remote_id else None
    if any(row is not found for row in hub.attribute_sets.find("name", name)):
        message = "The fields channel, name must make a unique set."
        raise Refusal(406, {"non_field_errors": message, "code": "attribute_set_100_1"})
    if found is None:
        found = _dated(hub, hub.attribute_sets, name=name, remote_id=remote_id, channel=hub.channel["pk"])
    elif found["name"] != name:
        hub.attribute_sets.change(found, name=name, modified_date=hub.now())
    node = head["category_node_id"]
    if all(row["object_id"] != node for row in hub.attribute_set_configs.find("attribute_set", found["id"])):
        binding = {"attribute_set": found["id"], "object_id": node, "content_type": "categorynode"}
        _dated(hub, hub.attribute_set_configs, **binding)
    return found


def _attribute(hub: Omnitron, entry: Row) -> Row:
    name, channel = entry["name"], hub.channel["pk"]
    schema = hub.schema_name(name)
    found = next(iter(hub.attributes.find("name", name)), None)
    if found is None:
        facts = {"name": name, "channel": channel, "locale_attribute_schema": None}
        found = hub.create("marketplaceattribute", facts)
    _remember(hub, "marketplaceattribute", found["pk"], entry["remote_id"])
    if not hub.attribute_schemas.find("name", schema):
        _dated(hub, hub.attribute_schemas, name=schema, schema={}, channel=channel)
    return found


def _configure(hub: Omnitron, chosen: Row, attribute: Row, entry: Row) -> None:
    wanted = {"attribute_remote_id": entry["remote_id"], **{name: entry[name] for name in _FLAGS}}
    for row in hub.attribute_configs.find("attribute_set", chosen["id"]):
        if row["attribute"] == attribute["pk"]:
            if any(row[name] != value for name, value in wanted.items()):
                hub.attribute_configs.change(row, **wanted, modified_date=hub.now())
            return
    other = {"is_image_attribute": False, "is_meta": False, "locale_attribute_schema": None}
    _dated(hub, hub.attribute_configs, attribute_set=chosen["id"], attribute=attribute["pk"], **wanted, **other)


def _values(hub: Omnitron, attribute: Row, entry: Row) -> list[Row]:
    known = {row["value"]: row for row in hub.attribute_values.find("attribute", attribute["pk"])}
    for item in entry["values"]:
        value, label = item["value"], item["label"]
        if value not in known:
            facts = {"channel": hub.channel["pk"], "attribute": attribute["pk"], "label": label, "value": value}
            known[value] = hub.create("marketplaceattributevalue", facts)
        elif known[value]["label"] != label:
            hub.touch("marketplaceattributevalue", known[value], label=label)
        _remember(hub, "marketplaceattributevalue", known[value]["pk"], item["remote_id"] or value)
    return [known[item["value"]] for item in entry["values"]]


def _remember(hub: Omnitron, model: str, pk: int, remote_id: str) -> None:
    if hub.actions.get(model, pk) is None:
        action = hub.actions.create(model, pk, hub.now())
        hub.actions.set_remote(action, remote_id)
        action.agreed = True


_CHANNEL = "/api/v1/channel/{channel_id}/"
ROUTES: list[Route] = [
    ("POST", _CHANNEL + "bulk_category_attributes/", category_attributes),
    ("POST", _CHANNEL + "bulk_attributes/", channel_attributes),
]
