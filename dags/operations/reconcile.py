"""Compares what Omnitron and Fashfed have: orders, and every SKU of the catalogue.

- **Direction**: both. **Every** 30 minutes.
- **What it does**: with orders, takes what either side has changed since the last comparison, up to what the order
  flows have read, and whatever differed before. Every package of Fashfed must be an order, wait in the inbox, or need
  none by a named rule; every order of Omnitron must be of a package; of every line, the units and the money to the
  kuruş must be equal; every claim must be in the inbox, and no return may be decided differently. What is still on its
  way is waiting. Nothing is corrected here; only names of lines that moved to another package are brought in step with
  Fashfed.
- With products, while Product, Price or Stock is on, reads both sides whole and works out the figures of the
  dashboard. A price that differs, or a stock that is not the stock of Omnitron less Buffer Stock, is looked at a
  second time; if it still differs, and neither a send, nor a sale, nor a change of the last 20 minutes explains it,
  it is made due, so that the next run of Price or Stock sends it again. The next comparison reads back whether it
  arrived. What a brake or Failed Integration holds back, and the stock of SKUs while an order waits in the inbox, is
  left alone.
- **What it leaves**: the figures, and each SKU with the reason why it is not on sale or differs, for the dashboard and
  the reports; one line of the task log for orders and for products; of orders each difference with its code and next
  step, and a list that `python -m include.run differences` prints. A difference fails no run.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Buffer Stock,
  Order Item Quantity Key, Refund Start Date. While Order Create is off there are no orders to compare.
- **When it fails**: the task log ends with the code, the reason and the next step. Orders and products fail apart from
  each other. What was compared of orders is kept and the next run compares the rest; products are compared as a whole
  or not at all, so an outage corrects nothing.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["reconcile"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
