"""SQL of all that is known of one SKU."""

from typing import Final

ONE: Final = """
select sku, pk, name, in_catalog, saleable, on_sale, in_flight, price_differs, stock_differs, hub_price, market_price,
    hub_stock, due_stock, market_stock, code, reason, since
from sku_states where channel = %(channel)s and sku = %(sku)s
"""
SENT: Final = """
select kind, value, version, doubted, sent_at from sent_ledger
where channel = %(channel)s and kind = any(%(kinds)s) and key = %(sku)s
"""
SUGGESTION: Final = """
select key, pk, version, state, suggested_at, reason from suggestions where channel = %(channel)s and key = %(sku)s
"""
HOLDS: Final = """
select kind, before, after, held_at, passed_at from holds where channel = %(channel)s and key = %(sku)s order by kind
"""
CORRECTIONS: Final = """
select kind, hub_value, market_value, found_at, queued_at, times, confirmed_at from corrections
where channel = %(channel)s and sku = %(sku)s order by found_at desc, id desc limit 6
"""
ALIKE: Final = """
select sku from sku_states where channel = %(channel)s and lower(sku) = lower(%(text)s) order by sku limit 1
"""
