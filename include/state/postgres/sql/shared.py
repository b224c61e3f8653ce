"""SQL of watermarks, the cache and the call budget."""

from typing import Final

WATERMARK: Final = "select reached from watermarks where channel = %(channel)s and flow = %(flow)s"
MOVE_WATERMARK: Final = """
insert into watermarks as known (channel, flow, reached) values (%(channel)s, %(flow)s, %(to)s)
on conflict (channel, flow) do update set reached = excluded.reached where excluded.reached > known.reached
"""
CACHED: Final = """
select key, value from cache where scope = %(scope)s and key = any(%(keys)s) and expires_at > %(now)s
"""
CACHE: Final = """
insert into cache (scope, key, value, expires_at)
select %(scope)s, key, value::json, %(expires_at)s
from unnest(%(keys)s::text[], %(values)s::text[]) as given (key, value) order by key
on conflict (scope, key) do update set value = excluded.value, expires_at = excluded.expires_at
"""
UNCACHE: Final = "delete from cache where scope = %(scope)s and key = any(%(keys)s)"
LEASE_CALLS: Final = """
insert into call_budget as known (remote, paid_at, paused_until)
values (%(remote)s, %(now)s::timestamptz + %(cost)s, '-infinity')
on conflict (remote) do update
set paid_at = greatest(known.paid_at, known.paused_until, %(now)s::timestamptz) + %(cost)s
returning greatest(paid_at - %(ahead)s, paused_until, %(now)s::timestamptz) - %(now)s::timestamptz as wait
"""
PAUSE_CALLS: Final = """
insert into call_budget as known (remote, paid_at, paused_until) values (%(remote)s, '-infinity', %(until)s)
on conflict (remote) do update set paused_until = greatest(known.paused_until, excluded.paused_until)
"""
