"""The error catalogue: every code this project may show, with its cause, who can fix it and the next step.

An exception (``errors.py``) carries only a code and the facts of the case; the words come from here, so that the
task log, Omnitron's error reports and the screens say the same. Texts that section 8 of the spec fixes are used
word for word.
"""

from include.catalogue.alarms import ALARMS
from include.catalogue.attributes import ATTRIBUTES
from include.catalogue.cancellations import CANCELLATIONS
from include.catalogue.comparison import COMPARISON
from include.catalogue.configuration import CONFIGURATION
from include.catalogue.entries import Entry, Owner, Side
from include.catalogue.ledger import LEDGER
from include.catalogue.operations import OPERATIONS
from include.catalogue.order_updates import ORDER_UPDATES
from include.catalogue.orders import ORDERS
from include.catalogue.products import PRODUCTS
from include.catalogue.refunds import REFUNDS
from include.catalogue.remotes import REMOTES
from include.catalogue.setup import SETUP
from include.catalogue.splits import SPLITS
from include.catalogue.triggers import TRIGGERS

__all__ = ["CATALOGUE", "Entry", "Owner", "Side", "entry"]

CATALOGUE: dict[str, Entry] = {
    **REMOTES,
    **CONFIGURATION,
    **SETUP,
    **ATTRIBUTES,
    **PRODUCTS,
    **ORDERS,
    **CANCELLATIONS,
    **REFUNDS,
    **ORDER_UPDATES,
    **SPLITS,
    **LEDGER,
    **COMPARISON,
    **OPERATIONS,
    **ALARMS,
    **TRIGGERS,
}


def entry(code: str) -> Entry:
    """The catalogue entry of a code; an unknown code is a fault of ours and raises ``KeyError``."""
    return CATALOGUE[code]
