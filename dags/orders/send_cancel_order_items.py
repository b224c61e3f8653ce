"""Cancels lines at Fashfed that the brand cancelled in Omnitron.

- **Direction**: to Fashfed. **Feature flag**: `send_cancel_order_items`. **Every** 5 minutes.
- **What it does**: `pull` writes Omnitron's new cancellation plans into the inbox; `apply` cancels their lines at
  Fashfed, once each, in one call per package. Only items with Send Cancel Reason ID are sent, and never what came from
  Fashfed. A line of several units is sent when all of them are cancelled, because Fashfed cancels whole lines only.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Send Cancel
  Reason ID, Send Cancel Market Reason ID, Cancellation Reason ID, Cancel Reason Mapping, Failed Integration (`order`).
  It refuses to run when Send Cancel Reason ID is also one of the other two, and says which.
- **When it fails**: the task log ends with the code, the reason and the next step. A plan that cannot be sent never
  fails the run: a package that was shipped meanwhile, or a line of which only some units are cancelled, is named in
  the log with what has to be done by hand.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["send_cancel_order_items"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
