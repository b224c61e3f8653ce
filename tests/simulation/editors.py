"""Those who spoil things and put them right again: the brand's own people, and the owner of the marketplace."""

import random
from collections.abc import Callable
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.brand import Brand
from include.sandbox.omnitron.product_rows import add_image
from include.sandbox.seed.assortment import category_id

Row = dict[str, Any]
Undo = Callable[[], object]
_LASTING = ("price of zero", "price above retail", "colour not allowed", "two categories")
"""What may be left wrong to the end: Omnitron has to show its reason."""


class Editors:
    """Each spoils a SKU in one way at a time and remembers how to put it right."""

    def __init__(self, sandbox: Sandbox, rng: random.Random) -> None:
        self.ever: set[str] = set()
        """SKUs that were wrong once."""
        self.left: dict[str, str] = {}
        """SKU -> what is wrong with it for good."""
        self._sandbox = sandbox
        self._rng = rng
        self._wrong: dict[str, tuple[str, Undo]] = {}
        self._ways: dict[str, Callable[[Brand, str], Undo]] = {
            "price of zero": lambda brand, sku: self._price(brand, sku, "0.00"),
            "price above retail": lambda brand, sku: self._price(brand, sku, "9999.00", "10.00"),
            "no price": self._no_price,
            "no stock": self._no_stock,
            "no image": self._no_image,
            "colour not allowed": lambda brand, sku: self._colour(brand, sku, "Neon"),
            "no colour": lambda brand, sku: self._colour(brand, sku, None),
            "two categories": self._two_categories,
            "rejected": self._rejected,
            "refused": self._refused,
        }

    def spoil(self) -> None:
        """Make one SKU wrong that is not."""
        rows = self._sandbox.omnitron.products.rows
        sku = str(rows[self._rng.choice(list(rows))]["sku"])
        way = self._rng.choice(list(self._ways))
        if sku not in self._wrong and self._is_whole(sku):
            self.ever.add(sku)
            self._wrong[sku] = (way, self._ways[way](self._sandbox.brand, sku))

    def _is_whole(self, sku: str) -> bool:
        """Whether it has all its parts, so that one of them can be spoilt."""
        brand, hub = self._sandbox.brand, self._sandbox.omnitron
        product = brand.product(sku)
        return bool(
            product["productimage_set"]
            and brand.row("productprice", sku)
            and brand.row("productstock", sku)
            and len(hub.product_categories.find("product", product["pk"])) == 1
            and product["attributes"].get("renk")
        )

    def put_one_right(self) -> None:
        if self._wrong:
            self._right(self._rng.choice(sorted(self._wrong)))

    def put_all_right(self, *, but_some: bool = False) -> None:
        """Put everything right; ``but_some``: leave some of what nobody but the brand can put right, for good."""
        for sku, (way, _) in sorted(self._wrong.items()):
            if but_some and way in _LASTING and self._rng.random() < 0.5:
                self.left[sku] = way
            elif sku not in self.left:
                self._right(sku)

    def _right(self, sku: str) -> None:
        self._wrong.pop(sku)[1]()
        self._sandbox.brand.change(sku)

    def _price(self, brand: Brand, sku: str, *amounts: str) -> Undo:
        row = brand.row("productprice", sku) or {}
        before = (row["price"], row["retail_price"])
        brand.set_price(sku, *amounts)
        return lambda: brand.set_price(sku, *before)

    def _no_price(self, brand: Brand, sku: str) -> Undo:
        row = brand.row("productprice", sku) or {}
        before = (row["price"], row["retail_price"])
        brand.remove_price(sku)
        return lambda: brand.set_price(sku, *before)

    def _no_stock(self, brand: Brand, sku: str) -> Undo:
        brand.remove_stock(sku)
        return lambda: brand.set_stock(sku, self._rng.randint(0, 60))

    def _no_image(self, brand: Brand, sku: str) -> Undo:
        urls = [image["image"] for image in brand.product(sku)["productimage_set"]]
        brand.remove_images(sku)
        return lambda: [add_image(self._sandbox.omnitron, brand.product(sku), url) for url in urls]

    def _colour(self, brand: Brand, sku: str, text: str | None) -> Undo:
        before = brand.product(sku)["attributes"]["renk"]
        brand.set_attribute(sku, "renk", text)
        return lambda: brand.set_attribute(sku, "renk", before)

    def _two_categories(self, brand: Brand, sku: str) -> Undo:
        hub = self._sandbox.omnitron
        node = hub.product_categories.find("product", brand.product(sku)["pk"])[0]["category"]
        action = hub.actions.get("categorynode", node)
        own = str(action.remote_id if action else "")
        others = [category_id("Kadın", "Giyim", "Etek"), category_id("Erkek", "Giyim", "Şort")]
        try:
            brand.set_categories(sku, own, next(other for other in others if other != own))
        except KeyError:  # nothing is drawn yet
            return lambda: None
        return lambda: brand.set_categories(sku, own)

    def _rejected(self, brand: Brand, sku: str) -> Undo:
        rejected = self._sandbox.fashfed.rejected_skus
        rejected[sku] = "The pictures are too small."
        brand.change(sku, name=f"{brand.product(sku)['name']} Özel")
        return lambda: rejected.pop(sku, None)

    def _refused(self, brand: Brand, sku: str) -> Undo:
        refused = self._sandbox.fashfed.refused_skus
        refused[sku] = "This offer is under review."

        def undo() -> None:
            refused.pop(sku, None)
            for model in ("productstock", "productprice"):
                row = brand.row(model, sku)
                if row:
                    self._sandbox.omnitron.touch(model, row)

        return undo
