"""SQL of suggested products."""

from typing import Final

STAGE_SUGGESTIONS: Final = """
create temporary table if not exists staged_suggestions
    (key text collate "C", pk bigint, version text, version_at timestamptz) on commit delete rows
"""
COPY_SUGGESTIONS: Final = "copy staged_suggestions (key, pk, version, version_at) from stdin"
AWAIT_APPROVAL: Final = """
with before as (
    select key, state from suggestions
    where channel = %(channel)s and key = any(array(select key from staged_suggestions))
    order by key for update
), kept as (
    insert into suggestions as known (channel, key, pk, version, version_at, state, suggested_at)
    select %(channel)s, key, pk, version, version_at, 'waiting', %(now)s
    from staged_suggestions
    where (select count(*) from before) >= 0  -- always so; reads and locks them all first
    order by key
    on conflict (channel, key) do update
    set pk = excluded.pk, version = excluded.version, version_at = excluded.version_at, state = excluded.state,
        suggested_at = excluded.suggested_at, reason = null
    where coalesce(excluded.version_at >= known.version_at, true)
        and (known.state, known.version) <> (excluded.state, excluded.version)
    returning key, xmax = 0 as fresh  -- xmax is set on a row that was there before
)
insert into events (channel, subject, key, before, after, at)
select %(channel)s, 'suggestion', key, before.state, 'waiting', %(now)s
from kept left join before using (key) where fresh or before.state <> 'waiting'
"""
SUGGESTIONS: Final = """
select key, pk, version, state, suggested_at, reason
from suggestions where channel = %(channel)s and state = %(state)s
order by suggested_at, key limit %(limit)s
"""
DECIDE: Final = """
with waiting as (
    select key from suggestions
    where channel = %(channel)s and key = any(%(keys)s::text[]) and state = 'waiting' order by key for update
), decided as (
    update suggestions kept set state = said.state, reason = said.reason
    from unnest(%(keys)s::text[], %(versions)s::text[], %(states)s::text[], %(reasons)s::text[])
        as said (key, version, state, reason)
    where kept.channel = %(channel)s and kept.key = said.key and kept.version = said.version
        and kept.state = 'waiting'
        and (select count(*) from waiting) > 0  -- reads and locks them all first
    returning kept.key, kept.state
), noted as (
    insert into events (channel, subject, key, before, after, at)
    select %(channel)s, 'suggestion', key, 'waiting', state, %(now)s from decided
)
select key from decided
"""
