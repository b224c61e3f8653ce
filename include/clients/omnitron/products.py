"""Products, stock, prices and what the Mapper says about them (api/omnitron.md section 5)."""

from collections.abc import Iterable
from urllib.parse import urlencode

from include.clients.omnitron.calls import HubCalls, chunks, in_filter
from include.clients.omnitron.schemas import (
    MappedProduct,
    Product,
    ProductCategory,
    ProductImage,
    ProductPrice,
    ProductStock,
)
from include.clients.wire import Query, pairs
from include.errors import Refused
from include.together import limited

_IDS = 100
"""Products of one look-up."""


class ProductCalls(HubCalls):
    """Look-ups among the channel's products."""

    async def products(self, pks: Iterable[int]) -> list[Product]:
        """Products by pk; those that the channel does not show are missing."""
        return await self._by_pk("products", "pk__in", pks, Product, {})

    async def products_by_sku(self, skus: Iterable[str], *, at_once: int = 8) -> list[Product]:
        """Products by SKU, with so many calls side by side; those that the channel does not show are missing."""
        wanted = dict.fromkeys(skus)

        async def look_up(query: Query) -> list[Product]:
            return await self._list("products", Product, query, limit=_IDS)

        parts = await limited(at_once, look_up, _sku_queries(wanted))
        return [product for part in parts for product in part if product.sku in wanted]

    def product_address(self, sku: str) -> str:
        """Where ``products_by_sku`` asks for this SKU when it is alone; a person may open it."""
        [query] = _sku_queries([sku])
        asked = pairs({"sort": "id", **query, "page": 1, "limit": _IDS})
        return f"{self.session.base_url}{self._path('products')}?{urlencode(asked)}"

    async def stocks(self, pks: Iterable[int]) -> list[ProductStock]:
        """Stock rows by their own pk."""
        return await self._by_pk("product_stocks", "pk__in", pks, ProductStock, {})

    async def stocks_of(self, products: Iterable[int], stock_list: int | None) -> list[ProductStock]:
        """Stock rows of products in one stock list."""
        query = {"stock_list": stock_list}
        return await self._by_pk("product_stocks", "product__pk__in", products, ProductStock, query)

    async def prices(self, pks: Iterable[int]) -> list[ProductPrice]:
        """Price rows by their own pk."""
        return await self._by_pk("product_prices", "pk__in", pks, ProductPrice, {})

    async def prices_of(self, products: Iterable[int], price_list: int | None) -> list[ProductPrice]:
        """Price rows of products in one price list."""
        query = {"price_list": price_list}
        return await self._by_pk("product_prices", "product__pk__in", products, ProductPrice, query)

    async def mapped_product(self, pk: int) -> MappedProduct:
        """The Mapper's result; ``Refused`` with 406 when the product cannot be mapped."""
        return await self._get("mapped_products", pk, MappedProduct)

    async def product_categories(self, pk: int) -> list[ProductCategory]:
        """The categories that a product sits in."""
        return await self._list("product_categories/detailed", ProductCategory, {"product": pk})

    async def categories_of(self, products: Iterable[int]) -> list[ProductCategory] | None:
        """The categories of many products; None where the hub does not know the filter (it is not documented)."""
        asked = list(products)
        found: list[ProductCategory] = []
        for chunk in chunks(asked, _IDS):
            query = {"product__in": ",".join(map(str, chunk))}
            try:
                async for rows in self._pages("product_categories/detailed", ProductCategory, query):
                    if any(row.product not in chunk for row in rows):
                        return None  # it gives everything there is
                    found += rows
            except Refused as refusal:
                if refusal.status != 400:
                    raise
                return None
        return found

    async def images_of(self, products: Iterable[int]) -> list[ProductImage]:
        """The images of products."""
        return await self._by_pk("product_images", "product__pk__in", products, ProductImage, {})


def _sku_queries(skus: Iterable[str]) -> list[Query]:
    """Queries that together find all SKUs; one that holds a comma is asked for alone, by the filter ``sku``."""
    queries = in_filter("sku", skus, _IDS)
    return [{"sku": query["sku__exact"]} if "sku__exact" in query else query for query in queries]
