"""The hands of the brand on single products: everything that a flow must cope with or name, and its undoing."""

from collections.abc import Mapping
from typing import Any

from include.sandbox.merchant import drawn_node, put_into
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.product_rows import add_catalog_item, add_price, add_stock
from include.sandbox.routing import Row


class Brand:
    """Works on the hub as people in Omnitron do. A SKU that is not there raises KeyError."""

    def __init__(self, hub: Omnitron) -> None:
        self._hub = hub

    def product(self, sku: str) -> Row:
        found = self._hub.products.find("sku", sku)
        if not found:
            raise KeyError(f"no product {sku}")
        return found[0]

    def row(self, model: str, sku: str) -> Row | None:
        """The stock (productstock) or price (productprice) of a SKU on the channel's list."""
        name = {"productstock": "stock_list", "productprice": "price_list"}[model]
        rows = self._hub.tables[model].find("product", self.product(sku)["pk"])
        return next((row for row in rows if row[name] == self._hub.catalog[name]), None)

    def remove_stock(self, sku: str) -> None:
        self._remove("productstock", sku)

    def remove_price(self, sku: str) -> None:
        self._remove("productprice", sku)

    def _remove(self, model: str, sku: str) -> None:
        row = self.row(model, sku)
        if row is None:
            return
        action = self._hub.actions.get(model, row["pk"])
        if action:
            self._hub.actions.remove(action)
        self._hub.feeds.forget(model, row)
        self._hub.tables[model].remove(row)

    def set_stock(self, sku: str, stock: int) -> Row:
        """Another stock, in a new row if there is none."""
        row = self.row("productstock", sku)
        if row:
            return self._hub.touch("productstock", row, stock=stock)
        return add_stock(self._hub, self.product(sku)["pk"], stock)

    def set_price(self, sku: str, price: str, retail_price: str | None = None) -> Row:
        """Another price, right or wrong, in a new row if there is none; without a retail price that stays."""
        row = self.row("productprice", sku)
        if row is None:
            return add_price(self._hub, self.product(sku)["pk"], price, retail_price or price)
        return self._hub.touch("productprice", row, price=price, retail_price=retail_price or row["retail_price"])

    def set_attribute(self, sku: str, name: str, text: str | None = None) -> Row:
        """An attribute of the product (renk, beden, materyal); without a text it is taken away."""
        product = self.product(sku)
        kept = {key: value for key, value in product["attributes"].items() if key != name}
        return self.change(sku, attributes={**kept, **({name: text} if text is not None else {})})

    def set_categories(self, sku: str, *categories: str) -> Row:
        """Put the product into these categories (their ids at the market) and no other."""
        hub, product = self._hub, self.product(sku)
        nodes = [drawn_node(hub, category) for category in categories]
        if None in nodes:
            raise KeyError(f"not drawn: {categories}")
        hub.merchandised.add(product["pk"])
        for row in hub.product_categories.find("product", product["pk"]):
            hub.product_categories.remove(row)
        for node in nodes:
            if node:
                put_into(hub, product["pk"], node)
        return hub.touch("product", product)

    def remove_images(self, sku: str) -> Row:
        hub, product = self._hub, self.product(sku)
        for row in hub.images.find("product", product["pk"]):
            hub.feeds.forget("productimage", row)
            hub.images.remove(row)
        return self.change(sku, productimage_set=[])

    def change_image(self, sku: str) -> Row:
        """Another picture: only the image's row gets a new version, the product keeps its own."""
        hub, product = self._hub, self.product(sku)
        images = hub.images.find("product", product["pk"])
        if not images:
            raise KeyError(f"no image of {sku}")
        stem, _, number = images[0]["image"].removesuffix(".jpg").rpartition("-")
        row = hub.touch("productimage", images[0], image=f"{stem}-{int(number) + 1}.jpg")
        shown = [{"pk": image["pk"], "status": image["status"], "image": image["image"]} for image in images]
        hub.products.change(product, productimage_set=shown)
        return row

    def change(self, sku: str, **facts: Any) -> Row:
        """Change a product (name, attributes); without facts only its modified date moves."""
        return self._hub.touch("product", self.product(sku), **facts)

    def leave_catalogue(self, sku: str) -> None:
        """The product leaves the channel's catalog; its rows leave the feeds."""
        hub, product = self._hub, self.product(sku)
        for item in hub.catalog_items.find("product", product["pk"]):
            hub.catalog_items.remove(item)
        hub.refresh_product(product)

    def return_to_catalogue(self, sku: str) -> None:
        hub, product = self._hub, self.product(sku)
        if not hub.catalog_items.find("product", product["pk"]):
            add_catalog_item(hub, product["pk"])
            hub.refresh_product(product)

    def set_rule(self, attribute: str, rule: Mapping[str, Any]) -> None:
        """Fill or empty the rules of an attribute in the Mapper."""
        hub = self._hub
        schemas = hub.attribute_schemas.find("name", hub.schema_name(attribute))
        if not schemas:
            raise KeyError(f"no attribute {attribute}")
        hub.ruled.add(schemas[0]["pk"])
        hub.attribute_schemas.change(schemas[0], schema=dict(rule), modified_date=hub.now())
