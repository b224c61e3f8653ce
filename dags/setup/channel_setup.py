"""Completes the sales channel's form in Omnitron.

- **Direction**: to Omnitron. **Started** by hand: once after installation, and again after each new version of the
  connector. It runs also on a channel that is inactive or not filled in.
- **What it does**: publishes the form's fields, restores ours where somebody changed them and keeps those that the
  brand added; fills in defaults that are missing (every feature flag as false, Failed Integration, Cargo Company
  Mapping with its default key, Category Ids, Attribute Set Strategy). What a person has set is never overwritten.
- **What next**: the log ends with the readiness report, which says for each flag what is missing and where to enter
  it. Then trigger Category Node.
- **Settings it reads** (Omnitron > Settings > Sales Channels): all of them, to report what is missing or wrong.
- **When it fails**: the task log ends with the code, the reason and the next step. It may be run as often as you
  like; on a complete channel it writes nothing.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["channel_setup"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
