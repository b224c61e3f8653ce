"""The catalogue's part of the control endpoint: approvals, hands of the brand, drift of categories and attributes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox

_BRAND = frozenset(
    (
        *("remove_stock", "remove_price", "set_stock", "set_price", "set_attribute", "set_categories", "change"),
        *("remove_images", "change_image", "leave_catalogue", "return_to_catalogue"),
    )
)
_DRIFT = frozenset(
    (
        *("add_category", "rename_category", "move_category", "remove_category", "make_parent"),
        *("add_attribute", "rename_attribute", "remove_attribute", "require_attribute"),
        *("add_value", "rename_value", "remove_value"),
    )
)
_SHOWN_PENALTY = ("object_id", "reason_type", "retry_count", "max_retry_count", "version_date", "expiration_date")


class CatalogueControl:
    """Calls by method and name, as ``Control`` has them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.calls: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("GET", "prices"): self.price_differences,
            ("POST", "prices"): self.touch_prices,
            ("GET", "products"): self.product_differences,
            ("POST", "products"): self.change_products,
            ("GET", "penalties"): self.penalties,
            ("GET", "approvals"): self.approvals,
            ("POST", "approvals"): self.set_approvals,
            ("GET", "categories"): self.categories,
            ("POST", "categories"): self.change_categories,
            ("POST", "rules"): self.set_rules,
            ("POST", "abilities"): self.set_abilities,
        }

    def price_differences(self, _: Row) -> list[Row]:
        """SKUs whose price or retail price at the market is not the hub's."""
        self._sandbox.settle()
        names = ("price", "retail_price")
        return [
            {"sku": sku, "should": _amounts(names, should), "fashfed": _amounts(names, there)}
            for sku, should, there in self._sandbox.price_differences()
        ]

    def touch_prices(self, body: Row) -> Row:
        """``count`` SKUs on sale get a price whose value at the market will differ."""
        return {"skus": self._sandbox.touch_prices(int(body.get("count", 1)))}

    def product_differences(self, _: Row) -> Row:
        """SKUs that are fit for sale and not on sale and active, and how many are on sale."""
        self._sandbox.settle()
        return {"on_sale": len(self._sandbox.skus_on_sale()), "missing": self._sandbox.product_differences()}

    def change_products(self, body: Row) -> Row:
        """``do``: a method of brand.Brand, with its arguments by name, to ``skus`` or a ``sku``."""
        facts = dict(body)
        do, skus = facts.pop("do"), facts.pop("skus", None) or [facts.pop("sku")]
        if do not in _BRAND:
            raise ValueError(f"unknown {do!r}; known: {', '.join(sorted(_BRAND))}")
        places = facts.pop("categories", [])
        for sku in skus:
            getattr(self._sandbox.brand, do)(sku, *places, **facts)
        return {"do": do, "skus": skus}

    def penalties(self, _: Row) -> list[Row]:
        """The failed integrations in force, with content type and SKU."""
        hub = self._sandbox.omnitron
        return [
            {
                "content_type": hub.type_model(row["content_type"]),
                "sku": self._sku(hub.type_model(row["content_type"]), row["object_id"]),
                **{name: row[name] for name in _SHOWN_PENALTY},
            }
            for row in hub.penalties.table.rows.values()
            if row["is_active"]
        ]

    def _sku(self, model: str, pk: int) -> str | None:
        row = self._sandbox.omnitron.object(model, pk) or {}
        product = row if model == "product" else self._sandbox.omnitron.products.rows.get(row.get("product"), {})
        sku: str | None = product.get("sku")
        return sku

    def approvals(self, _: Row) -> Row:
        """How the marketplace owner decides, and what waits for him."""
        self._sandbox.settle()
        market = self._sandbox.fashfed
        return {
            "seconds": market.approval_seconds,
            "reject": market.rejected_skus,
            "refuse": market.refused_skus,
            "waiting": list(market.approvals.waiting),
        }

    def set_approvals(self, body: Row) -> Row:
        """``seconds`` until a decision; ``reject``: SKU -> why its content is turned down; ``refuse``: SKU ->
        why every batch item of it fails; ``accept``: SKUs that are no longer kept out."""
        market = self._sandbox.fashfed
        market.approval_seconds = float(body.get("seconds", market.approval_seconds))
        for name, kept_out in (("reject", market.rejected_skus), ("refuse", market.refused_skus)):
            kept_out.update(body.get(name, {}))
            for sku in body.get("accept", []):
                kept_out.pop(sku, None)
        return self.approvals(body)

    def categories(self, _: Row) -> Row:
        """The market's tree, and the attributes of each category."""
        return {"tree": self._sandbox.fashfed.categories, "attributes": self._sandbox.fashfed.attributes}

    def change_categories(self, body: Row) -> Any:
        """``do``: a method of CategoryBook, with its arguments by name; ``names``: the children of make_parent."""
        facts = dict(body)
        do = facts.pop("do")
        if do not in _DRIFT:
            raise ValueError(f"unknown {do!r}; known: {', '.join(sorted(_DRIFT))}")
        market = self._sandbox.fashfed
        if do == "make_parent":
            return market.make_parent(facts["category"], *facts["names"])
        return getattr(market, do)(**facts)

    def set_rules(self, body: Row) -> Row:
        """``attribute``: its name in Omnitron; ``rule``: what the Mapper does, such as {"source": "renk"}."""
        self._sandbox.brand.set_rule(body["attribute"], body["rule"])
        return body

    def set_abilities(self, body: Row) -> Row:
        """What the hub reads or writes of many records at once: ``bulk_categories``, ``bulk_attributes``."""
        hub = self._sandbox.omnitron
        hub.bulk_categories = bool(body.get("bulk_categories", hub.bulk_categories))
        hub.bulk_attributes = bool(body.get("bulk_attributes", hub.bulk_attributes))
        return {"bulk_categories": hub.bulk_categories, "bulk_attributes": hub.bulk_attributes}


def _amounts(names: tuple[str, str], amounts: tuple[Decimal, Decimal]) -> Row:
    return {name: str(amount) for name, amount in zip(names, amounts, strict=True)}
