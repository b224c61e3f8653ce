"""SQL of comparisons and the differences that stand."""

from typing import Final

KEEP_COMPARISON: Final = """
insert into comparisons (channel, name, at, figures) values (%(channel)s, %(name)s, %(at)s, %(figures)s)
"""
COMPARISONS: Final = """
select name, at, figures
from comparisons where channel = %(channel)s and name = %(name)s order by at desc, id desc limit %(limit)s
"""
LOCK_DIFFERENCES: Final = "lock table differences in share row exclusive mode"
"""Comparisons write one after the other: each takes rows away and adds others, in no order that could be common."""
NOTE_DIFFERENCES: Final = """
with gone as (
    delete from differences
    where channel = %(channel)s and kind = %(kind)s and key = any(%(checked)s) and key <> all(%(keys)s)
    returning key
), kept as (
    insert into differences as known (channel, kind, key, code, text, since)
    select %(channel)s, %(kind)s, key, code, text, %(now)s
    from unnest(%(keys)s::text[], %(codes)s::text[], %(texts)s::text[]) as found (key, code, text)
    on conflict (channel, kind, key) do update set code = excluded.code, text = excluded.text
    where (known.code, known.text) <> (excluded.code, excluded.text)
    returning key, xmax = 0 as fresh  -- xmax is set on a row that was there before
)
insert into events (channel, subject, key, before, after, at)
select %(channel)s, 'difference:' || %(kind)s, key, 'found', 'gone', %(now)s from gone
union all
select %(channel)s, 'difference:' || %(kind)s, key, null, 'found', %(now)s from kept where fresh
"""
DIFFERENCES: Final = """
select key, code, text, since
from differences where channel = %(channel)s and kind = %(kind)s
order by since, key limit %(limit)s offset %(offset)s
"""
