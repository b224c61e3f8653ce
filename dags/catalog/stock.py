"""Brings changed stocks from Omnitron to Fashfed.

- **Direction**: to Fashfed. **Feature flag**: `stock`. **Every** minute, until the list of changes is empty.
- **What it does**: `send` takes the changed stocks of products that are on Fashfed, subtracts the buffer (never below
  0) and sends the new values, sold-out SKUs first; values Fashfed has already are not sent again. `settle` asks
  Fashfed what became of them and closes the batches in Omnitron.
- **The brake**: a run that would sell out or change more than the shares of Stock Brake is held back and reported.
  Look at it, then trigger this DAG with Let Held Changes Pass, or correct the stocks.
- **By hand**: trigger it with Dry run to see what would be sent, refused and held.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Buffer Stock,
  Stock Brake, Failed Integration (`productstock` and `sent_to_remote`).
- **When it fails**: the task log ends with the code, the reason and the next step. A single SKU that Fashfed or
  Omnitron does not take never fails the run: it is reported in Omnitron and tried again after Failed Integration's
  interval. What a broken run leaves open is finished by the next one, so a failed run need not be repeated by hand.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["stock"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send") >> step(FLOW, channel, "settle")
