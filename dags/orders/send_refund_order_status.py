"""Tells Fashfed which returns were approved or rejected in Omnitron.

- **Direction**: to Fashfed. **Feature flag**: `send_refund_order_status`. **Every** 5 minutes, until the list of
  changes is empty.
- **What it does**: `send` approves at Fashfed the return claims whose requests are approved or completed in Omnitron,
  and rejects with Reject Item Reason those whose requests are rejected; each of them once. What is decided at Fashfed
  already is agreement where it is the same, and else a conflict that is reported and left to a person.
- **By hand**: trigger it with Dry run to see what would be sent and refused.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Reject Item
  Reason, Failed Integration (`cancellationrequest`, else `DEFAULT`).
- **When it fails**: the task log ends with the code, the reason and the next step. A single return that is refused
  never fails the run: it is reported in Omnitron and tried again after Failed Integration's interval.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["send_refund_order_status"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send")
