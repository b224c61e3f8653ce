"""What happens to the catalogue in a living world: the brand edits it, and the market's categories drift."""

import random
from typing import Any

from include.sandbox.fashfed.category_book import all_nodes
from include.sandbox.routing import Row
from include.sandbox.sandbox import Sandbox

_SEASONS = {"YAZ": "Yaz", "KIS": "Kış", "MEV": "Mevsimlik"}
_SHADES = {"TRK": "Turkuaz", "HRD": "Hardal", "MOR": "Mor", "KHV": "Kahverengi", "TRN": "Turuncu", "FUS": "Fuşya"}
_NEW_NAME = " Yeni Sezon"


class CatalogueLife:
    """One method per happening, named as in ``Rates``; each says whether it happened. Its randomness is its own."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.rng = random.Random(f"catalogue {seed}")
        self._sandbox = sandbox
        self._left: list[str] = []
        self._leaves_made = 0

    def _product(self) -> Row | None:
        rows = self._sandbox.omnitron.products.rows
        return rows.get(self.rng.randrange(len(rows)) + 1) if rows else None

    def departures(self) -> bool:
        product = self._product()
        if product is None or not self._sandbox.omnitron.in_catalog("product", product):
            return False
        self._sandbox.brand.leave_catalogue(product["sku"])
        self._left.append(product["sku"])
        return True

    def returns(self) -> bool:
        if not self._left:
            return False
        self._sandbox.brand.return_to_catalogue(self._left.pop(self.rng.randrange(len(self._left))))
        return True

    def name_changes(self) -> bool:
        product = self._product()
        if product is None:
            return False
        old, plain = product["name"], product["name"].removesuffix(_NEW_NAME)
        self._sandbox.brand.change(product["sku"], name=plain if old != plain else old + _NEW_NAME)
        return True

    def image_changes(self) -> bool:
        product = self._product()
        if product is None or not product["productimage_set"]:
            return False
        self._sandbox.brand.change_image(product["sku"])
        return True

    def attribute_drift(self) -> bool:
        """A colour more, an optional attribute more, or the material is demanded where it was not and the reverse."""
        market = self._sandbox.fashfed
        category = self.rng.choice(sorted(market.attributes))
        known = {row["key"]: row for row in market.attributes[category]}
        kind = self.rng.choice(("shade", "season", "material"))
        if kind == "season" and known and "SEASON" not in known:
            return bool(market.add_attribute(category, "SEASON", "Sezon", _SEASONS))
        if kind == "material" and "MATERIAL" in known:
            required = not known["MATERIAL"]["is_required"]
            return bool(market.require_attribute(category, "MATERIAL", required=required))
        if kind == "shade" and "COLOR" in known:
            fresh = sorted(set(_SHADES) - {value["value"] for value in known["COLOR"]["values"]})
            value = self.rng.choice(fresh) if fresh else None
            return value is not None and bool(market.add_value(category, "COLOR", value, _SHADES[value]))
        return False

    def category_changes(self) -> bool:
        """A leaf is renamed, one is added below a branch, or, seldom, one is divided."""
        market = self._sandbox.fashfed
        leaf = self.rng.choice(market.leaves())
        dice = self.rng.random()
        if dice < 0.5:
            plain = leaf["name"].removesuffix(" Modelleri")
            return bool(market.rename_category(leaf["id"], plain if plain != leaf["name"] else f"{plain} Modelleri"))
        if dice < 0.9:
            self._leaves_made += 1
            branches: list[Any] = [node for node in all_nodes(market.categories) if node.get("children")]
            return bool(market.add_category(f"Yeni Koleksiyon {self._leaves_made}", self.rng.choice(branches)["id"]))
        return bool(market.make_parent(leaf["id"], f"Klasik {leaf['name']}", f"Spor {leaf['name']}"))
