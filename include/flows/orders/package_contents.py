"""Packages of Fashfed with their lines as they are now."""

from collections.abc import Sequence

from include.clients.fashfed.client import FashfedClient
from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.client import OmnitronClient
from include.clients.rows import BadRow
from include.domain.order_life import PackageStatus
from include.errors import RecordParked
from include.mapping.split_request import SplitRequest
from include.mapping.splits import Contents, SplitPlan, plan_split
from include.settings import ChannelSettings


async def whole_lines(market: FashfedClient, number: str) -> Sequence[PackageItem]:
    """All lines of a package; raises ``RecordParked`` (record_unreadable) when one of them cannot be read."""
    items = await market.package_items(number)
    if items.bad:
        raise unreadable_line(number, items.bad[0])
    return items.rows


def unreadable_line(number: str, line: BadRow) -> RecordParked:
    """What keeps a package waiting of which a line cannot be read."""
    detail = f"line {line.key or '?'}: {line.detail}"
    return RecordParked("record_unreadable", kind="Package", key=number, detail=detail)


async def contents_of(market: FashfedClient, packages: Sequence[Package]) -> Contents:
    """The lines of each package, read one after the other."""
    return [(package, await whole_lines(market, package.number)) for package in packages]


async def look_up_split(
    hub: OmnitronClient, market: FashfedClient, settings: ChannelSettings, request: SplitRequest
) -> SplitPlan:
    """What a request wants of the packages as they are now. Its order number may be Fashfed's or Omnitron's.

    Raises ``RecordFailed`` (split_...) when it cannot be carried out.
    """
    found = await _named(hub, market, settings, request)
    preparing = [package for package in found if package.status == PackageStatus.PREPARING]
    contents = await contents_of(market, preparing)
    return plan_split(request, contents, found, whole_lines=bool(settings.order_item_quantity_key))


async def _named(
    hub: OmnitronClient, market: FashfedClient, settings: ChannelSettings, request: SplitRequest
) -> list[Package]:
    number, order = request.package_number, request.order_number
    if number is not None:
        found = await market.find_packages(number=number)
        return [
            one for one in found if order in (None, one.order_number, settings.order_number(one.order_number, number))
        ]
    found = await market.find_packages(order_number=order)
    if not found:
        for known in await hub.orders_by_number(order or ""):
            found += await market.find_packages(number=str(known.extra_field.get("id") or ""))
    return found
