"""Brings in what the five-minute order flows missed, and reads past windows again.

- **Direction**: to Omnitron. **Every** 12 hours, looking 12 hours back and further when a run was missed.
- **What it does**: `pull` reads all packages and claims of the window whatever their status, and puts what is missing
  into the inboxes of Order Create, Order Cancel, Updated Orders and Order Refund; `apply` works these inboxes off, each
  with the rules and under the lock of its own flow. Only flows whose feature flag is on take part; one whose settings
  are not in order is named in the log and left out.
- **What is never created**: a package that was cancelled before it was imported, and one that had left the brand before
  this connector knew the channel. Both are kept in the inbox as excluded, with this reason.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Send Shipping
  Info, Refund Start Date, and those of the flows that take part.
- **Another window**: trigger it with From and To, or use Backfill: a month is 60 runs. What is right already stays
  as it is, however often a window is read.
- **When it fails**: the task log ends with the code, the reason and the next step. Trouble of one flow keeps no other
  from its work, and what was read stays in the inbox for that flow's own next run.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["sweep_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
