"""Brings returns that buyers ask for at Fashfed into Omnitron as return requests.

- **Direction**: to Omnitron. **Feature flag**: `get_refund_orders`. **Every** 5 minutes: all return claims made since
  Refund Start Date that are open or waiting.
- **What it does**: `pull` writes every claim into the inbox; `apply` makes exactly one return request of each unit that
  a claim is about, with the mapped reason, the buyer's words and the claim's id in the description. A claim whose item
  is not delivered in Omnitron yet waits and is tried again by itself.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Default Reason
  ID, Refund Reason Mapping, Refund Start Date, Order Item Quantity Key, Failed Integration (`cancellationrequest`, else
  `DEFAULT`).
- **When it fails**: the task log ends with the code, the reason and the next step. A single claim never fails the run:
  it is parked with its reason. The inbox keeps what was read, so a failed run need not be repeated by hand.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["get_refund_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
