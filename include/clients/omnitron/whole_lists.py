"""Lists of the channel's catalogue from their first row to their last, page by page.

Where rows are missing the walk raises ``RemoteUnavailable`` (list_unsteady): whoever compares must not take what was
not shown for what is not there.
"""

from collections.abc import AsyncIterator

from include.clients.omnitron.calls import LIST_LIMIT, HubCalls
from include.clients.omnitron.schemas import (
    CatalogItem,
    IntegrationAction,
    Product,
    ProductCategory,
    ProductPrice,
    ProductStock,
)
from include.clients.paging import Gaps
from include.clients.rows import parse_rows
from include.clients.wire import Query


class WholeListCalls(HubCalls):
    """Walks over everything that Omnitron has of one kind."""

    def product_pages(self) -> AsyncIterator[list[Product]]:
        """Simple products, whatever their state."""
        return self._pages("products", Product, {"product_type": 0}, gaps=Gaps.FEW)

    def price_pages(self, price_list: int | None) -> AsyncIterator[list[ProductPrice]]:
        """The prices of one list."""
        return self._pages("product_prices", ProductPrice, {"price_list": price_list}, gaps=Gaps.FEW)

    def stock_pages(self, stock_list: int | None) -> AsyncIterator[list[ProductStock]]:
        """The stocks of one list."""
        return self._pages("product_stocks", ProductStock, {"stock_list": stock_list}, gaps=Gaps.FEW)

    def category_pages(self) -> AsyncIterator[list[ProductCategory]]:
        """Which product sits in which category, of any tree."""
        return self._pages("product_categories/detailed", ProductCategory, gaps=Gaps.FEW)

    def action_pages(self, content_type: str) -> AsyncIterator[list[IntegrationAction]]:
        """What Omnitron remembers of the objects of a content type on this channel."""
        return self._pages("integration_actions", IntegrationAction, {"content_type_name": content_type}, gaps=Gaps.FEW)

    async def catalog_item_pages(self, catalog: int) -> AsyncIterator[list[CatalogItem]]:
        """Which products are in a catalogue. A user without authority over catalogues gets ``AuthenticationError``."""
        query: Query = {"catalog": catalog, "sort": "id"}
        async for raw in self.session.pages("/api/v1/catalog_items/", query, limit=LIST_LIMIT, gaps=Gaps.FEW):
            yield parse_rows(CatalogItem, raw).rows
