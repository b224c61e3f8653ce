"""Brings Fashfed's category tree into Omnitron.

- **Direction**: to Omnitron. **Started** by hand, or by a schedule of yours (`FASHFED_SCHEDULE_CATEGORY_NODE`). When
  it has succeeded Category Attribute and Values starts by itself.
- **What it does**: reads the categories below Category Ids, parents first, and creates, renames and moves their nodes
  in the channel's tree. Categories that vanished at Fashfed and nodes that became parents are reported and never
  deleted: their products need another category.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Category Ids.
- **When it fails**: the task log ends with the code, the reason and the next step. A category that Omnitron does not
  take costs only what lies below it. It may be repeated at any time; a tree that is right already is left alone.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["category_node"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
