"""Compares what Omnitron and Fashfed have, and keeps what differs until it does not any more.

- **Direction**: both. **Every** 30 minutes. It corrects nothing; only names of lines that moved to another package are
  brought in step with Fashfed.
- **What it does**: takes what either side has changed since the last comparison, up to what the order flows have read,
  and whatever differed before. Every package of Fashfed must be an order, wait in the inbox, or need none by a named
  rule; every order of Omnitron must be of a package; of every line, the units and the money to the kuruş must be equal;
  every claim must be in the inbox, and no return may be decided differently. What is still on its way is waiting.
- **What it leaves**: figures in one line of the task log, each difference with its code and next step, and a list that
  `python -m include.run differences` prints. A difference that begins or ends is an event; it fails no run.
- **Settings it reads** (Omnitron > Settings > Sales Channels): Base URL, Access Token, Feature Flags, Order Item
  Quantity Key, Refund Start Date. While Order Create is off there is nothing to compare.
- **When it fails**: the task log ends with the code, the reason and the next step. What was compared is kept; the next
  run compares the rest.
"""

from airflow.sdk import DAG

from include.dag_defaults import channels, dag_arguments, feature_flag, step
from include.flows.registry import FLOWS

FLOW = FLOWS["reconcile"]

for channel in channels():
    with DAG(**dag_arguments(FLOW, channel, __doc__)):
        feature_flag(FLOW, channel) >> step(FLOW, channel, "run")
