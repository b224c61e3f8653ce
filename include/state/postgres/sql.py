"""Every statement of the store, named after the method it serves. Parameters are psycopg's ``%(name)s``."""

from typing import Final

# --- channels and locks -----------------------------------------------------------------------------------
BORN_AT: Final = """
insert into channels as known (channel, born_at) values (%(channel)s, %(now)s)
on conflict (channel) do update set born_at = known.born_at
returning born_at
"""
TRY_LOCK: Final = "select pg_try_advisory_lock(hashtextextended(%(name)s, 0)) as held"
UNLOCK: Final = "select pg_advisory_unlock(hashtextextended(%(name)s, 0)) as held"

# --- runs and the record log ------------------------------------------------------------------------------
WRITE_RUN: Final = """
insert into run_reports (channel, flow, run_id, step, outcome, reason, started_at, finished_at, seconds,
                         window_start, window_end, counts, requests, errors)
values (%(channel)s, %(flow)s, %(run_id)s, %(step)s, %(outcome)s, %(reason)s, %(started_at)s, %(finished_at)s,
        %(seconds)s, %(window_start)s, %(window_end)s, %(counts)s, %(requests)s, %(errors)s)
on conflict (channel, flow, run_id, step) do update
set outcome = excluded.outcome, reason = excluded.reason, started_at = excluded.started_at,
    finished_at = excluded.finished_at, seconds = excluded.seconds, window_start = excluded.window_start,
    window_end = excluded.window_end, counts = excluded.counts, requests = excluded.requests, errors = excluded.errors
"""
LAST_RUNS: Final = """
select run_id, step, outcome, started_at, finished_at, seconds, counts, requests, errors, reason
from run_reports where channel = %(channel)s and flow = %(flow)s
order by started_at desc, id desc limit %(limit)s
"""
COPY_LOG: Final = "copy record_log (channel, flow, log_id, kind, key, ok, code, message, at) from stdin"
LOG_ENTRIES: Final = """
select log_id, kind, key, ok, code, message, at
from record_log where channel = %(channel)s and flow = %(flow)s
order by at desc, id desc limit %(limit)s
"""

# --- batches ----------------------------------------------------------------------------------------------
ADD_BATCH: Final = """
with added as (
    insert into batches (id, channel, flow, content_type, state, pk, local_batch_id, opened_at, sent_at, items)
    values (%(id)s, %(channel)s, %(flow)s, %(content_type)s, %(state)s, %(pk)s, %(local_batch_id)s, %(opened_at)s,
            %(sent_at)s, %(items)s)
    returning *
)
insert into events (channel, subject, key, after, at) select channel, 'batch', id, state, opened_at from added
"""
BATCH: Final = "select state, pk from batches where id = %(id)s for update"
COMMIT_HOLDER: Final = """
select coalesce(holder.local_batch_id, holder.id) as name, content_type
from batches holder join batches refused using (channel, content_type)
where refused.id = %(id)s and holder.state = 'commit'
"""
CHANGE_BATCH: Final = """
with changed as (
    update batches
    set state = %(state)s, pk = coalesce(%(pk)s, pk), local_batch_id = coalesce(%(local_batch_id)s, local_batch_id),
        sent_at = coalesce(%(sent_at)s, sent_at), items = coalesce(%(items)s, items)
    where id = %(id)s
    returning *
)
insert into events (channel, subject, key, before, after, at)
select channel, 'batch', id, %(before)s, state, %(now)s from changed where state <> %(before)s
"""
OPEN_BATCHES: Final = """
select id, channel, flow, content_type, state, opened_at, pk, local_batch_id, sent_at
from batches where channel = %(channel)s and content_type = %(content_type)s and state not in ('done', 'fail')
order by opened_at, number
"""
BATCH_ITEMS: Final = "select items from batches where id = %(id)s"

# --- inbox ------------------------------------------------------------------------------------------------
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
    reason
from inbox where channel = %(channel)s and kind = %(kind)s
"""
DUE: Final = (
    _INBOX_ROW
    + """
    and state in ('new', 'parked') and due_at <= %(now)s and market_id <> all(%(skip)s)
order by state, number limit %(limit)s
"""
)
"""``new`` sorts before ``parked``: what failed before never stands in front of what was not tried yet."""
INBOX_ROW: Final = _INBOX_ROW + " and market_id = %(market_id)s"
INBOX_COUNTS: Final = """
select state, count(*) as number from inbox where channel = %(channel)s and kind = %(kind)s group by state
"""
MOVE_INBOX: Final = """
with before as (
    select market_id, state from inbox
    where channel = %(channel)s and kind = %(kind)s and market_id = any(%(market_ids)s) and state = any(%(leaving)s)
    order by market_id for update
), moved as (
    update inbox
    set state = %(state)s, code = %(code)s, reason = %(reason)s, first_failed_at = %(first_failed_at)s,
        failures = %(failures)s, due_at = coalesce(%(due_at)s, due_at)
    where channel = %(channel)s and kind = %(kind)s and market_id = any(%(market_ids)s) and state = any(%(leaving)s)
        and (select count(*) from before) > 0  -- reads and locks them all first; a join here is planned badly
)
insert into events (channel, subject, key, before, after, at)
select %(channel)s, 'inbox:' || %(kind)s, market_id, state, %(state)s, %(now)s from before where state <> %(state)s
"""

# --- claims, identities, sent values ------------------------------------------------------------------------
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
STAGE_IDENTITIES: Final = """
create temporary table if not exists staged_identities
    (kind text, remote_id text, hub_id bigint, detail json) on commit delete rows
"""
COPY_IDENTITIES: Final = "copy staged_identities (kind, remote_id, hub_id, detail) from stdin"
BIND: Final = """
insert into identity_map (channel, kind, remote_id, hub_id, detail, bound_at)
select %(channel)s, kind, remote_id, hub_id, detail, %(now)s
from staged_identities order by kind, remote_id, hub_id
on conflict (channel, kind, remote_id, hub_id) do update set detail = excluded.detail, bound_at = excluded.bound_at
"""
IDENTITIES: Final = """
select kind, remote_id, hub_id, detail
from identity_map where channel = %(channel)s and kind = %(kind)s and remote_id = any(%(remote_ids)s)
order by remote_id, hub_id
"""
SENT: Final = """
select key, value, version
from sent_ledger where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s) and value is not null
"""
STAGE_SENT: Final = """
create temporary table if not exists staged_sent
    (key text, value text, version text, version_at timestamptz) on commit delete rows
"""
COPY_SENT: Final = "copy staged_sent (key, value, version, version_at) from stdin"
SUBMIT: Final = """
insert into sent_ledger as kept (channel, kind, key, value, version, version_at, sent_at)
select %(channel)s, %(kind)s, key, null, version, version_at, %(now)s
from staged_sent order by key
on conflict (channel, kind, key) do update
set value = null, version = excluded.version, version_at = excluded.version_at, sent_at = excluded.sent_at,
    doubted = false
where coalesce(excluded.version_at >= kept.version_at, true)
returning key
"""
RECORD_SENT: Final = """
insert into sent_ledger as kept (channel, kind, key, value, version, version_at, sent_at)
select %(channel)s, %(kind)s, key, value, version, version_at, %(now)s
from staged_sent order by key
on conflict (channel, kind, key) do update
set value = excluded.value, version = excluded.version, version_at = excluded.version_at, sent_at = excluded.sent_at,
    doubted = false
where coalesce(excluded.version_at >= kept.version_at, true) and not (kept.doubted and excluded.version = kept.version)
"""
DOUBT_SENT: Final = """
with doubted as (
    select key from sent_ledger
    where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    order by key for update
)
update sent_ledger set value = null, doubted = true
where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    and (select count(*) from doubted) > 0  -- locks them all first, in the order of all who write here
"""
FORGET_SENT: Final = """
with forgotten as (
    select key from sent_ledger
    where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    order by key for update
)
delete from sent_ledger
where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s)
    and (select count(*) from forgotten) > 0  -- locks them all first, in the order of all who write here
"""

# --- findings, suggestions, holds ---------------------------------------------------------------------------
COPY_FINDINGS: Final = """
copy findings (channel, flow, run_id, kind, key, verdict, value, code, text, kept_at) from stdin
"""
FINDINGS: Final = """
select kind, key, verdict, value, code, text
from findings
where channel = %(channel)s and flow = %(flow)s and run_id = coalesce(%(run_id)s, (
    select run_id from findings where channel = %(channel)s and flow = %(flow)s order by id desc limit 1))
order by id limit %(limit)s offset %(offset)s
"""
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

# --- watermarks, cache, call budget -------------------------------------------------------------------------
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

# --- for people and tests -----------------------------------------------------------------------------------
EVENTS: Final = """
select subject, key, before, after, at
from events where channel = %(channel)s and subject = %(subject)s and key = %(key)s order by id
"""
