"""Brings what Fashfed has shipped and delivered into Omnitron, while Fashfed ships.

- **Direction**: to Omnitron. **Feature flag**: `get_updated_orders`. **Every** morning at 06:00, looking 24 hours back
  and further when a run was missed.
- **What it does**: `pull` keeps every package that is shipped or delivered in the inbox; `apply` brings its items in
  Omnitron up to date: the status, forward only, and the tracking number. A carrier other than the order's is noted
  with the order's shipping info. With Send Shipping Info on the brand ships, and nothing is read.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Send Shipping
  Info, Cargo Company Mapping, Failed Integration (`order`).
- **Another window**: trigger it with From and To, or use Backfill; what is in Omnitron already stays as it is.
- **When it fails**: the task log ends with the code, the reason and the next step. A package that waits (its order is
  not in Omnitron yet, it has no tracking number yet) or is not accepted never fails the run and is tried again by
  itself; a carrier that is not mapped is reported and holds nothing back.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["get_updated_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "pull") >> step(FLOW, channel, "apply")
