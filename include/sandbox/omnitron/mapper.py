"""What the Mapper made of products and attributes (api/omnitron.md sections 5 and 6)."""

from typing import Any

from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, not_found
from include.sandbox.tables import ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"


def attribute_configs_detailed(hub: Omnitron, call: Call) -> Reply:
    """Configs with set and attribute expanded."""
    rows = ordered(select(hub.attribute_configs, call, ("attribute_set", "attribute")), call, "pk")
    reply = paged(call, rows)
    reply.data["results"] = [
        {
            **row,
            "attribute": hub.attributes.rows[row["attribute"]],
            "attribute_set": hub.attribute_sets.rows[row["attribute_set"]],
        }
        for row in reply.data["results"]
    ]
    return reply


def mapped_product(hub: Omnitron, call: Call) -> Reply:
    """What the Mapper made of a product; 406 when it cannot be mapped (api/omnitron.md section 5)."""
    product = hub.products.rows.get(call.key())
    if product is None:
        raise not_found()
    categories = hub.product_categories.find("product", product["pk"])
    if len(categories) != 1:
        message = "Product has no category." if not categories else "Product has more than one category."
        raise Refusal(406, {"error": message})
    bound = hub.attribute_set_configs.find("object_id", categories[0]["category"])
    configs = [config for config in bound if config["content_type"] == "categorynode"]
    if not configs:
        raise Refusal(406, {"error": "No attribute set is bound to the category of the product."})
    chosen = hub.attribute_sets.rows[configs[0]["attribute_set"]]
    return Reply(200, _mapping(hub, product, chosen))


def _mapping(hub: Omnitron, product: Row, chosen: Row) -> Row:
    values: Row = {}
    for config in hub.attribute_configs.find("attribute_set", chosen["id"]):
        attribute = hub.attributes.rows[config["attribute"]]
        text = _source_text(hub, product, attribute)
        if text in (None, ""):
            continue
        label, value = hub.value_texts.match(attribute["pk"], text)
        values[str(attribute["pk"])] = {
            "attribute_name": attribute["name"],
            "label": label,
            "value": value,
            "attribute_remote_id": config["attribute_remote_id"],
        }
    return {
        "pk": product["pk"],
        "mapped_attributes": {entry["attribute_name"]: entry["value"] for entry in values.values()},
        "mapped_attribute_values": values,
        "attribute_set_id": chosen["id"],
        "attribute_set_name": chosen["name"],
        "attribute_set_remote_id": chosen["remote_id"],
        "modified_date": product["modified_date"],
    }


def _source_text(hub: Omnitron, product: Row, attribute: Row) -> Any:
    """What the attribute's rules take from the product; without a rule nothing."""
    schemas = hub.attribute_schemas.find("name", hub.schema_name(attribute["name"]))
    source = schemas[0]["schema"].get("source") if schemas else None
    return product["attributes"].get(source, product.get(source)) if source else None


ROUTES: list[Route] = [
    ("GET", _CHANNEL + "attribute_configs/detailed/", attribute_configs_detailed),
    ("GET", _CHANNEL + "mapped_products/{id}/", mapped_product),
]
