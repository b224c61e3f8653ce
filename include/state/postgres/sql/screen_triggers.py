"""SQL of the Trigger screen."""

from typing import Final

STEPS_OF: Final = """
select flow, step, run_id, outcome, reason, started_at, finished_at, seconds, counts, errors
from run_reports where channel = %(channel)s and flow = %(flow)s and run_id = any(%(run_ids)s)
order by started_at, id
"""
VERDICTS: Final = """
select verdict, count(*) as rows
from findings where channel = %(channel)s and flow = %(flow)s and run_id = %(run_id)s
group by verdict order by rows desc, verdict
"""
ROWS: Final = """
select row.kind, row.key,
    case when later.code is null then row.verdict else 'failed' end as verdict,
    row.value,
    coalesce(later.code, row.code) as code,
    coalesce(later.message, row.text) as text
from findings row
left join lateral (
    select code, message from record_log
    where channel = %(channel)s and key = row.key and at >= row.kept_at and flow = %(flow)s and kind = row.kind
        and not ok and row.verdict = 'chosen'
    order by at desc, id desc limit 1
) later on true
where row.channel = %(channel)s and row.flow = %(flow)s and row.run_id = %(run_id)s
    and (%(verdict)s::text is null or row.verdict = %(verdict)s)
    and (%(part)s::text is null or position(lower(%(part)s) in lower(row.key)) > 0)
order by row.id limit %(limit)s offset %(offset)s
"""
STARTED: Final = """
select who, action, subject, key, reason, at
from audits where channel = %(channel)s and action = 'start' and key = %(run_id)s
order by at desc, id desc limit 1
"""
