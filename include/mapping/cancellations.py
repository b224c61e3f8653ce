"""Cancellations: which items a claim of the market takes, and what a plan of the hub has to do with the market
(reference/flows.md sections 4.11 and 4.15)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.schemas import CancellationPlan, OrderItem, PlanItem
from include.clients.rows import parse_rows
from include.errors import RecordParked
from include.mapping.orders import pieces
from include.settings import ChannelSettings

CAME_FROM_FASHFED = "came from Fashfed"
"""The rule by which the market is not told of what it told us."""
_REJECTED = "rejected"
"""Status of a plan that came to nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one claim cancels: the reason of each item, both by pk. ``line`` is the market's."""

    claim: str
    line: str
    items: Mapping[int, int]


def reason_of(claim: Claim, settings: ChannelSettings) -> int:
    """The hub's reason: Cancel Reason Mapping by the market's reason, else Cancellation Reason ID (spec section 2)."""
    mapped = settings.cancel_reason_mapping.get(claim.reason.id) if claim.reason else None
    return int(mapped or settings.cancellation_reason_id)


def reasons_of_the_market(settings: ChannelSettings) -> set[int]:
    """Reasons in the hub of what was cancelled at the market; with them nothing is sent back (spec section 2)."""
    ids = {settings.cancellation_reason_id, *settings.cancel_reason_mapping.values()}
    return {int(one) for one in ids if one}


def choose(items: Sequence[OrderItem], units: int, quantity_key: str) -> list[int] | None:
    """The items that so many units are, lowest pk first; None when a part of an item would have to be cancelled."""
    chosen = []
    for item in sorted(items, key=lambda one: one.pk):
        if units > 0:
            chosen.append(item.pk)
            units -= pieces(item, quantity_key)
    return None if units < 0 else chosen


def plan_detail(parts: Iterable[Part]) -> dict[str, Any]:
    """What is remembered of a plan: the reason of every item, and which claim took which items."""
    parts = list(parts)
    return {
        "items": {str(pk): reason for part in parts for pk, reason in part.items.items()},
        "claims": {part.claim: {"line": part.line, "items": sorted(part.items)} for part in parts},
    }


def plan_parts(detail: Mapping[str, Any]) -> list[Part]:
    """The parts that ``plan_detail`` was made of."""
    reasons = {int(pk): int(reason) for pk, reason in detail["items"].items()}
    return [
        Part(claim, taken["line"], {pk: reasons[pk] for pk in taken["items"]})
        for claim, taken in detail["claims"].items()
    ]


def items_to_send(plan: CancellationPlan, settings: ChannelSettings) -> list[int] | str:
    """The items of a plan that the market is to be told of, by pk; else the rule by which it is not told of any.

    Raises ``RecordParked`` (record_unreadable).
    """
    if plan.plan_type not in (None, "cancel"):
        return "it is no cancellation"
    if plan.status == _REJECTED:
        return "rejected in Omnitron"
    items = parse_rows(PlanItem, plan.items)
    if items.bad:
        raise RecordParked("record_unreadable", kind="Cancellation plan", key=plan.pk, detail=items.bad[0].detail)
    market = reasons_of_the_market(settings)
    ours = [item.order_item for item in items.rows if str(item.reason) == settings.send_cancel_reason_id]
    if ours:
        return sorted(ours)
    if any(item.reason in market for item in items.rows):
        return CAME_FROM_FASHFED
    return "its reason is not Send Cancel Reason ID"
