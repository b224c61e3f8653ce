"""Releases SKUs from the penalty box, so that they are tried again at once.

- **Direction**: to Omnitron. **Started** by hand, with SKUs (one a line) or the content of a CSV file whose header is
  `sku`.
- **What it does**: lifts the penalties of these products, of their prices and of their stocks in Omnitron's Failed
  Integration; the next runs of Product, Price and Stock take them up. Correct first what they failed of: a SKU that
  fails again is back in the box.
- **What it leaves**: each row with its outcome: released, nothing to release, or refused with the reason (unknown
  SKU, or in process in another queue). `python -m include.run findings delete_bulk_failed_integration` prints them.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, and the channel's catalogue.
- **When it fails**: the task log ends with the code, the reason and the next step. Bad rows never stop good ones. A
  run that broke off may be repeated with the same list.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["delete_bulk_failed_integration"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
