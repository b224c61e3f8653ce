"""Packages of Fashfed with their lines as they are now."""

from collections.abc import Sequence

from include.clients.fashfed.client import FashfedClient
from include.clients.fashfed.schemas import Package, PackageItem
from include.domain.order_life import PackageStatus
from include.errors import RecordParked
from include.mapping.split_request import SplitRequest
from include.mapping.splits import Contents, SplitPlan, plan_split


async def whole_lines(market: FashfedClient, number: str) -> Sequence[PackageItem]:
    """All lines of a package; raises ``RecordParked`` (record_unreadable) when one of them cannot be read."""
    items = await market.package_items(number)
    if items.bad:
        detail = f"line {items.bad[0].key or '?'}: {items.bad[0].detail}"
        raise RecordParked("record_unreadable", kind="Package", key=number, detail=detail)
    return items.rows


async def contents_of(market: FashfedClient, packages: Sequence[Package]) -> Contents:
    """The lines of each package, read one after the other."""
    return [(package, await whole_lines(market, package.number)) for package in packages]


async def look_up_split(market: FashfedClient, request: SplitRequest, *, merged: bool) -> SplitPlan:
    """What a request wants of the packages as they are now; ``merged``: a line is one item of Omnitron.

    Raises ``RecordFailed`` (split_...) when it cannot be carried out.
    """
    found = await market.find_packages(number=request.package_number, order_number=request.order_number)
    preparing = [package for package in found if package.status == PackageStatus.PREPARING]
    return plan_split(request, await contents_of(market, preparing), found, whole_lines=merged)
