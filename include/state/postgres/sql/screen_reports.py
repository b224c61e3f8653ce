"""SQL of the reports on products. Statements are put together from these texts; values always travel apart."""

from typing import Final

VIEWS: Final = {
    "not_on_sale": "in_catalog and not on_sale",
    "prices": "price_differs",
    "stocks": "stock_differs",
}
"""What each report holds."""
SORTS: Final = {
    "sku": "sku",
    "name": "name",
    "hub_price": "hub_price",
    "market_price": "market_price",
    "price_difference": "market_price - hub_price",
    "hub_stock": "hub_stock",
    "due_stock": "due_stock",
    "market_stock": "market_stock",
    "stock_difference": "market_stock - due_stock",
    "code": "code",
    "since": "since",
}
"""What rows may be ordered by."""
_ROW: Final = (
    "sku, pk, name, in_catalog, saleable, on_sale, in_flight, price_differs, stock_differs, hub_price, market_price,"
    " hub_stock, due_stock, market_stock, code, reason, since"
)
_FILTER: Final = """
channel = %(channel)s and {view} and (%(code)s::text is null or code = %(code)s)
    and (%(text)s::text is null or sku ilike %(text)s or name ilike %(text)s or reason ilike %(text)s)
"""
PAGE: Final = f"""
select {_ROW} from sku_states where {_FILTER} order by {{order}} limit %(limit)s offset %(offset)s
"""  # noqa: S608 - the columns are named above
COUNT: Final = f"select count(*) as records from sku_states where {_FILTER}"  # noqa: S608
COUNTS: Final = """
select count(*) filter (where in_catalog and not on_sale) as not_on_sale,
    count(*) filter (where price_differs) as prices, count(*) filter (where stock_differs) as stocks
from sku_states where channel = %(channel)s
"""
CODES: Final = """
select code, count(*) as records from sku_states
where channel = %(channel)s and {view} and code is not null
group by code order by records desc, code
"""
