"""SQL of what a brake holds back."""

from typing import Final

STAGE_HOLDS: Final = """
create temporary table if not exists staged_holds
    (key text collate "C", pk bigint, version text, before text, after text, held_at timestamptz)
    on commit delete rows
"""
COPY_HOLDS: Final = "copy staged_holds (key, pk, version, before, after, held_at) from stdin"
HOLD: Final = """
with before as (
    select key, passed_at from holds
    where channel = %(channel)s and kind = %(kind)s and key = any(array(select key from staged_holds))
    order by key for update
), kept as (
    insert into holds as known (channel, kind, key, pk, version, before, after, held_at)
    select %(channel)s, %(kind)s, key, pk, version, before, after, held_at
    from staged_holds
    where (select count(*) from before) >= 0  -- always so; reads and locks them all first
    order by key
    on conflict (channel, kind, key) do update
    set pk = excluded.pk, version = excluded.version, before = excluded.before, after = excluded.after,
        held_at = excluded.held_at, passed_at = null
    where known.version <> excluded.version
    returning key, held_at, xmax = 0 as fresh  -- xmax is set on a row that was there before
)
insert into events (channel, subject, key, before, after, at)
select %(channel)s, 'hold:' || %(kind)s, key, case when not fresh then 'passed' end, 'held', kept.held_at
from kept left join before using (key) where fresh or before.passed_at is not null
"""
_HOLDS: Final = """
select key, pk, version, before, after, held_at, passed_at
from holds where channel = %(channel)s and kind = %(kind)s
"""
HOLDS: Final = _HOLDS + " order by key"
HOLDS_OF: Final = _HOLDS + " and key = any(%(keys)s) order by key"
LET_PASS: Final = """
with waiting as (
    select key from holds
    where channel = %(channel)s and kind = %(kind)s and passed_at is null
        and (%(keys)s::text[] is null or key in (select unnest(%(keys)s::text[])))
    order by key for update
), passed as (
    update holds set passed_at = %(now)s
    where channel = %(channel)s and kind = %(kind)s
        and key = any(array(select key from waiting))  -- reads and locks them all first
    returning key, pk, version, before, after, held_at, passed_at
), noted as (
    insert into events (channel, subject, key, before, after, at)
    select %(channel)s, 'hold:' || %(kind)s, key, 'held', 'passed', %(now)s from passed
)
select * from passed order by key
"""  # noqa: S105
DROP_HOLDS: Final = """
with dropped as (
    select key from holds
    where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    order by key for update
)
delete from holds
where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    and (select count(*) from dropped) > 0  -- locks them all first, in the order of all who write here
"""
