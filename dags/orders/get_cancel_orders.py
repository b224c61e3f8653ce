"""Cancels orders in Omnitron that were cancelled at Fashfed.

- **Direction**: to Omnitron. **Feature flag**: `get_cancel_orders`. **Every** 5 minutes, looking 12 hours back and
  further when a run was missed.
- **What it does**: `pull` writes every completed cancellation into the inbox; `apply` cancels the items of an order in
  one plan, each with its reason, and at most six plans an order. Of a line with several units it cancels as many as
  Fashfed did. What this connector cancelled at Fashfed itself is recognised and left alone.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Cancellation
  Reason ID, Cancel Reason Mapping, Order Item Quantity Key, Failed Integration (`order`).
- **Another window**: trigger it with From and To, or use Backfill; what is cancelled already stays as it is.
- **When it fails**: the task log ends with the code, the reason and the next step. A cancellation that has to wait
  never fails the run: an order that is not yet in ERP, or not yet in Omnitron, lets its cancellations wait as long as
  it takes; a line that was shipped before is named in the log, and a seventh plan of an order is left to a person.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["get_cancel_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
