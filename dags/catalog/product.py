"""Brings new and changed products from Omnitron to Fashfed.

- **Direction**: to Fashfed. **Feature flag**: `product`. **Every** 5 minutes, until the lists of new and changed
  products are empty. Skipped until Default Attributes has succeeded once.
- **What it does**: `send` takes simple products with their mapped attributes, category, images, price and stock (less
  the buffer), checks them, and suggests to Fashfed's catalogue what is new or has other content than before. `settle`
  asks Fashfed what became of them, follows the marketplace owner's approval, and closes the batches in Omnitron.
- **By hand**: trigger it with SKUs or a CSV to create just these; with Dry run to see the plan first. To send a
  product again that is on Fashfed already, use Update Bulk Product Version Date.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Buffer Stock,
  Attribute Set Strategy, Failed Integration (`product` and `sent_to_remote`).
- **When it fails**: the task log ends with the code, the reason and the next step. A product that Omnitron has no
  stock, price, category or required attribute for never fails the run: it is reported in Omnitron with its remedy,
  its price and stock wait with it, and it is tried again after Failed Integration's interval or as soon as somebody
  edits it.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["product"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send") >> step(FLOW, channel, "settle")
