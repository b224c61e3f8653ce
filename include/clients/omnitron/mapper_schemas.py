"""Records of the hub's Mapper: category tree and attributes (api/omnitron.md section 6)."""

from typing import Any

from pydantic import AliasChoices, Field, model_validator

from include.clients.omnitron.schemas import Extra, Extras, HubRecord
from include.clients.rows import Reference


class CategoryNode(HubRecord):
    """A node of the marketplace's tree; ``children`` only where details were asked for."""

    name: str
    path: str | None = None
    depth: int | None = None
    numchild: int | None = None
    marketplace_attribute_set: Reference | None = None
    children: Extras
    modified_date: str | None = None


class CategoryTree(HubRecord):
    """A tree and its root."""

    name: str
    category_root: CategoryNode | None = None


class AttributeSet(HubRecord):
    """The attributes of one category; ``remote_id`` is the market's category id."""

    name: str
    remote_id: str | None = None


class AttributeSetConfig(HubRecord):
    """Binds an attribute set to a category node."""

    attribute_set: Reference
    object_id: int | None = None


class Attribute(HubRecord):
    """An attribute of the channel; names are unique."""

    name: str
    locale_attribute_schema: Reference | None = None
    modified_date: str | None = None


class AttributeSchema(HubRecord):
    """The rules by which people fill an attribute; created empty."""

    name: str
    rules: Extra = Field(default_factory=dict, validation_alias=AliasChoices("schema", "rules"))


class AttributeConfig(HubRecord):
    """How an attribute behaves within a set; detailed answers name the attribute inside its object."""

    attribute_set: Reference
    attribute: Reference
    attribute_name: str | None = None
    attribute_remote_id: str | None = None
    is_required: bool = False
    is_variant: bool = False
    is_custom: bool = False

    @model_validator(mode="before")
    @classmethod
    def _name_of_attribute(cls, row: Any) -> Any:
        attribute = row.get("attribute") if isinstance(row, dict) else None
        return {"attribute_name": attribute.get("name"), **row} if isinstance(attribute, dict) else row


class AttributeValue(HubRecord):
    """A value of an attribute: ``value`` is what the market takes, ``label`` the text shown."""

    attribute: Reference
    label: str
    value: str
    modified_date: str | None = None


class AttributeValueConfig(HubRecord):
    """Allows a value within a set."""

    attribute_set: Reference
    attribute_value: Reference
