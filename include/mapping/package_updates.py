"""What a package of the market is to be told of its items in the hub (spec sections 2 and 9; reference/flows.md section
4.10)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from include.clients.fashfed.adapter import moment
from include.clients.fashfed.schemas import Package
from include.clients.omnitron.schemas import Order, OrderItem
from include.domain.order_life import (
    CANCELLATION_WAITING,
    CANCELLED,
    REFUNDED,
    PackageStatus,
    hub_status,
    is_forward,
    market_status,
)
from include.settings import WaybillOption

OVER = frozenset({PackageStatus.CANCELLED, PackageStatus.NOT_DELIVERED})
"""Packages that are told nothing any more."""
_GONE = frozenset({CANCELLATION_WAITING, CANCELLED})
_ON_ITS_WAY = frozenset({PackageStatus.SHIPPED, PackageStatus.DELIVERED})
_LEADS_TO_THE_BUYER = "e_archive_url"


@dataclass(frozen=True, slots=True)
class PackageUpdate:
    """What the market is to know of one package. ``fields`` are as they go over the wire.

    ``shipped_by`` is when the hub's items had become shipped: inferred from their versions, because the hub is not
    known to tell a shipping date, and therefore told only to a package that has none.
    """

    number: str
    fields: Mapping[str, Any]
    shipped_by: str | None = None


def package_updates(
    order: Order, parcels: Mapping[str, Sequence[OrderItem]], *, send_shipping_info: bool, waybill: WaybillOption
) -> list[PackageUpdate]:
    """The update of each package (number -> its items in the hub); one of which nothing is to be told is left out."""
    found = []
    for number, items in sorted(parcels.items()):
        kept = [item for item in items if hub_status(item.status) not in _GONE]
        if not kept:
            continue
        fields = _status_and_invoice(order, kept, waybill)
        shipped_by = None
        if send_shipping_info:
            fields |= _shipping(kept, order if len(parcels) == 1 else None)
            shipped = fields["status"] == PackageStatus.SHIPPED
            shipped_by = _moment(max(item.modified_date for item in kept)) if shipped else None
        told = {name: value for name, value in fields.items() if value}
        if told:
            found.append(PackageUpdate(number, told, shipped_by))
    return found


def _status_and_invoice(order: Order, items: Sequence[OrderItem], waybill: WaybillOption) -> dict[str, Any]:
    status = _status(items)
    invoice_number = _first(items, "invoice_number") or order.invoice_number
    fields: dict[str, Any] = {
        "status": status,
        "invoice_number": invoice_number,
        "invoice_date": _moment(_first(items, "invoice_date") or order.invoice_date),
        "e_archive_url": _first(items, "e_archive_url") or order.e_archive_url,
    }
    if waybill.enabled and status in _ON_ITS_WAY:
        fields["waybill_number"] = invoice_number or waybill.default
    return fields


def _shipping(items: Sequence[OrderItem], order: Order | None) -> dict[str, Any]:
    """``order``: of an order that is one package the order's own tracking number will do."""
    return {
        "tracking_number": _first(items, "tracking_number") or (order and order.tracking_number),
        "tracking_url": _first(items, "tracking_url"),
        "shipped_date": _moment(_first(items, "shipped_date")),
    }


def _status(items: Sequence[OrderItem]) -> int | None:
    """The lowest status of what was neither cancelled nor sent back.

    None when one of them says nothing to the market: what is told cannot be taken back.
    """
    told = [market_status(item.status) for item in items if hub_status(item.status) != REFUNDED]
    known = [int(status) for status in told if status is not None]
    return min(known) if known and len(known) == len(told) else None


def _first(items: Sequence[OrderItem], name: str) -> str | None:
    """The field of the first item that has it."""
    return next((value for item in sorted(items, key=lambda item: item.pk) if (value := getattr(item, name))), None)


def _moment(text: str | None) -> str | None:
    """A date of the hub as the market takes it; one that cannot be read goes as it is, so that the refusal names it."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return moment(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return text


def difference(update: PackageUpdate, package: Package) -> dict[str, Any]:
    """The fields that the package does not show yet; its status goes only forward, and what is over is told nothing."""
    if package.status in OVER:
        return {}
    wanted = dict(update.fields)
    if update.shipped_by and package.shipped_date is None:
        wanted.setdefault("shipped_date", update.shipped_by)
    missing = {name: value for name, value in wanted.items() if name != "status" and _shown(package, name) != value}
    status = wanted.get("status")
    if status is not None and is_forward(package.status, status):
        missing["status"] = status
    return missing


def _shown(package: Package, name: str) -> object:
    value: object = getattr(package, name)
    return moment(value) if isinstance(value, datetime) else value


def updates_value(updates: Iterable[PackageUpdate]) -> str:
    """Updates as one text that is equal for equal updates. The link to the buyer's invoice is in it as a hash."""
    told = {
        update.number: {
            name: sha256(value.encode()).hexdigest()[:16] if name == _LEADS_TO_THE_BUYER else value
            for name, value in update.fields.items()
        }
        for update in updates
    }
    return json.dumps(told, sort_keys=True)
