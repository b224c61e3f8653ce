"""Has products sent again although nothing of them changed.

- **Direction**: to Omnitron. **Started** by hand, with SKUs (one a line) or the content of a CSV file whose header is
  `sku`.
- **What it does**: sets back the version that Omnitron remembers as sent; the next run of Product sends these
  products as an update. Only for products that are on Fashfed already; new ones are sent by the Product flow.
- **What it leaves**: each row with its outcome: moved, or refused with the reason (unknown SKU, never sent, or in
  process in another queue). `python -m include.run findings update_bulk_product_version_date` prints them.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, and the channel's catalogue.
- **When it fails**: the task log ends with the code, the reason and the next step. Bad rows never stop good ones. A
  run that broke off may be repeated with the same list.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["update_bulk_product_version_date"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
