"""Brings changed prices from Omnitron to Fashfed.

- **Direction**: to Fashfed. **Feature flag**: `price`. **Every** 5 minutes, until the list of changes is empty.
- **What it does**: `send` takes the changed prices of products that are on Fashfed and sends price, retail price,
  currency and tax; what Fashfed has already is not sent again. A price that is zero, missing, or above its retail
  price is refused. `settle` asks Fashfed what became of them and closes the batches in Omnitron.
- **The brake**: a change beyond the percentage of Price Brake, and a run that would change more than its share of the
  catalogue, is held back and reported. Look at it, then trigger this DAG with Let Held Changes Pass, or correct the
  price.
- **By hand**: trigger it with Dry run to see what would be sent, refused and held.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Price Brake,
  Failed Integration (`productprice` and `sent_to_remote`).
- **When it fails**: the task log ends with the code, the reason and the next step. A single price that is refused
  never fails the run: it is reported in Omnitron and tried again after Failed Integration's interval.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["price"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "send") >> step(FLOW, channel, "settle")
