"""The life of an order on both sides: what a status means, and that it only goes forward (api/omnitron.md section 11,
api/fashfed.md section 2)."""

from datetime import datetime
from enum import IntEnum

CANCELLATION_WAITING, CANCELLED, REFUNDED = 50, 100, 600
"""Item statuses of the hub of what will not be shipped any more, or has come back."""
SHIPPED = 500
"""Item status of the hub from which on a parcel is on its way; the hub cancels nothing of it any more."""
DELIVERED = 550
"""Item status of the hub of what the buyer has; only this can be returned."""


class PackageStatus(IntEnum):
    """Statuses of a package or a line at the market."""

    CANCELLED = 1
    PREPARING = 2
    READY = 3
    SHIPPED = 4
    DELIVERED = 5
    NOT_DELIVERED = 6


_MARKET = {
    400: PackageStatus.PREPARING,
    450: PackageStatus.PREPARING,
    500: PackageStatus.SHIPPED,
    510: PackageStatus.SHIPPED,
    520: PackageStatus.SHIPPED,
    540: PackageStatus.SHIPPED,
    550: PackageStatus.DELIVERED,
}
_HUB = {PackageStatus.SHIPPED: 500, PackageStatus.DELIVERED: 550}
_ORDER = (PackageStatus.PREPARING, PackageStatus.READY, PackageStatus.SHIPPED, PackageStatus.DELIVERED)


def hub_status(text: str | None) -> int | None:
    """The number of a hub status, which is written as numeric text; None for one we cannot read."""
    return int(text) if text and text.isascii() and text.isdecimal() else None


def is_living(text: str | None) -> bool:
    """Whether an item of the hub is still to be shipped or was, and is neither cancelled, nor about to be, nor back."""
    number = hub_status(text)
    return number is not None and number > CANCELLED and number != REFUNDED


def is_cancelled(text: str | None) -> bool:
    """Whether an item of the hub is cancelled or waits for it."""
    number = hub_status(text)
    return number is not None and number <= CANCELLED


def is_over(text: str | None) -> bool:
    """Whether an item of the hub certainly is cancelled, waits for it, or has come back."""
    return is_cancelled(text) or hub_status(text) == REFUNDED


def market_status(text: str | None) -> PackageStatus | None:
    """What the market is to be told of a hub status; None for one that says nothing to it."""
    return _MARKET.get(hub_status(text) or 0)


def hub_status_of(status: int) -> int | None:
    """The hub's status of a package that was shipped or delivered at the market; None for other ones."""
    return _HUB.get(PackageStatus(status)) if status in PackageStatus._value2member_map_ else None


def is_forward(before: int | None, after: int) -> bool:
    """Whether a package of the market may go from one status to another; nothing leaves delivered or cancelled."""
    if after not in _ORDER or before not in _ORDER:
        return False
    return _ORDER.index(PackageStatus(after)) > _ORDER.index(PackageStatus(before))


def is_hub_forward(before: str | None, after: int) -> bool:
    """Whether an item of the hub may go to a status: only a living one, and only on."""
    number = hub_status(before)
    return is_living(before) and number is not None and after > number


FINISHED = (PackageStatus.SHIPPED, PackageStatus.DELIVERED, PackageStatus.NOT_DELIVERED)
"""Package statuses of the market of what has left the brand."""


def needs_no_order(status: int, created_at: datetime | None, born_at: datetime) -> str | None:
    """The rule by which a package without an order is never to get one; None when it is to get one.

    ``born_at`` is when the connector first knew the channel: what was on its way by then was handled without it.
    """
    if status == PackageStatus.CANCELLED:
        return "cancelled before it was imported"
    if status in FINISHED and (created_at is None or created_at <= born_at):
        return "finished before this connector knew the channel"
    return None


def movement_key(number: str, status: int) -> str:
    """What a package that was shipped or delivered is called in the inbox."""
    return f"{number}:{status}"
