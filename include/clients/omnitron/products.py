"""Products, stock, prices and what the Mapper says about them (api/omnitron.md section 5)."""

from collections.abc import Iterable

from include.clients.omnitron.calls import HubCalls, in_filter
from include.clients.omnitron.schemas import MappedProduct, Product, ProductCategory, ProductPrice, ProductStock

_IDS = 100
"""Products of one look-up."""


class ProductCalls(HubCalls):
    """Look-ups among the channel's products."""

    async def products(self, pks: Iterable[int]) -> list[Product]:
        """Products by pk; those that the channel does not show are missing."""
        return await self._by_pk("products", "pk__in", pks, Product, {})

    async def products_by_sku(self, skus: Iterable[str]) -> list[Product]:
        """Products by SKU."""
        return [
            product
            for query in in_filter("sku", skus, _IDS)
            for product in await self._list("products", Product, query, limit=_IDS)
        ]

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
