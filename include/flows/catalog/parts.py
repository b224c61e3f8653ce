"""What belongs to a product in Omnitron: stock, price, images and categories."""

from collections.abc import Sequence

from include.clients.omnitron.schemas import Catalog, Product, ProductImage, ProductPrice, ProductStock
from include.domain.batch import BatchItem, Fate
from include.errors import Refused, RetryNow
from include.flows.apart import look_up
from include.flows.catalog.categories import Categories
from include.flows.context import FlowContext
from include.mapping.products import Node, Suggestion
from include.together import together

CONTENT_TYPE = "product"
_STOCK, _PRICE, _IMAGE = "productstock", "productprice", "productimage"

Trouble = RetryNow | Refused


class Parts:
    """The parts of some products, by product."""

    def __init__(self) -> None:
        self.stocks: dict[int, ProductStock] = {}
        self.prices: dict[int, ProductPrice] = {}
        self.images: dict[int, list[ProductImage]] = {}
        self.nodes: dict[int, list[Node]] = {}
        self.spoiled: dict[int, Trouble] = {}
        """Products of which something could not be read."""

    @classmethod
    async def read(cls, ctx: FlowContext, categories: Categories, catalog: Catalog, rows: Sequence[Product]) -> "Parts":
        """Read stocks, prices, images and categories side by side; one product that spoils a call costs only itself."""
        hub, parts, pks = ctx.hub, cls(), [product.pk for product in rows]

        async def stocks(some: Sequence[int]) -> list[ProductStock]:
            return await hub.stocks_of(some, catalog.stock_list)

        async def prices(some: Sequence[int]) -> list[ProductPrice]:
            return await hub.prices_of(some, catalog.price_list)

        found = await together(
            look_up(stocks, pks), look_up(prices, pks), look_up(hub.images_of, pks), look_up(categories.of, pks)
        )
        (stock_rows, _), (price_rows, _), (image_rows, _), (places, _) = found
        for _, spoiled in found:
            parts.spoiled |= spoiled
        parts.stocks = {row.product: row for row in stock_rows}
        parts.prices = {row.product: row for row in price_rows if row.price_type in (None, "default")}
        for image in image_rows:
            parts.images.setdefault(image.product, []).append(image)
        for product, node in places:
            parts.nodes.setdefault(product, []).append(node)
        return parts

    def riders(
        self, product: Product, key: str, suggestion: Suggestion | None = None, *, named: bool
    ) -> list[BatchItem]:
        """Stock, price and images that go with a product. Of a product that is on Fashfed already, stock and price
        stay the business of their own flows (a product that fails must not hold its stock back)."""
        stock, price = self.stocks.get(product.pk), self.prices.get(product.pk)
        found = [
            BatchItem(row.pk, kind, row.modified_date, key, value, unnamed=not named)
            for row, kind, value in (
                (stock, _STOCK, suggestion.stock if suggestion else ""),
                (price, _PRICE, suggestion.price if suggestion else ""),
            )
            if row is not None and (named or suggestion)
        ]
        images = self.images.get(product.pk, [])
        return found + [BatchItem(image.pk, _IMAGE, image.modified_date, key) for image in images]

    def unchanged_images(self, product: Product, key: str) -> list[BatchItem]:
        """The images of a product that Fashfed has as it is."""
        images = self.images.get(product.pk, [])
        return [BatchItem(one.pk, _IMAGE, one.modified_date, key, fate=Fate.UNCHANGED) for one in images]
