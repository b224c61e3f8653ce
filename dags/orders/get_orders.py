"""Brings new packages from Fashfed into Omnitron as orders.

- **Direction**: to Omnitron. **Feature flag**: `get_orders`. **Every** 5 minutes, looking 12 hours back and further
  when a run was missed.
- **What it does**: `pull` writes every new package into the inbox; `apply` makes exactly one order of each that is
  due, with its buyer, addresses, lines and cargo company. A package that cannot be applied (unknown township,
  unmapped carrier, unknown SKU) is parked with its reason and tried again by itself.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Cargo Company
  Mapping, Use Cargo Label, Use Neighborhood, Order Number Format, Order Item Quantity Key, Send Shipping Info, Use
  Channel ID In Address Mapping, Failed Integration (`order`).
- **Another window**: trigger it with From and To, or use Backfill; what is in Omnitron already stays as it is.
- **When it fails**: the task log ends with the code, the reason and the next step. A package that is parked never
  fails the run: correct what its reason names. The inbox keeps what was read, so a failed run need not be repeated by
  hand.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["get_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
