"""SQL of batches."""

from typing import Final

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
