"""Makes the mapping targets in Omnitron that every category has.

- **Direction**: to Omnitron. **Starts by itself** when Category Attribute and Values has succeeded; may be triggered
  by hand. Until it has succeeded once, the Product flow is skipped.
- **What it does**: makes the attributes `remote_id`, `title` and `base_code` and adds them to each attribute set, so
  that the brand can map them in Omnitron's Mapper. What is there already is left alone.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token.
- **When it fails**: the task log ends with the code, the reason and the next step. Without any attribute set it says
  so: trigger Category Node first. It may be repeated at any time.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["default_attributes"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
