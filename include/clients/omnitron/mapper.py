"""Attributes and their values, as the setup flows write them (api/omnitron.md section 6).

Creating is unsafe to repeat: look by the natural key first, and again after a refusal or ``AnswerLost``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from include.clients.omnitron.calls import HubCalls
from include.clients.omnitron.mapper_schemas import (
    Attribute,
    AttributeConfig,
    AttributeSchema,
    AttributeSet,
    AttributeSetConfig,
    AttributeValue,
    AttributeValueConfig,
)
from include.clients.omnitron.schemas import IntegrationAction


class MapperCalls(HubCalls):
    """What merchants map their products to."""

    # --- attribute sets ---

    async def attribute_sets(self, remote_id: str | None = None) -> list[AttributeSet]:
        """The sets, or that of a market category."""
        return await self._list("attribute_sets", AttributeSet, {"remote_id__exact": remote_id})

    async def create_attribute_set(self, name: str, remote_id: str) -> AttributeSet:
        """The set of a market category."""
        body = {"name": name, "remote_id": remote_id, "channel": self.channel_id}
        return await self._create("attribute_sets", body, AttributeSet)

    async def rename_attribute_set(self, pk: int, name: str) -> AttributeSet:
        """Call a set otherwise."""
        return await self._patch("attribute_sets", pk, {"name": name}, AttributeSet)

    async def attribute_set_configs(self, attribute_set: int | None = None) -> list[AttributeSetConfig]:
        """The nodes that sets are bound to: of all sets, or of one."""
        return await self._list("attribute_set_configs", AttributeSetConfig, {"attribute_set": attribute_set})

    async def create_attribute_set_config(self, attribute_set: int, node: int | None) -> AttributeSetConfig:
        """Bind a set to a node, or to all with None."""
        body = {"attribute_set": attribute_set, "object_id": node, "content_type": "categorynode"}
        return await self._create("attribute_set_configs", body, AttributeSetConfig)

    # --- attributes ---

    async def attributes(self, name: str | None = None) -> list[Attribute]:
        """The channel's attributes, or that of a name."""
        return await self._list("attributes", Attribute, {"name__exact": name, "channel": self.channel_id})

    async def create_attribute(self, name: str) -> Attribute:
        """A new attribute."""
        return await self._create("attributes", {"name": name, "channel": self.channel_id}, Attribute)

    async def rename_attribute(self, pk: int, name: str) -> Attribute:
        """Call an attribute otherwise, in all sets."""
        return await self._patch("attributes", pk, {"name": name}, Attribute)

    async def attribute_schemas(self, name: str | None = None) -> list[AttributeSchema]:
        """The rules of all attributes, or those of a name."""
        return await self._list("attribute_schemas", AttributeSchema, {"name__exact": name, "channel": self.channel_id})

    async def create_attribute_schema(self, name: str) -> AttributeSchema:
        """Empty rules, which people fill."""
        body = {"name": name, "schema": {}, "channel": self.channel_id}
        return await self._create("attribute_schemas", body, AttributeSchema)

    async def rename_attribute_schema(self, pk: int, name: str) -> AttributeSchema:
        """Call rules otherwise."""
        return await self._patch("attribute_schemas", pk, {"name": name}, AttributeSchema)

    async def attribute_configs(self, attribute_set: int) -> list[AttributeConfig]:
        """The attributes of a set, with their names."""
        return await self._list("attribute_configs/detailed", AttributeConfig, {"attribute_set": attribute_set})

    async def create_attribute_config(self, fields: Mapping[str, Any]) -> AttributeConfig:
        """Put an attribute into a set (``attribute_set``, ``attribute``, ``attribute_remote_id``, flags)."""
        return await self._create("attribute_configs", fields, AttributeConfig)

    async def patch_attribute_config(self, pk: int, fields: Mapping[str, Any]) -> AttributeConfig:
        """Change the flags of an attribute in a set."""
        return await self._patch("attribute_configs", pk, fields, AttributeConfig)

    async def delete_attribute_config(self, pk: int) -> None:
        """Take an attribute out of a set."""
        await self._delete("attribute_configs", pk)

    # --- values ---

    async def attribute_values(self, attribute: int, value: str | None = None) -> list[AttributeValue]:
        """The values of an attribute, or one of them."""
        return await self._list("attribute_values", AttributeValue, {"attribute": attribute, "value__exact": value})

    async def create_attribute_value(self, attribute: int, label: str, value: str) -> AttributeValue:
        """A value: what the market takes and the text shown."""
        body = {"channel": self.channel_id, "attribute": attribute, "label": label, "value": value}
        return await self._create("attribute_values", body, AttributeValue)

    async def relabel_attribute_value(self, pk: int, label: str) -> AttributeValue:
        """Change the text that people read."""
        return await self._patch("attribute_values", pk, {"label": label}, AttributeValue)

    async def attribute_value_configs(self, attribute_set: int) -> list[AttributeValueConfig]:
        """The values that a set allows, where it allows only some."""
        return await self._list("attribute_value_configs", AttributeValueConfig, {"attribute_set": attribute_set})

    async def create_attribute_value_config(self, attribute_set: int, attribute_value: int) -> AttributeValueConfig:
        """Allow a value within a set."""
        body = {"attribute_set": attribute_set, "attribute_value": attribute_value}
        return await self._create("attribute_value_configs", body, AttributeValueConfig)

    async def delete_attribute_value_config(self, pk: int) -> None:
        """No longer allow a value within a set."""
        await self._delete("attribute_value_configs", pk)

    async def send_category_attributes(
        self, node: int, remote_id: str, attribute_set_name: str, attributes: Sequence[Mapping[str, Any]]
    ) -> None:
        """All attributes of a category at once: at most 200, with at most 500 values each. Path inferred."""
        body = {
            "category_node_id": node,
            "remote_id": remote_id,
            "attribute_set_name": attribute_set_name,
            "attributes": attributes,
        }
        await self.session.call("POST", self._path("bulk_category_attributes"), json=body)

    # --- what all of them are called at the market ---

    async def remote_ids(self, content_type: str) -> dict[int, str]:
        """The market's id of every object of a content type that has one, by pk. Read page by page, because there may
        be very many."""
        query = {"content_type_name": content_type}
        found: dict[int, str] = {}
        async for actions in self._pages("integration_actions", IntegrationAction, query):
            found |= {action.object_id: action.remote_id for action in actions if action.remote_id}
        return found
