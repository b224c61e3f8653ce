"""SQL of runs and the record log."""

from typing import Final

WRITE_RUN: Final = """
insert into run_reports (channel, flow, run_id, step, outcome, reason, code, started_at, finished_at, seconds,
                         window_start, window_end, counts, requests, errors)
values (%(channel)s, %(flow)s, %(run_id)s, %(step)s, %(outcome)s, %(reason)s, %(code)s, %(started_at)s, %(finished_at)s,
        %(seconds)s, %(window_start)s, %(window_end)s, %(counts)s, %(requests)s, %(errors)s)
on conflict (channel, flow, run_id, step) do update
set outcome = excluded.outcome, reason = excluded.reason, code = excluded.code, started_at = excluded.started_at,
    finished_at = excluded.finished_at, seconds = excluded.seconds, window_start = excluded.window_start,
    window_end = excluded.window_end, counts = excluded.counts, requests = excluded.requests, errors = excluded.errors
"""
NOTE_BROKEN_RUN: Final = """
insert into run_reports as known (channel, flow, run_id, step, outcome, reason, code, started_at, finished_at, seconds,
                                  counts, requests, errors)
values (%(channel)s, %(flow)s, %(run_id)s, %(step)s, 'failed', %(reason)s, %(code)s, %(now)s, %(now)s, 0, %(counts)s,
        '{}', %(errors)s)
on conflict (channel, flow, run_id, step) do update
set outcome = 'failed', reason = excluded.reason, code = excluded.code, finished_at = excluded.finished_at,
    errors = known.errors || excluded.errors
where known.outcome is distinct from 'failed'
"""
LAST_RUNS: Final = """
select run_id, step, outcome, started_at, finished_at, seconds, counts, requests, errors, reason, code
from run_reports where channel = %(channel)s and flow = %(flow)s
order by started_at desc, id desc limit %(limit)s
"""
LAST_FAILURES: Final = """
select distinct on (key) log_id, kind, key, ok, code, message, at
from record_log where channel = %(channel)s and kind = %(kind)s and key = any(%(keys)s) and not ok
order by key, at desc, id desc
"""
COPY_LOG: Final = """
copy record_log (channel, flow, log_id, kind, key, ok, code, message, at, request, response, run_id) from stdin
"""
LOG_ENTRIES: Final = """
select log_id, kind, key, ok, code, message, at, request, response, run_id
from record_log where channel = %(channel)s and flow = %(flow)s
order by at desc, id desc limit %(limit)s
"""
