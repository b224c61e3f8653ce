"""SQL of claims."""

from typing import Final

CLAIM: Final = """
with held as (
    insert into claims as known (channel, action, key, state, detail, made_at)
    values (%(channel)s, %(action)s, %(key)s, 'open', %(detail)s, %(now)s)
    on conflict (channel, action, key) do update set state = known.state  -- changes nothing, but returns the row
    returning state, detail, made_at, xmax = 0 as fresh  -- xmax is set on a row that was there before
), noted as (
    insert into events (channel, subject, key, after, at)
    select %(channel)s, 'claim:' || %(action)s, %(key)s, state, %(now)s from held where fresh
)
select * from held
"""
CLAIMS: Final = """
select key, state, detail, made_at
from claims where channel = %(channel)s and action = %(action)s and key = any(%(keys)s)
"""
SETTLE_CLAIM: Final = """
with before as (
    select state from claims where channel = %(channel)s and action = %(action)s and key = %(key)s for update
), settled as (
    update claims set state = 'done', detail = detail || %(detail)s
    where channel = %(channel)s and action = %(action)s and key = %(key)s and exists (select from before)
), noted as (
    insert into events (channel, subject, key, before, after, at)
    select %(channel)s, 'claim:' || %(action)s, %(key)s, state, 'done', %(now)s from before where state <> 'done'
)
select state from before
"""
DROP_CLAIM: Final = """
with dropped as (
    delete from claims
    where channel = %(channel)s and action = %(action)s and key = %(key)s and state = 'open'
    returning state
)
insert into events (channel, subject, key, before, after, at)
select %(channel)s, 'claim:' || %(action)s, %(key)s, state, 'dropped', %(now)s from dropped
"""
