"""Splits packages at Fashfed as Omnitron's OMS or another system asks.

- **Direction**: to Fashfed. **Feature flag**: `split_packages` (or `send_split_packages`). **Started** by each request;
  every 5 minutes besides, for requests that wait and for a start that got lost.
- **What it does**: `apply` carries out every request that the endpoint
  `POST /fashfed/api/v1/flows/split-packages` has accepted: each group of lines becomes a package of its own, what is
  left stays in the old one. Then the items in Omnitron get the names of their new lines, so that statuses, tracking
  numbers and cancellations reach the right package; a new package never becomes a second order.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Order Item
  Quantity Key, Failed Integration (`order`).
- **Connection**: `split_packages_default`; its password is the secret that callers send (docs/split_packages.md).
- **When it fails**: the task log ends with the code, the reason and the next step. A request that cannot be carried out
  never fails the run: it waits with its reason (a package that has no order yet), or is set aside when it can never be
  done; `GET .../split-packages/<correlation id>` tells which.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["split_packages"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "apply")
