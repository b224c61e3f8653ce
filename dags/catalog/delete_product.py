"""Takes products that left the catalogue in Omnitron off sale at Fashfed.

- **Direction**: to Fashfed. **Feature flag**: `delete_product`. **Every** 5 minutes, until the list of products that
  left is empty.
- **What it does**: `send` sets the stock of these products at Fashfed to 0; Fashfed keeps the products. `settle` asks
  Fashfed what became of them. Once that has succeeded Omnitron forgets that they were sent, so a product that is put
  back into the catalogue later is sent as a new one.
- **By hand**: trigger it with Dry run to see what would be taken off sale.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Failed
  Integration (`DEFAULT` and `sent_to_remote`).
- **When it fails**: the task log ends with the code, the reason and the next step. A single product that Fashfed does
  not take off sale never fails the run: it is reported in Omnitron and tried again after Failed Integration's
  interval.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["delete_product"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send") >> step(FLOW, channel, "settle")
