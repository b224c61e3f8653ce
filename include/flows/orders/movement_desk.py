"""Taking over what Fashfed says of a package on its way: status and tracking number of its items, and its carrier.

Everything is compared with what Omnitron has, and may be done again after a crash at any point.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.schemas import OrderItem
from include.clients.rows import FeedPage
from include.domain.order_life import PackageStatus, hub_status_of, is_hub_forward, is_living, market_status
from include.errors import FashfedError, RecordFailed, RecordParked, RecordWaits, Refused
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded, finish_all
from include.flows.intake import read_row
from include.flows.orders.carriers import Carriers
from include.flows.orders.order_lines import OrderLines
from include.flows.orders.package_contents import unreadable_line
from include.mapping.orders import TRACKING_LIMIT, live_items
from include.state.store import InboxRow
from include.together import limited

KIND = "movement"
CONTENT_TYPE = "order"
_TRACKING_MAY_FOLLOW = timedelta(days=7)
"""How long a shipped package is looked at again for a tracking number that it does not have yet (inferred)."""

Lines = FeedPage[PackageItem]


def package_number(row: InboxRow) -> str:
    """The package of a row, whose key names the package's status, too."""
    return row.market_id.partition(":")[0]


class MovementDesk:
    """Takes packages one by one; a package that was shipped and delivered since the last run is one of them."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._lines = OrderLines(ctx)
        self._carriers = Carriers(ctx)
        self._read: dict[str, Lines | FashfedError] = {}

    def say(self) -> None:
        """Write what could not be noted of carriers to the task log."""
        self._carriers.say()

    async def prepare(self, rows: Sequence[InboxRow]) -> None:
        """Read the lines of a page of packages, and in bulk which items of which orders they are."""
        numbers = list(dict.fromkeys(package_number(row) for row in rows))
        read = await limited(self._ctx.tuning.concurrency, self._read_lines, numbers)
        self._read = dict(zip(numbers, read, strict=True))
        lines = [line for each in read if not isinstance(each, FashfedError) for line in each.rows]
        await self._lines.learn([line.number for line in lines])
        await self._carriers.learn(self._orders(lines))

    def _orders(self, lines: Sequence[PackageItem]) -> set[int]:
        return {order for line in lines if (order := self._lines.order(line.number)) is not None}

    async def _read_lines(self, number: str) -> Lines | FashfedError:
        try:
            return await self._ctx.market.package_items(number)
        except ValueError as error:
            return RecordParked("record_unreadable", kind="Package", key=number, detail=error)
        except FashfedError as error:
            return error

    async def take(self, rows: Sequence[InboxRow]) -> list[bool | Excluded]:
        """Bring the items of one package up to date; True where something was written. Raises ``RecordWaits``,
        ``RecordParked``, ``RecordFailed`` or ``RetryNow``, when all that can be done has been done."""
        return [await self._take(rows)] * len(rows)

    async def finish(self, taken: Sequence[tuple[InboxRow, bool]]) -> None:
        """Mark packages as done."""
        await finish_all(self._ctx, KIND, [row for row, _ in taken])
        for _, changed in taken:
            self._ctx.report.count("updated" if changed else "unchanged")

    async def _take(self, rows: Sequence[InboxRow]) -> bool | Excluded:
        package = await self._newest(rows)
        if hub_status_of(package.status) is None:
            return Excluded("neither shipped nor delivered any more")
        read = self._read[package_number(rows[0])]
        if isinstance(read, FashfedError):
            raise read
        lines = live_items(read.rows)
        known = [line for line in lines if self._lines.order(line.number) is not None]
        changed = await self._bring_up_to_date(package, known)
        unneeded = [await self._lines.why_unknown(line.number) for line in lines if line not in known]
        if read.bad:
            raise unreadable_line(package.number, read.bad[0])
        if not lines:
            return await self._without_lines(package, read)
        if not known:
            return unneeded[0]
        await self._wait_for_tracking(package, known, since=rows[0].first_seen_at)
        return changed

    async def _newest(self, rows: Sequence[InboxRow]) -> Package:
        """The package as it was seen last; one that could not be read is looked at once more."""
        read = [read_row(Package, row, package_number(row)) for row in rows]
        found = [package for package in read if isinstance(package, Package)]
        if found:
            return max(found, key=lambda package: package.status)
        shown = await self._ctx.market.package(package_number(rows[0]))
        if shown is None:
            raise next(error for error in reversed(read) if isinstance(error, RecordParked))
        return shown

    async def _without_lines(self, package: Package, read: Lines) -> Excluded:
        shown = None if read.rows else await self._ctx.market.package(package.number)
        if shown is not None and shown.status != PackageStatus.CANCELLED:
            raise RecordParked("order_empty", number=package.number)
        return Excluded("all its lines were cancelled")

    # --- items --------------------------------------------------------------------------------------------
    async def _bring_up_to_date(self, package: Package, lines: Sequence[PackageItem]) -> bool:
        """Write what differs to the items of these lines, and note the carrier of their order; gives whether anything
        had to be written."""
        changed, refusal = False, None
        for line in lines:
            status, tracking_number = movement(package, line)
            for item in await self._items(package, line):
                changes = item_changes(item, status, tracking_number)
                if not changes:
                    continue
                changed = True
                try:
                    await self._ctx.hub.patch_order_item(item.pk, changes)
                except Refused as refused:
                    refusal = refusal or refused
        for order in self._orders(lines):
            await self._carriers.note(order, package)
        if refusal and refusal.payload is not None:
            raise RecordFailed("movement_refused", number=package.number, detail=refusal.facts.get("detail"))
        if refusal:
            raise refusal
        return changed

    async def _items(self, package: Package, line: PackageItem) -> list[OrderItem]:
        items = await self._lines.items(line.number)
        if not items:
            raise RecordParked("order_gone", number=package.number, pk=self._lines.order(line.number))
        return items

    async def _wait_for_tracking(self, package: Package, lines: Sequence[PackageItem], since: datetime) -> None:
        """Raises ``RecordWaits`` for a shipped package of which an item has no tracking number yet."""
        if self._ctx.clock.now() >= since + _TRACKING_MAY_FOLLOW:
            return
        for line in lines:
            status, tracking_number = movement(package, line)
            items = [] if tracking_number or status is not PackageStatus.SHIPPED else await self._items(package, line)
            if any(is_living(item.status) and not item.tracking_number for item in items):
                raise RecordWaits("tracking_number_awaited", number=package.number)


def movement(package: Package, line: PackageItem) -> tuple[PackageStatus, str]:
    """How far a line has come and its tracking number: its own, else its package's."""
    own = line.status if line.status and hub_status_of(line.status) else package.status
    return PackageStatus(own), (line.tracking_number or package.tracking_number or "")[:TRACKING_LIMIT]


def item_changes(item: OrderItem, status: PackageStatus, tracking_number: str) -> dict[str, str]:
    """What an item of Omnitron lacks: status forward only, and the tracking number. An item that is ahead of this news
    keeps the tracking number it has; one that was cancelled or sent back stays as it is."""
    if not is_living(item.status):
        return {}
    changes = {}
    wanted = hub_status_of(status)
    if wanted is not None and is_hub_forward(item.status, wanted):
        changes["status"] = str(wanted)
    ahead = (market_status(item.status) or status) > status
    if tracking_number and tracking_number != item.tracking_number and not (ahead and item.tracking_number):
        changes["tracking_number"] = tracking_number
    return changes
