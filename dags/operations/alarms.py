"""Judges the alarm rules and tells people what they see: one mail when a trouble begins, one when it is over.

- **Direction**: none; it works on the connector's own database. **Every** minute, also while Omnitron and Fashfed are
  away, and for a channel that is inactive or not filled in.
- **What it does**: looks at what runs, inbox, batches and comparisons have left, and judges each active rule of
  Fashfed > Alarms. What rules see becomes incidents: one for one cause, whatever flows and rules see it. An incident is
  over when its rules have been calm for five minutes.
- **Whom it tells**: the addresses and the web hook of the rule; without any, `FASHFED_OPERATORS`. While the mail server
  (`smtp_default`) is away mails wait; none is lost. The rules of the first start may be edited, paused and deleted.
- **Who watches it**: the next run, which says for how long no rule was judged; its own failure, which is mailed at once
  and at most hourly; and its deadline.
- **Settings it reads** (Omnitron > Settings > Sales Channels): none.
- **When it fails**: the task log ends with the code, the reason and the next step. The next run judges everything
  anew and sends what is due.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["alarms"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
