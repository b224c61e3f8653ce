"""The marketplace owner's categories and their attributes, and how they change over the years."""

import copy
import uuid
from collections.abc import Iterator, Mapping

from include.sandbox.routing import Row


def all_nodes(nodes: list[Row]) -> Iterator[Row]:
    """Every node of a tree, parents before children."""
    for node in nodes:
        yield node
        yield from all_nodes(node.get("children", []))


def find_category(nodes: list[Row], identity: str) -> Row | None:
    return next((node for node in all_nodes(nodes) if node["id"] == identity), None)


def make_attribute(
    key: str,
    name: str,
    values: Mapping[str, str],
    *,
    required: bool = False,
    variant: bool = False,
    kind: str = "dropdown",
) -> Row:
    """An attribute as CTG102 shows it. ``values``: value -> label."""
    return {
        "key": key,
        "name": name,
        "data_type": kind,
        "default_value": None,
        "values": [_value(key, value, label) for value, label in values.items()],
        "is_required": required,
        "is_variant": variant,
        "is_offer": False,
        "is_localizable": False,
        "translations": {"tr-tr": {"name": name}},
    }


def _value(key: str, value: str, label: str) -> Row:
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}/{value}"))
    return {"id": identity, "label": label, "value": value, "translations": {"tr-tr": {"label": label}}}


class CategoryBook:
    """Categories by id, attributes by category id and key. What is not there raises KeyError."""

    def __init__(self) -> None:
        self.categories: list[Row] = []
        self.attributes: dict[str, list[Row]] = {}

    def category(self, category: str) -> Row:
        found = find_category(self.categories, category)
        if found is None:
            raise KeyError(f"no category {category}")
        return found

    def leaves(self) -> list[Row]:
        return [node for node in all_nodes(self.categories) if not node.get("children")]

    def add_category(self, name: str, parent: str | None = None) -> Row:
        """A new leaf below a category, or a new root."""
        above = self.category(parent) if parent else None
        siblings = above.setdefault("children", []) if above else self.categories
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{parent}/{name}/{len(list(all_nodes(self.categories)))}"))
        node = {"id": identity, "name": name, "parent": parent}
        siblings.append(node)
        return node

    def rename_category(self, category: str, name: str) -> Row:
        node = self.category(category)
        node["name"] = name
        return node

    def move_category(self, category: str, parent: str) -> Row:
        """Below another parent, with everything that is below it."""
        node, above = self.category(category), self.category(parent)
        if find_category([node], parent):
            raise ValueError("a category cannot be moved below itself")
        self._detach(node)
        above.setdefault("children", []).append(node)
        node["parent"] = parent
        return node

    def remove_category(self, category: str) -> Row:
        """Gone, with everything below it; products keep the id."""
        node = self.category(category)
        self._detach(node)
        for gone in all_nodes([node]):
            self.attributes.pop(gone["id"], None)
        return node

    def make_parent(self, category: str, *names: str) -> list[Row]:
        """A leaf becomes a parent: its new children take over its attributes."""
        attributes = self.attributes.pop(category, [])
        children = [self.add_category(name, category) for name in names]
        for child in children:
            self.attributes[child["id"]] = copy.deepcopy(attributes)
        return children

    def _detach(self, node: Row) -> None:
        above = self.category(node["parent"]) if node["parent"] else None
        siblings = above["children"] if above else self.categories
        siblings.remove(node)
        if above and not siblings:
            del above["children"]

    def attribute(self, category: str, key: str) -> Row:
        for attribute in self.attributes.get(self.category(category)["id"], []):
            if attribute["key"] == key:
                return attribute
        raise KeyError(f"no attribute {key} in category {category}")

    def add_attribute(
        self, category: str, key: str, name: str, values: Mapping[str, str] | None = None, *, required: bool = False
    ) -> Row:
        attribute = make_attribute(key, name, values or {}, required=required, kind="dropdown" if values else "text")
        self.attributes.setdefault(self.category(category)["id"], []).append(attribute)
        return attribute

    def rename_attribute(self, category: str, key: str, name: str) -> Row:
        attribute = self.attribute(category, key)
        attribute.update(name=name, translations={"tr-tr": {"name": name}})
        return attribute

    def remove_attribute(self, category: str, key: str) -> Row:
        attribute = self.attribute(category, key)
        self.attributes[category].remove(attribute)
        return attribute

    def require_attribute(self, category: str, key: str, *, required: bool = True) -> Row:
        attribute = self.attribute(category, key)
        attribute["is_required"] = required
        return attribute

    def add_value(self, category: str, key: str, value: str, label: str) -> Row:
        attribute = self.attribute(category, key)
        attribute["values"].append(_value(key, value, label))
        return attribute

    def rename_value(self, category: str, key: str, value: str, label: str) -> Row:
        """Another label for the same value."""
        attribute = self.attribute(category, key)
        self._value_of(attribute, value).update(label=label, translations={"tr-tr": {"label": label}})
        return attribute

    def remove_value(self, category: str, key: str, value: str) -> Row:
        attribute = self.attribute(category, key)
        attribute["values"].remove(self._value_of(attribute, value))
        return attribute

    def _value_of(self, attribute: Row, value: str) -> Row:
        for entry in attribute["values"]:
            if entry["value"] == value:
                found: Row = entry
                return found
        raise KeyError(f"no value {value} in attribute {attribute['key']}")
