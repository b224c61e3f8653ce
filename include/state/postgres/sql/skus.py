"""SQL of what comparisons of products found: states of SKUs and corrections."""

from typing import Final

_COLUMNS: Final = (
    "pk, name, in_catalog, saleable, on_sale, in_flight, price_differs, stock_differs, hub_price, market_price,"
    " hub_stock, due_stock, market_stock, code, reason"
)
_NEW: Final = ", ".join(f"excluded.{name.strip()}" for name in _COLUMNS.split(","))
_KNOWN: Final = ", ".join(f"known.{name.strip()}" for name in _COLUMNS.split(","))

STAGE_STATES: Final = """
create temporary table if not exists staged_states (like sku_states) on commit delete rows;
alter table staged_states alter column channel drop not null, alter column since drop not null;
lock table sku_states in share row exclusive mode
"""
"""Two comparisons write one after the other."""
COPY_STATES: Final = f"copy staged_states (sku, {_COLUMNS}) from stdin"
KEEP_STATES: Final = f"""
with gone as (
    delete from sku_states known
    where channel = %(channel)s and not exists (select from staged_states where staged_states.sku = known.sku)
)
insert into sku_states as known (channel, sku, {_COLUMNS}, since)
select %(channel)s, sku, {_COLUMNS}, %(now)s from staged_states order by sku
on conflict (channel, sku) do update
set ({_COLUMNS}) = row ({_NEW}),
    since = case when known.code is distinct from excluded.code then excluded.since else known.since end
where ({_KNOWN}) is distinct from ({_NEW})
"""  # noqa: S608 - the columns are named above
STATES: Final = f"""
select sku, {_COLUMNS}, since
from sku_states where channel = %(channel)s order by sku limit %(limit)s offset %(offset)s
"""  # noqa: S608
_CORRECTION: Final = "sku, hub_value, market_value, found_at, queued_at, times, confirmed_at"
CORRECTIONS: Final = f"""
select {_CORRECTION}
from corrections where channel = %(channel)s and kind = %(kind)s
order by found_at desc, id desc limit %(limit)s
"""  # noqa: S608
OPEN_CORRECTIONS: Final = f"""
select {_CORRECTION}
from corrections where channel = %(channel)s and kind = %(kind)s and confirmed_at is null
order by found_at, sku
"""  # noqa: S608
LOCK_CORRECTIONS: Final = "lock table corrections in share row exclusive mode"
DROP_CORRECTIONS: Final = """
delete from corrections
where channel = %(channel)s and kind = %(kind)s and confirmed_at is null
    and (sku = any(%(gone)s) or (sku = any(%(agreed)s) and queued_at is null))
"""
CONFIRM_CORRECTIONS: Final = """
update corrections set confirmed_at = %(now)s
where channel = %(channel)s and kind = %(kind)s and confirmed_at is null and sku = any(%(agreed)s)
returning sku
"""
FIND_CORRECTIONS: Final = """
insert into corrections as known (channel, kind, sku, hub_value, market_value, found_at)
select %(channel)s, %(kind)s, sku, hub_value, market_value, %(now)s
from unnest(%(skus)s::text[], %(hub_values)s::text[], %(market_values)s::text[])
    as found (sku, hub_value, market_value)
on conflict (channel, kind, sku) where confirmed_at is null do update
set hub_value = excluded.hub_value, market_value = excluded.market_value
where (known.hub_value, known.market_value) <> (excluded.hub_value, excluded.market_value)
"""
QUEUE_CORRECTIONS: Final = """
update corrections set queued_at = %(now)s, times = times + 1
where channel = %(channel)s and kind = %(kind)s and confirmed_at is null and sku = any(%(skus)s)
"""
