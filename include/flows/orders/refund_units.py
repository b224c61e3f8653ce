"""The units of a line that a return claim may be about, and which of them it takes (reference/flows.md 4.12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.schemas import CancellationRequest, OrderItem
from include.domain.order_life import CANCELLED, DELIVERED, REFUNDED, hub_status
from include.errors import RecordFailed, RecordParked, RecordWaits
from include.flows.inbox_work import Excluded
from include.mapping.orders import pieces
from include.mapping.refunds import REJECTED, is_of_a_claim
from include.together import together


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of the hub with the requests that were made for it."""

    item: OrderItem
    requests: Sequence[CancellationRequest]

    @property
    def holders(self) -> list[CancellationRequest]:
        """The requests that stand in the way of another one: an approved item is still to be refunded."""
        return [request for request in self.requests if request.status != REJECTED]

    @property
    def is_free(self) -> bool:
        """Whether a request may be made for it."""
        return hub_status(self.item.status) == DELIVERED and not self.holders


async def read_units(hub: OmnitronClient, items: Sequence[OrderItem]) -> list[Unit]:
    """The items with their requests as they are now."""
    found = await together(*(hub.cancellation_requests(order_item=item.pk) for item in items))
    return [
        Unit(item, [request for request in requests if request.order_item == item.pk])
        for item, requests in zip(items, found, strict=True)
    ]


def requests_wanted(claim: Claim, units: Sequence[Unit], quantity_key: str, made: Collection[int]) -> int:
    """How many requests the claim needs: one a unit it shows, else one.

    Raises ``RecordParked`` (refund_part_of_item) for a part of an item that stands for several pieces.
    """
    wanted = claim.quantity or 1
    most = max(pieces(unit.item, quantity_key) for unit in units)
    if most == 1:
        return wanted
    if made or most == wanted:
        return 1
    raise RecordParked("refund_part_of_item", claim=claim.id, line=claim.package_item, units=wanted, pieces=most)


def choose(claim: Claim, units: Sequence[Unit], number: int) -> Sequence[Unit] | Excluded:
    """The first free units. Raises ``RecordWaits``, ``RecordParked`` or ``RecordFailed`` when there are too few."""
    free = [unit for unit in units if unit.is_free]
    if len(free) >= number:
        return free[:number]
    statuses = {hub_status(unit.item.status) for unit in units}
    if statuses - {DELIVERED, CANCELLED, REFUNDED}:
        raise RecordWaits("refund_too_early", claim=claim.id, line=claim.package_item)
    if DELIVERED not in statuses:
        return Excluded(f"its item is {'refunded' if REFUNDED in statuses else 'cancelled'} in Omnitron already")
    holders = [request for unit in units if hub_status(unit.item.status) == DELIVERED for request in unit.holders]
    strangers = [request.pk for request in holders if not is_of_a_claim(request)]
    if strangers:
        raise RecordParked("refund_request_exists", claim=claim.id, line=claim.package_item, request=strangers[0])
    raise RecordFailed("refund_no_unit", claim=claim.id, line=claim.package_item)
