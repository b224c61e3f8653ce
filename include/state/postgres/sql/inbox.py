"""SQL of the inbox."""

from typing import Final

STAGE_INBOX: Final = """
create temporary table if not exists staged_inbox
    (position integer, market_id text, changed_at timestamptz, payload json) on commit delete rows
"""
COPY_INBOX: Final = "copy staged_inbox (position, market_id, changed_at, payload) from stdin"
RECEIVE: Final = """
with changed as (
    update inbox
    set changed_at = staged.changed_at, payload = staged.payload, due_at = least(inbox.due_at, %(now)s)
    from staged_inbox staged
    where inbox.channel = %(channel)s and inbox.kind = %(kind)s and inbox.market_id = staged.market_id
        and inbox.state in ('new', 'parked') and staged.changed_at > inbox.changed_at
    returning inbox.market_id
), new as (
    insert into inbox (channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at)
    select %(channel)s, %(kind)s, market_id, 'new', changed_at, payload, %(now)s, %(now)s
    from staged_inbox order by position
    on conflict (channel, kind, market_id) do nothing
    returning market_id
), noted as (
    insert into events (channel, subject, key, after, at)
    select %(channel)s, 'inbox:' || %(kind)s, market_id, 'new', %(now)s from new
)
select (select count(*) from new) as new, (select count(*) from changed) as changed
"""
_INBOX_ROW: Final = """
select channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at, first_failed_at, failures, code,
    reason, cause
from inbox where channel = %(channel)s
"""
_OF_KIND: Final = _INBOX_ROW + " and kind = %(kind)s"
DUE: Final = (
    _OF_KIND
    + """
    and state in ('new', 'parked') and due_at <= %(now)s and market_id <> all(%(skip)s)
order by state, number limit %(limit)s
"""
)
"""``new`` sorts before ``parked``: what failed before never stands in front of what was not tried yet."""
INBOX_ROW: Final = _OF_KIND + " and market_id = %(market_id)s"
INBOX_ROWS: Final = (
    _INBOX_ROW
    + """
    and (%(kind)s::text is null or kind = %(kind)s) and state = any(%(states)s)
    and (%(code)s::text is null or code = %(code)s)
order by number desc limit %(limit)s offset %(offset)s
"""
)
INBOX_COUNTS: Final = """
select state, count(*) as number from inbox where channel = %(channel)s and kind = %(kind)s group by state
"""
INBOX_STATES: Final = """
select market_id, state from inbox
where channel = %(channel)s and kind = %(kind)s and market_id = any(%(market_ids)s)
"""
WAITING_CAUSES: Final = """
with causes as (
    select min(number) as number, max(looked_at) as last_look
    from inbox
    where channel = %(channel)s and kind = %(kind)s and state = 'parked' and cause is not null and due_at > %(now)s
    group by cause order by last_look nulls first, number limit %(limit)s
), first as (
    select market_id from inbox
    where channel = %(channel)s and kind = %(kind)s and state = 'parked'
        and number = any(array(select number from causes))
    order by market_id for update
), looked as (
    update inbox set looked_at = %(now)s
    where channel = %(channel)s and kind = %(kind)s
        and market_id = any(array(select market_id from first))  -- locks them all first
    returning *
)
select channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at, first_failed_at, failures, code,
    reason, cause
from looked join causes using (number) order by last_look nulls first, number
"""
WAKE: Final = """
with asleep as (
    select market_id from inbox
    where channel = %(channel)s and kind = %(kind)s and state = 'parked' and cause = any(%(causes)s)
        and due_at > %(now)s
    order by market_id for update
)
update inbox set due_at = %(now)s
where channel = %(channel)s and kind = %(kind)s
    and market_id = any(array(select market_id from asleep))  -- locks them all first
"""
MOVE_INBOX: Final = """
with before as (
    select market_id, state from inbox
    where channel = %(channel)s and kind = %(kind)s and market_id = any(%(market_ids)s) and state = any(%(leaving)s)
        and (pruned_at is null or %(state)s <> 'new')
    order by market_id for update
), moved as (
    update inbox
    set state = %(state)s, code = %(code)s, reason = %(reason)s, first_failed_at = %(first_failed_at)s,
        failures = %(failures)s, due_at = coalesce(%(due_at)s, due_at), cause = %(cause)s,
        looked_at = case when cause = %(cause)s then looked_at end,
        settled_at = case when state = %(state)s then settled_at
                          when %(state)s in ('done', 'excluded') then %(now)s end
    where channel = %(channel)s and kind = %(kind)s
        and market_id = any(array(select market_id from before))  -- reads and locks them all first
), noted as (
    insert into events (channel, subject, key, before, after, at)
    select %(channel)s, 'inbox:' || %(kind)s, market_id, state, %(state)s, %(now)s from before where state <> %(state)s
), audited as (
    insert into audits (channel, who, action, subject, key, reason, at)
    select %(channel)s, %(who)s, %(action)s, 'inbox:' || %(kind)s, market_id, %(why)s, %(now)s
    from before where %(who)s::text is not null order by array_position(%(market_ids)s::text[], market_id)
)
select market_id from before
"""
"""``who`` is set when a person does it."""
