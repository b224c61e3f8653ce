"""A product of the hub as a suggestion to the market's catalogue (reference/flows.md section 4.5)."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from include.clients.omnitron.schemas import MappedProduct, Product, ProductPrice, ProductStock
from include.errors import RecordFailed
from include.mapping.price import price_fields, price_value
from include.mapping.stock import sellable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """What a category asks of one attribute. ``key`` is the market's name of it; ``values`` None: any text."""

    pk: int
    name: str
    key: str
    required: bool
    values: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Node:
    """A category that a product sits in. ``market_id`` is None where the node was not drawn from the market."""

    name: str
    market_id: str | None
    leaf: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the market is told of a product. ``digest`` is equal for equal content; offer values are not part of it."""

    key: str
    content: Mapping[str, Any]
    stock: str
    price: str

    @property
    def digest(self) -> str:
        """Thirty-two characters."""
        text = json.dumps(self.content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """The item of a suggestion call; amounts are ``Decimal``."""
        return {**self.content, "offer": {"stock": int(self.stock), **price_fields(self.price)}}


def suggest(
    product: Product,
    *,
    mapped: MappedProduct | RecordFailed,
    rules: Sequence[AttributeRule],
    nodes: Sequence[Node],
    stock: ProductStock | None,
    price: ProductPrice | None,
    buffer: int,
) -> Suggestion:
    """The suggestion of a product.

    Raises ``RecordFailed`` with the code of the first thing that is wrong and the text of all of them: no stock, no
    price, category missing or several, no image, a required attribute empty, a value its category does not have.
    """
    wrong: list[RecordFailed] = []
    sku = product.sku
    stock_value = _try(wrong, lambda: _stock(stock, buffer, sku))
    price_text = _try(wrong, lambda: _price(price, sku))
    category = _try(wrong, lambda: _category(nodes, sku))
    images = _try(wrong, lambda: _images(product))
    own = _mapped_texts(mapped) if isinstance(mapped, MappedProduct) else {}
    if isinstance(mapped, RecordFailed):
        if category is not None:  # else the reason is said already
            wrong.append(mapped)
        attributes: dict[str, Any] | None = None
    else:
        attributes = _attributes(wrong, mapped, rules)
    if wrong or stock_value is None or price_text is None or category is None or images is None or attributes is None:
        raise RecordFailed(wrong[0].code, also=wrong[1:], **wrong[0].facts)
    content: dict[str, Any] = {
        "sku": own.get("remote_id") or sku,
        "base_code": own.get("base_code") or product.base_code or sku,
        "name": own.get("title") or product.name or sku,
        "category": category,
        "attributes": attributes,
        "images": images,
        "videos": [],
    }
    return Suggestion(content["sku"], content, stock_value, price_text)


def _try(wrong: list[RecordFailed], make: Callable[[], T]) -> T | None:
    try:
        return make()
    except RecordFailed as error:
        wrong.append(error)
        return None


def _stock(row: ProductStock | None, buffer: int, sku: str) -> str:
    if row is None:
        raise RecordFailed("stock_not_found", sku=sku)
    return str(sellable(row.stock, buffer, sku))


def _price(row: ProductPrice | None, sku: str) -> str:
    if row is None:
        raise RecordFailed("price_not_found", sku=sku)
    return price_value(row, sku)


def _category(nodes: Sequence[Node], sku: str) -> str:
    if not nodes:
        raise RecordFailed("category_missing", sku=sku)
    if len(nodes) > 1:
        raise RecordFailed("category_several", sku=sku, categories=", ".join(sorted(node.name for node in nodes)))
    node = nodes[0]
    if not node.leaf:
        raise RecordFailed("category_not_leaf", sku=sku, category=node.name)
    if node.market_id is None:
        raise RecordFailed("category_not_drawn", sku=sku, category=node.name)
    return node.market_id


def _images(product: Product) -> list[str]:
    urls = [
        row["image"]
        for row in product.productimage_set
        if isinstance(row.get("image"), str) and row["image"] and row.get("status", "active") == "active"
    ]
    if not urls:
        raise RecordFailed("image_missing", sku=product.sku)
    return list(dict.fromkeys(urls))


def _mapped_texts(mapped: MappedProduct) -> dict[str, str]:
    """The mapped values that are plain text, by attribute name."""
    return {
        name: value.strip()
        for name, value in mapped.mapped_attributes.items()
        if isinstance(value, str) and value.strip()
    }


def _attributes(wrong: list[RecordFailed], mapped: MappedProduct, rules: Sequence[AttributeRule]) -> dict[str, Any]:
    """The market's attributes with their values; what is missing or not allowed is added to ``wrong``."""
    found: dict[str, Any] = {}
    missing: list[str] = []
    strange: list[str] = []
    for rule in rules:
        value = (mapped.mapped_attribute_values.get(str(rule.pk)) or {}).get("value")
        if value in (None, "", []):
            if rule.required:
                missing.append(rule.name)
            continue
        texts = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        strange += [f"{text} ({rule.name})" for text in texts if rule.values is not None and text not in rule.values]
        found[rule.key] = value
    if missing:
        wrong.append(RecordFailed("attribute_required", attribute=", ".join(missing)))
    if strange:
        verb = "is" if len(strange) == 1 else "are"
        wrong.append(RecordFailed("value_not_allowed", values=f"{', '.join(strange)} {verb}"))
    return found
