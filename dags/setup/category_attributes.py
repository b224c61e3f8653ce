"""Brings the attributes and values of Fashfed's categories into Omnitron.

- **Direction**: to Omnitron. **Starts by itself** when Category Node has succeeded; may be triggered by hand. When it
  has succeeded Default Attributes starts by itself.
- **What it does**: takes the categories without children, the one that waited longest first, and writes their
  attribute sets, attributes, which of them are required or variants, and the values that each may have. Then the
  brand maps them in Omnitron's Mapper. Categories for which the time was too short are the first of the next run.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Category Ids.
- **When it fails**: the task log ends with the code, the reason and the next step. A category that cannot be read or
  written is reported by its name and stops no other. It may be repeated at any time.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["category_attributes"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
