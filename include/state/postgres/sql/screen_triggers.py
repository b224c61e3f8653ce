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
select kind, key, verdict, value, code, text
from findings
where channel = %(channel)s and flow = %(flow)s and run_id = %(run_id)s
    and (%(verdict)s::text is null or verdict = %(verdict)s)
    and (%(part)s::text is null or position(lower(%(part)s) in lower(key)) > 0)
order by id limit %(limit)s offset %(offset)s
"""
STARTED: Final = """
select who, action, subject, key, reason, at
from audits where channel = %(channel)s and action = 'start' and key = %(run_id)s
order by at desc, id desc limit 1
"""
