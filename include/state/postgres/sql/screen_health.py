"""SQL of the dashboard and of readiness. A list that may be long is counted up to ``most``."""

from typing import Final

NEWEST_RUNS: Final = """
select step.flow, step.step, step.run_id, step.outcome, step.reason, step.started_at, step.finished_at, step.seconds,
    step.counts, step.errors
from unnest(%(flows)s::text[]) as names (flow)
cross join lateral (
    select run_id from run_reports
    where channel = %(channel)s and flow = names.flow and reason is distinct from 'dry run'
    order by started_at desc, id desc limit 1
) newest
join run_reports step on step.channel = %(channel)s and step.flow = names.flow and step.run_id = newest.run_id
order by step.started_at, step.id
"""
LAST_SUCCESSES: Final = """
select flow, good.finished_at as at
from unnest(%(flows)s::text[], %(last_steps)s::text[]) as names (flow, last)
cross join lateral (
    select finished_at from run_reports
    where channel = %(channel)s and flow = names.flow and outcome = 'success' and reason is distinct from 'dry run'
        and (step = last or step like '%%+' || last)
    order by started_at desc, id desc limit 1
) good
"""
BACKLOGS: Final = """
select 'due' as what, kind as name, waiting.*
from unnest(%(kinds)s::text[]) as kinds (kind)
cross join lateral (
    select count(*) as records, min(due_at) as since from (
        select due_at from inbox
        where channel = %(channel)s and inbox.kind = kinds.kind and state in ('new', 'parked') and due_at <= %(now)s
        order by due_at limit %(most)s
    ) as first
) as waiting
union all
select 'batches', flow, count(*), min(opened_at)
from batches where channel = %(channel)s and state not in ('done', 'fail') group by flow
union all
select 'held', content_type, waiting.*
from unnest(%(content_types)s::text[]) as types (content_type)
cross join lateral (
    select count(*), min(held_at) from (
        select held_at from holds
        where channel = %(channel)s and kind = types.content_type and passed_at is null
        limit %(most)s
    ) as first
) as waiting
union all
select 'approval', 'product', count(*), min(suggested_at) from (
    select suggested_at from suggestions
    where channel = %(channel)s and state = 'waiting'
    order by suggested_at limit %(most)s
) as first
"""
NEEDS_A_PERSON: Final = """
select count(*) as records from (
    select from inbox where channel = %(channel)s and state = 'parked' and failures > 0 limit %(most)s
) as first
"""
PACKAGES: Final = """
select state, count(*) as records
from inbox where channel = %(channel)s and kind = 'package' and first_seen_at >= %(since)s
group by state
"""
DIFFERENCES: Final = """
select count(*) as records from (
    select from differences where channel = %(channel)s and kind = %(kind)s limit %(most)s
) as first
"""
TREND: Final = """
select distinct on (date_bin(%(step)s, at, %(origin)s)) name, at, figures
from comparisons where channel = %(channel)s and name = %(name)s and at >= %(since)s
order by date_bin(%(step)s, at, %(origin)s), at desc, id desc
"""
SKUS_BY_CODE: Final = """
select code, count(*) as records from sku_states where channel = %(channel)s and code = any(%(codes)s) group by code
"""
SENT_PRODUCT: Final = """
select exists (select from sent_ledger where channel = %(channel)s and kind = 'product' and value is not null) as sent
"""
VERSIONS: Final = """
select (select version_num from alembic_version) as version, current_setting('server_version') as server
"""
