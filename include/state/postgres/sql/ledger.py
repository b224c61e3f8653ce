"""SQL of the identity map and the sent ledger."""

from typing import Final

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
IDENTITIES_OF: Final = """
select kind, remote_id, hub_id, detail
from identity_map where channel = %(channel)s and kind = %(kind)s and hub_id = any(%(hub_ids)s)
order by hub_id, remote_id collate "C"
"""
STAGE_NAMES: Final = STAGE_IDENTITIES + "; lock table identity_map in share row exclusive mode"
"""No other name is written until these are: two renames of one hub id would otherwise leave it with two names."""
_FORGET_FORMER_NAMES: Final = """
with gone as (
    delete from identity_map
    where channel = %(channel)s and (kind, hub_id) in (select kind, hub_id from staged_identities)
        and (kind, remote_id, hub_id) not in (select kind, remote_id, hub_id from staged_identities)
)
"""
RENAME: Final = _FORGET_FORMER_NAMES + BIND
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
UNCONFIRMED: Final = """
select key
from sent_ledger
where channel = %(channel)s and kind = %(kind)s and value is null and not doubted and sent_at >= %(since)s
"""
DOUBTED: Final = """
select key from sent_ledger where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s) and doubted
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
