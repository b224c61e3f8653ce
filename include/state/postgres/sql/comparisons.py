"""SQL of comparisons and the differences that stand."""

from typing import Final

KEEP_COMPARISON: Final = """
insert into comparisons (channel, name, at, figures) values (%(channel)s, %(name)s, %(at)s, %(figures)s)
"""
COMPARISONS: Final = """
select name, at, figures
from comparisons where channel = %(channel)s and name = %(name)s order by at desc, id desc limit %(limit)s
"""
NOTE_DIFFERENCES: Final = """
with before as (
    select key from differences
    where channel = %(channel)s and kind = %(kind)s and key = any(%(checked)s::text[] || %(keys)s::text[])
    order by key for update
), gone as (
    delete from differences
    where channel = %(channel)s and kind = %(kind)s
        and key = any(array(select key from before))  -- reads and locks them all first
        and key <> all(%(keys)s)
    returning key
), kept as (
    insert into differences as known (channel, kind, key, code, text, since)
    select %(channel)s, %(kind)s, key, code, text, %(now)s
    from unnest(%(keys)s::text[], %(codes)s::text[], %(texts)s::text[]) as found (key, code, text)
    where (select count(*) from before) >= 0  -- always so; reads and locks them all first
    order by key collate "C"
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
