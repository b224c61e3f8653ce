"""Brings status, invoice and shipment of changed orders from Omnitron to Fashfed.

- **Direction**: to Fashfed. **Feature flag**: `send_update_orders`. **Every** 5 minutes, until the list of changes is
  empty.
- **What it does**: `send` works out what Fashfed is to know of each package of a changed order: Preparing, Shipped or
  Delivered (the lowest of the items that were not cancelled), invoice number, date and e-archive link; with Send
  Shipping Info also tracking number, tracking link and shipped date; the waybill number by Waybill Option. It looks at
  the package first and sends only what it does not show yet; a status never goes backwards, and a package that is
  cancelled or was not delivered is told nothing.
- **By hand**: trigger it with Dry run to see what would be sent and refused.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Send Shipping
  Info, Waybill Option, Failed Integration (`order`).
- **When it fails**: the task log ends with the code, the reason and the next step. An order that Fashfed does not take
  never fails the run: it is reported in Omnitron and tried again after Failed Integration's interval, or as soon as it
  changes. What a broken run leaves open is finished by the next one, so a failed run need not be repeated by hand.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["send_update_orders"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send")
