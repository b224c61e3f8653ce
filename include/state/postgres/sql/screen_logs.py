"""SQL of the log screen. Statements are put together from these texts; values always travel apart from them."""

from typing import Final

ROW: Final = "id, flow, log_id, kind, key, ok, code, message, at, run_id"
CONDITIONS: Final = {
    "flow": "flow = %(flow)s",
    "kind": "kind = %(kind)s",
    "keys": "key = any(%(keys)s)",
    "log_id": "log_id ilike %(log_id)s",
    "start": "at >= %(start)s",
    "end": "at < %(end)s",
}
OUTCOMES: Final = {True: "ok", False: "not ok"}
OLDER: Final = "(at, id) < (%(at)s, %(id)s)"
NEWER: Final = "(at, id) > (%(at)s, %(id)s)"
NEWEST_FIRST: Final = "at desc, id desc"
OLDEST_FIRST: Final = "at, id"

PAGE: Final = """
select {row} from record_log where channel = %(channel)s and {conditions} order by {order} limit %(limit)s
"""
NEAREST: Final = """
select {row} from (
    select {row} from record_log where channel = %(channel)s and {before} order by {order} limit %(nearest)s
) as nearest where {conditions} order by {order} limit %(limit)s
"""
"""The page, as far as the rows nearest to where it begins hold it."""
BY_PARTS: Final = """
with found as materialized (
    select {row} from record_log where channel = %(channel)s and {conditions}
)
select {row} from found order by {order} limit %(limit)s
"""
"""The page of a rare part of a log id: whatever the planner believes, the part is looked up first."""
ENTRY: Final = """
select {row}, request, response from record_log where channel = %(channel)s and id = %(id)s
"""
_RUN: Final = """
select -id as id, flow, run_id as log_id, 'run' as kind, step as key, false as ok, code,
    coalesce(reason, 'It failed') as message, finished_at as at, run_id
from run_reports where channel = %(channel)s and outcome = 'failed'
"""
FAILED_RUNS: Final = (
    _RUN
    + """
    and (%(flow)s::text is null or flow = %(flow)s) and (%(log_id)s::text is null or run_id ilike %(log_id)s)
    and finished_at >= coalesce(%(start)s, '-infinity'::timestamptz)
    and finished_at < coalesce(%(end)s, 'infinity'::timestamptz)
    and {beside} order by {order} limit %(limit)s
"""
)
"""Runs that failed as rows of the log; their numbers are below 0."""
OLDER_RUN: Final = "finished_at <= %(at)s and (finished_at, -id) < (%(at)s, %(id)s)"
NEWER_RUN: Final = "finished_at >= %(at)s and (finished_at, -id) > (%(at)s, %(id)s)"
NEWEST_RUN_FIRST: Final = "finished_at desc, id"
OLDEST_RUN_FIRST: Final = "finished_at, id desc"
FAILED_RUN: Final = _RUN + " and id = -%(id)s"
STEP: Final = """
select step from run_reports
where channel = %(channel)s and flow = %(flow)s and run_id = %(run_id)s and step <> 'feature_flag'
order by started_at <= %(at)s desc, started_at desc limit 1
"""
PACKAGES_OF: Final = """
with packages as (
    select market_id from inbox
    where channel = %(channel)s and kind = 'package'
        and (payload_text(payload, 'order_number') = any(%(numbers)s) or market_id = any(%(numbers)s))
)
select market_id as key from packages
union
select claims.market_id
from packages join inbox as claims
    on claims.channel = %(channel)s and claims.kind in ('cancel', 'refund')
    and split_part(payload_text(claims.payload, 'package_item'), '-', 1) = packages.market_id
"""
"""A package and what is claimed of it, by the number of the order or the package."""
WAITING_BATCHES: Final = """
select flow, content_type as kind, coalesce(local_batch_id, id) as log_id, coalesce(pk::text, id) as key,
    sent_at as at, records
from batches cross join lateral (
    select count(*) as records from json_array_elements(items) as item
    where item ->> 'content_type' = content_type and (%(keys)s::text[] is null or item ->> 'key' = any(%(keys)s))
) as held
where channel = %(channel)s and state in ('sent_to_remote', 'ongoing') and records > 0
    and (%(flow)s::text is null or flow = %(flow)s) and (%(kind)s::text is null or content_type = %(kind)s)
    and (%(log_id)s::text is null or local_batch_id ilike %(log_id)s)
    and (%(start)s::timestamptz is null or sent_at >= %(start)s) and (%(end)s::timestamptz is null or sent_at < %(end)s)
order by sent_at desc limit %(limit)s
"""
RUNNING: Final = """
select flow, step, run_id, started_at
from run_reports
where channel = %(channel)s and finished_at is null and started_at >= %(since)s
    and (%(flow)s::text is null or flow = %(flow)s)
    and (%(start)s::timestamptz is null or started_at >= %(start)s)
    and (%(end)s::timestamptz is null or started_at < %(end)s)
order by started_at desc
"""
