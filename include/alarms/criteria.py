"""What each criterion measures, in the words of the form, and which fields of a rule it reads."""

from dataclasses import dataclass
from typing import Literal

from include.flows.registry import FLOWS
from include.state.alarms import Criterion

LEAST_RECORDS = 10
"""Records below which a percentage says nothing: one failed record of one is no trouble of the flow."""
ENGINE = "alarms"
"""The flow that judges the rules."""
INBOX_KINDS = {
    "package": "get_orders",
    "cancel": "get_cancel_orders",
    "refund": "get_refund_orders",
    "movement": "get_updated_orders",
    "plan": "send_cancel_order_items",
    "split": "split_packages",
}
"""Which flow works off the records of the inbox, by their kind."""
COMPARISON = "reconcile"
"""The flow that finds the differences of the ledger."""

Asks = Literal["needed", "optional", "none"]


@dataclass(frozen=True, slots=True)
class About:
    """One criterion as the form shows it. ``unit`` is of the threshold; None: the criterion has no threshold, and
    likewise no interval where ``interval`` is False. ``flow``: must one be named, may it be left out (every flow), or
    is there none to choose."""

    label: str
    says: str
    unit: str | None
    flow: Asks = "optional"
    interval: bool = True


ABOUT: dict[Criterion, About] = {
    Criterion.ERRORS: About(
        "Error Rate (number of errors)",
        "More errors than this in the interval: of records, and of whole runs.",
        "errors",
    ),
    Criterion.ERROR_PERCENTAGE: About(
        "Error percentage",
        f"More of the records taken up in the interval failed than this; judged from {LEAST_RECORDS} records on.",
        "%",
    ),
    Criterion.AVERAGE_FLOW_TIME: About(
        "Average Flow Time", "The runs that ended in the interval took longer than this on average.", "seconds"
    ),
    Criterion.NOTHING_ARRIVED: About(
        "Nothing arrived", "The flow ran, but took up no record within the interval.", None, "needed"
    ),
    Criterion.NO_SUCCESS: About(
        "No successful run", "No run of the flow has succeeded within the interval.", None, "needed"
    ),
    Criterion.FAILED_RUNS: About(
        "Failed runs in a row", "More runs than this have failed one after the other within the interval.", "runs"
    ),
    Criterion.BACKLOG_AGE: About(
        "Backlog age",
        "A record has been due, or a batch open, for longer than this: the flow does not keep up.",
        "minutes",
        interval=False,
    ),
    Criterion.PARKED: About(
        "Records that need a person", "More records than this have been parked for longer than the interval.", "records"
    ),
    Criterion.LEDGER_DIFFERENCE: About(
        "Ledger difference",
        "More differences than this between Omnitron and Fashfed have stood for longer than the interval.",
        "differences",
        "none",
    ),
    Criterion.ENGINE_LATE: About(
        "Alarms did not run", "No rule was evaluated for longer than this.", "minutes", "none", interval=False
    ),
}

FLOWS_TO_CHOOSE = tuple(name for name in FLOWS if name != ENGINE)
"""Flows that a rule may be about, in the order of the registry."""
