"""SQL of what runs found."""

from typing import Final

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
