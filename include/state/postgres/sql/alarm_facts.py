"""SQL of what alarm rules are judged by."""

from typing import Final

_WATCHED: Final = """
with watched as (
    select * from unnest(%(flows)s::text[], %(last_steps)s::text[], %(dead_after)s::float8[]) w (flow, last, dead)
)
"""
_ENDED: Final = """
from unnest(%(asked_flows)s::text[], %(asked_since)s::timestamptz[]) asked (flow, since) join watched using (flow)
cross join lateral (
    select run_id, step, coalesce(outcome, 'failed') as outcome, counts, coalesce(finished_at, dies_at) as at,
        case when outcome is null then dead else seconds end as seconds,
        case when outcome is null then '{"run_died": 1}' else errors end as errors
    from run_reports cross join lateral (select started_at + dead * interval '1 s' as dies_at) fate
    where channel = %(channel)s and flow = asked.flow and started_at >= since - dead * interval '1 s'
        and coalesce(finished_at, dies_at) between since and %(now)s and reason is distinct from 'dry run'
    offset 0  -- each flow by its index; the planner would read all runs at once
) ended
"""
RUNS: Final = f"""
{_WATCHED}
select since, flow,
    count(distinct run_id) filter (where outcome = 'success' and (step = last or step like '%%+' || last)) as succeeded,
    count(distinct run_id) filter (where outcome = 'failed') as failed,
    count(distinct run_id) filter (where outcome = 'skipped') as skipped,
    coalesce(sum(seconds) filter (where outcome <> 'skipped' and step <> 'feature_flag'), 0) as seconds,
    count(distinct run_id) filter (where outcome <> 'skipped' and step <> 'feature_flag') as ended,
    coalesce(sum((counts ->> 'read')::bigint), 0)::bigint as read,
    coalesce(sum((counts ->> 'failed')::bigint), 0)::bigint as failed_records
{_ENDED}
group by since, flow
"""
ERRORS: Final = f"""
{_WATCHED}
select since, flow, code, sum(number::bigint)::bigint as number
{_ENDED}
cross join jsonb_each_text(errors) each_error (code, number)
where errors <> '{{}}'
group by since, flow, code
"""
STREAKS: Final = f"""
{_WATCHED}
select flow, good.finished_at as last_success, began.started_at as on_since, bad.*
from watched
left join lateral (
    select started_at, finished_at from run_reports
    where channel = %(channel)s and flow = watched.flow and started_at >= %(oldest)s
        and outcome = 'success' and (step = last or step like '%%+' || last)
        and reason is distinct from 'dry run'
    order by started_at desc, id desc limit 1
) good on true
left join lateral (
    select started_at from run_reports
    where channel = %(channel)s and flow = watched.flow and started_at >= %(oldest)s and outcome = 'skipped'
    order by started_at desc, id desc limit 1
) off on true
left join lateral (
    select started_at from run_reports
    where channel = %(channel)s and flow = watched.flow
        and started_at >= greatest(%(oldest)s, off.started_at + interval '1 us')
    order by started_at limit 1
) began on true
cross join lateral (
    select count(distinct run_id) as runs, min(coalesce(finished_at, started_at + dead * interval '1 s')) as since,
        (array_agg(case when outcome is null then 'run_died' else code end order by started_at desc, id desc))[1]
            as code,
        (array_agg(reason order by started_at desc, id desc))[1] as reason
    from run_reports
    where channel = %(channel)s and flow = watched.flow
        and started_at >= greatest(%(oldest)s, good.started_at + interval '1 us', off.started_at + interval '1 us')
        and reason is distinct from 'dry run'
        and (outcome is null or outcome = 'failed')
        and coalesce(finished_at, started_at + dead * interval '1 s') <= %(for_good)s
) bad
"""  # noqa: S608 - of constants
DUE: Final = """
select kind, count(*) as records, min(due_at) as since
from inbox where channel = %(channel)s and state in ('new', 'parked') and due_at <= %(now)s
group by kind order by kind
"""
BATCHES: Final = """
select flow as kind, count(*) as records, min(opened_at) as since
from batches where channel = %(channel)s and state not in ('done', 'fail')
group by flow order by flow
"""
PARKED: Final = """
select before, kind, code, count(*) as records, min(first_failed_at) as since
from unnest(%(before)s::timestamptz[]) asked (before) join inbox on first_failed_at <= before
where channel = %(channel)s and state = 'parked' and failures > 0
group by before, kind, code order by before, kind, code
"""
DIFFERENCES: Final = """
select before, kind, code, count(*) as records, min(since) as since
from unnest(%(before)s::timestamptz[]) asked (before) join differences on since <= before
where channel = %(channel)s and kind not like '%%\\_waiting'
group by before, kind, code order by before, kind, code
"""
EVALUATED: Final = """
select flow, reached from watermarks where channel = %(channel)s and flow in ('alarms', 'alarms_watching')
"""
