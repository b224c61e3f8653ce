"""Removes buyers' data and history that have been kept long enough.

- **Direction**: none; it works on the connector's own database. **Every** day at 03:15, also for a channel that is
  inactive or not filled in.
- **What it does**: what Fashfed showed of a record (name, address, phone) is removed from the inbox
  `FASHFED_KEEP_PAYLOADS_DAYS` (30) after the record was done or excluded; its number and state stay, so that nothing
  is imported twice. Run reports, record log, findings and comparisons are deleted after `FASHFED_KEEP_HISTORY_DAYS`
  (90). What is new or parked is never touched.
- **Airflow's own history**: old runs in Airflow's database and their logs are removed by the process `history` that
  `make run` and docker-compose start beside the scheduler, after the same number of days and beyond the newest 5000
  runs of a DAG; Airflow lets no task into its own database.
- **Settings it reads** (Omnitron > Settings > Sales Channels): none.
- **When it fails**: the task log ends with the code, the reason and the next step. It may be repeated at any time, and
  the next night's run does the rest.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["housekeeping"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
