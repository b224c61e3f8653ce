"""Corrects the attributes in Omnitron where Fashfed has changed its own.

- **Direction**: to Omnitron. **Every** Monday at 03:30, and by hand: after Category Attribute and Values it is the
  remedy for "Failed to suggest product to catalog".
- **What it does**: compares the attributes, their flags and their values of each category with Fashfed's. What was
  added or changed is written; what was removed is taken out of the category, unless it is mapped: that is kept, no
  longer required, and reported. Attributes and values themselves are never deleted.
- **What it leaves**: a difference report with counts in the task log; its rows are printed by `python -m include.run
  findings compare_attributes`.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token.
- **When it fails**: the task log ends with the code, the reason and the next step. A category that cannot be read is
  reported by its name and stops no other. A second run right after finds nothing.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["compare_attributes"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
