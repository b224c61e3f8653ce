"""What the Inbox shows, in people's words: kinds of records, and what a cause asks of a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from include.alarms.criteria import INBOX_KINDS
from include.catalogue import CATALOGUE
from include.catalogue.entries import Owner, in_general
from include.flows.registry import FLOWS
from include.state.postgres.screens.inbox import Trouble

HELD = "change_held"
"""The code of changes that a brake holds back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of records; ``key`` is what their key is to people. ``in_inbox``: it came from outside; else it is
    Omnitron's and fails on its way to Fashfed. ``released``: Delete Bulk Failed Integration lifts its penalties."""

    name: str
    word: str
    key: str
    flow: str
    in_inbox: bool = True
    released: bool = False

    def plural(self, records: int) -> str:
        """The word for so many."""
        return self.word if records == 1 else f"{self.word}s"

    def number(self, records: int) -> str:
        """``1 package``, ``4,000 packages``."""
        return f"{records:,} {self.plural(records)}"

    @property
    def flow_name(self) -> str:
        """The flow that works on it, as people know it."""
        return FLOWS[self.flow].display_name


_INBOX_WORDS = {
    "package": ("package", "Package"),
    "cancel": ("cancellation", "Claim"),
    "refund": ("return", "Claim"),
    "movement": ("package movement", "Package and status"),
    "plan": ("cancellation plan", "Plan"),
    "split": ("split request", "Request"),
}
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(Kind(name, *_INBOX_WORDS[name], flow) for name, flow in INBOX_KINDS.items()),
        Kind("product", "product", "SKU", "product", False, True),
        Kind("productprice", "price", "SKU", "price", False, True),
        Kind("productstock", "stock value", "SKU", "stock", False, True),
        Kind("integrationaction", "product removal", "SKU", "delete_product", False),
        Kind("order", "order update", "Package", "send_update_orders", False),
        Kind("cancellationrequest", "return decision", "Claim", "send_refund_order_status", False),
    )
}
PUSHING = tuple(kind.flow for kind in KINDS.values() if not kind.in_inbox)
"""Flows whose failing records are looked for."""


@dataclass(frozen=True, slots=True)
class About:
    """What the error catalogue says of a code, for many records at once."""

    cause: str
    owner: Owner
    next_step: str


def about(code: str) -> About:
    """About a code; one of an older version of the connector is the administrator's, as a fault is."""
    entry = CATALOGUE.get(code) or CATALOGUE["unexpected"]
    return About(in_general(entry.cause), entry.owner, in_general(entry.next_step))


@dataclass(frozen=True, slots=True)
class Cause:
    """One row of the Inbox: records that wait for the same thing."""

    kind: Kind
    trouble: Trouble
    about: About

    @property
    def needs_a_person(self) -> bool:
        """Whether it does not go away by itself."""
        return self.about.owner != "nobody"

    @property
    def is_held(self) -> bool:
        """Whether a brake holds the records back."""
        return self.trouble.code == HELD and not self.kind.in_inbox


def causes_of(troubles: Sequence[Trouble]) -> list[Cause]:
    """The causes, the largest first."""
    known = [Cause(KINDS[one.kind], one, about(one.code)) for one in troubles if one.kind in KINDS]
    return sorted(known, key=lambda cause: (-cause.trouble.records, cause.trouble.since))
