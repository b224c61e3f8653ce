"""Both sides of the catalogue as tables. They are read page by page, and of each row only what is compared is kept, so
that 100,000 SKUs fit into the memory of a task."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import pandas as pd

from include.clients.omnitron.schemas import Catalog, IntegrationAction, Product, ProductPrice, ProductStock
from include.errors import AuthenticationError, Refused, RemoteUnavailable, RetryNow
from include.flows.context import FlowContext
from include.together import together

Page = TypeVar("Page")
Rows = list[tuple[Any, ...]]

_PRODUCTS = {"pk": "int64", "sku": "str", "name": "str", "modified": "str", "active": "bool", "pictured": "bool"}
_PRICES = {"pk": "int64", "price_pk": "int64", "hub_price": "Int64"}
_STOCKS = {"pk": "int64", "stock_pk": "int64", "hub_stock": "Int64"}
_PLACES = {"pk": "int64", "places": "int64"}
_ACTIONS = {"pk": "int64", "remote_id": "str", "processing": "bool"}
_OFFERS = {"key": "str", "market_price": "Int64", "market_stock": "Int64", "active": "bool"}
_LARGEST = 10**12
"""Hundredths of money, or pieces, above which a value is no value: the store keeps fourteen digits."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What both sides have; ``pk`` is the product's, money is in hundredths. ``items``: products in the catalogue; None
    where Omnitron does not say, and then every product that it lists is in it."""

    products: pd.DataFrame
    prices: pd.DataFrame
    stocks: pd.DataFrame
    places: pd.DataFrame
    actions: pd.DataFrame
    offers: pd.DataFrame
    items: frozenset[int] | None


async def read_sides(ctx: FlowContext, catalog: Catalog) -> Sides:
    """Read everything, or raise: ``RetryNow`` (comparison_unfinished) when the time is over, and what the remotes say
    of lists that they do not show whole."""
    hub = ctx.hub
    (products, prices, stocks, places), (actions, offers, items) = await together(
        together(
            _read(ctx, hub.product_pages(), lambda page: map(_product, filter(_simple, page)), _PRODUCTS),
            _read(ctx, hub.price_pages(catalog.price_list), lambda page: map(_price, filter(_plain, page)), _PRICES),
            _read(ctx, hub.stock_pages(catalog.stock_list), lambda page: map(_stock, page), _STOCKS),
            _places(ctx),
        ),
        together(
            _read(ctx, hub.action_pages("product"), lambda page: map(_action, page), _ACTIONS),
            _offers(ctx),
            _items(ctx, catalog.pk),
        ),
    )
    return Sides(products, prices, stocks, places, actions, offers, items)


async def in_time(ctx: FlowContext, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """The pages, as long as there is time. Raises ``RetryNow`` (comparison_unfinished)."""
    async for page in pages:
        if ctx.out_of_time():
            raise RetryNow("comparison_unfinished")
        yield page


async def _read(
    ctx: FlowContext,
    pages: AsyncIterator[Page],
    rows_of: Callable[[Page], Iterable[tuple[Any, ...]]],
    columns: Mapping[str, str],
) -> pd.DataFrame:
    rows: Rows = []
    async for page in in_time(ctx, pages):
        rows += rows_of(page)
    return _table(rows, columns)


def _table(rows: Rows, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows with the types that merging needs; of two rows with one key the last counts."""
    table = pd.DataFrame.from_records(rows, columns=list(columns)).astype(dict(columns))
    return table.drop_duplicates(next(iter(columns)), keep="last")


def _simple(product: Product) -> bool:
    return bool(product.sku) and product.product_type in (None, "0")


def _product(product: Product) -> tuple[Any, ...]:
    shown = (row for row in product.productimage_set if row.get("status", "active") == "active")
    pictured = any(isinstance(row.get("image"), str) and row["image"] for row in shown)
    return product.pk, product.sku, product.name, product.modified_date, product.is_active, pictured


def _plain(price: ProductPrice) -> bool:
    return price.price_type in (None, "default")


def _price(price: ProductPrice) -> tuple[Any, ...]:
    return price.product, price.pk, cents(price.price)


def _stock(stock: ProductStock) -> tuple[Any, ...]:
    return stock.product, stock.pk, pieces(stock.stock)


def _action(action: IntegrationAction) -> tuple[Any, ...]:
    return action.object_id, action.remote_id, action.status == "processing"


def cents(price: Decimal | None) -> int | None:
    """An amount of money in hundredths; None for one that is no amount."""
    if price is None or not price.is_finite() or abs(price) > _LARGEST:
        return None
    return int((price * 100).to_integral_value(ROUND_HALF_UP))


def money(number: int) -> Decimal:
    """Hundredths as an amount of money."""
    return Decimal(number).scaleb(-2)


def pieces(stock: Decimal | int | None) -> int | None:
    """Whole pieces; None for anything else."""
    number = Decimal("NaN") if stock is None else Decimal(stock)
    if not number.is_finite() or abs(number) > _LARGEST or number != number.to_integral_value():
        return None
    return int(number)


async def _places(ctx: FlowContext) -> pd.DataFrame:
    """In how many categories of the channel's tree each product is."""
    channel = await ctx.hub.channel()
    if channel.category_tree is None:
        return _table([], _PLACES)
    tree = await ctx.hub.category_tree(channel.category_tree)
    root = tree.category_root.path if tree.category_root else None
    found: dict[int, int] = {}
    async for page in in_time(ctx, ctx.hub.category_pages()):
        for row in page:
            path = str(row.category.get("path") or "")
            if root and path.startswith(root) and path != root:
                found[row.product] = found.get(row.product, 0) + 1
    return _table(list(found.items()), _PLACES)


async def _offers(ctx: FlowContext) -> pd.DataFrame:
    rows: Rows = []
    unreadable = 0
    async for page in in_time(ctx, ctx.market.offers()):
        rows += ((one.sku, cents(one.price), pieces(one.stock), one.is_active is not False) for one in page.rows)
        unreadable += len(page.bad)
    if unreadable > len(rows):
        raise RemoteUnavailable(
            "answer_unreadable", remote="Fashfed", call="GET the offers", expected="offers that can be read"
        )
    return _table(rows, _OFFERS)


async def _items(ctx: FlowContext, catalog: int) -> frozenset[int] | None:
    found: set[int] = set()
    try:
        async for page in in_time(ctx, ctx.hub.catalog_item_pages(catalog)):
            found |= {item.product for item in page}
    except (AuthenticationError, Refused) as error:
        ctx.log.info("Omnitron does not tell what is in the catalogue, so all it lists counts as in it: %s", error)
        return None
    return frozenset(found)
