"""What Fashfed has of lines now, by names that are in step with its splits."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from include.clients.fashfed.schemas import Package, PackageItem
from include.domain.order_life import PackageStatus
from include.flows.context import FlowContext
from include.flows.if_there import if_there
from include.flows.once import Once
from include.flows.orders.moved_lines import follow_splits
from include.flows.orders.order_lines import package_of
from include.flows.orders.package_contents import whole_lines


class MarketLines:
    """Packages and their lines, read once until ``forget``."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self.forget()

    def forget(self) -> None:
        """Whatever is asked from now on is read anew."""
        self._packages: Once[Package | None] = Once()
        self._lines: Once[Sequence[PackageItem]] = Once()
        self._followed: Once[Mapping[str, int]] = Once()

    async def package(self, number: str) -> Package | None:
        """A package as it is; None when Fashfed does not show it."""
        return await self._packages.get(number, partial(self._ctx.market.package, number))

    async def follow(self, line: str) -> Mapping[str, int]:
        """Bring our names in step with the packages of the line's order, if it has several; gives the hub's order of
        each. Raises what ``follow_splits`` raises."""
        package = await self.package(package_of(line))
        if package is None:
            return {}
        return await self._followed.get(package.order_number, partial(self._follow, package.order_number))

    async def _follow(self, order_number: str) -> Mapping[str, int]:
        if len(await self._ctx.market.find_packages(order_number=order_number)) < 2:
            return {}
        return await follow_splits(self._ctx, order_number)

    async def quantity(self, lines: Collection[str]) -> int:
        """How many units of these lines their packages hold. Raises ``RecordParked`` for an unreadable package."""
        quantity = 0
        for number in {package_of(line) for line in lines}:
            items = await self._lines.get(number, partial(self._read, number))
            quantity += sum(
                item.quantity for item in items if item.number in lines and item.status != PackageStatus.CANCELLED
            )
        return quantity

    async def _read(self, package: str) -> Sequence[PackageItem]:
        return await if_there(whole_lines(self._ctx.market, package)) or []
