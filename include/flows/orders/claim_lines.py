"""Which items of Omnitron the line of a cancellation is, and how many units of it Fashfed has left."""

from collections import Counter
from collections.abc import Collection, Sequence

from include.clients.fashfed.schemas import Claim
from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import PackageStatus, is_over
from include.errors import FashfedError, RecordParked
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded
from include.flows.orders.line_products import LineProducts
from include.flows.orders.market_lines import MarketLines
from include.flows.orders.order_lines import ITEM, OrderLines, package_of
from include.mapping.orders import pieces
from include.together import limited


class ClaimLines:
    """Lines of a page of claims, by names that are in step with splits."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._lines = OrderLines(ctx)
        self._market = MarketLines(ctx)
        self._products = LineProducts(ctx)
        self._instead: dict[str, str] = {}
        self._in_step: dict[int, OrderLines] = {}

    async def learn(self, claims: Collection[Claim]) -> dict[str, FashfedError]:
        """Look up the lines of claims; gives the claims of which that cannot be told now, by id."""
        self._market.forget()
        self._instead, self._in_step = {}, {}
        lines = {claim.package_item for claim in claims}
        await self._lines.learn(lines)
        unknown = [claim for claim in claims if self._lines.order(claim.package_item) is None]
        errors = await limited(self._ctx.tuning.concurrency, self._follow, unknown)
        if unknown:
            await self._lines.learn(lines | set(self._instead.values()))
        return {claim.id: error for claim, error in zip(unknown, errors, strict=True) if error}

    async def _follow(self, claim: Claim) -> FashfedError | None:
        """A split may have made an unknown line, and everything of it may be cancelled before anybody saw it."""
        try:
            orders = await self._market.follow(claim.package_item)
            if orders and not await self._ctx.store.identities(self._ctx.channel, ITEM, [claim.package_item]):
                await self._look_elsewhere(claim, sorted(set(orders.values())))
        except FashfedError as error:
            return error
        return None

    async def _look_elsewhere(self, claim: Claim, orders: Sequence[int]) -> None:
        """Of a package that is gone whole, the units are those that a line of its order has more in Omnitron than at
        Fashfed: they moved, and nothing shows any more that they did."""
        package = await self._market.package(package_of(claim.package_item))
        if package is None or package.status != PackageStatus.CANCELLED or claim.product is None:
            return
        await self._products.learn({claim.product})
        product = self._products.product(claim.product)
        items = [item for order in orders for item in await self._ctx.hub.order_items(order)]
        living = {item.pk: item for item in items if item.product == product and not is_over(item.status)}
        names = await self._ctx.store.identities_of(self._ctx.channel, ITEM, list(living))
        units: Counter[str] = Counter()
        for pk, lines in names.items():
            units.update({name.remote_id: self.pieces(living[pk]) for name in lines})
        for line in sorted(units):
            if units[line] > await self._market.quantity({line}):
                self._instead[claim.package_item] = line
                return

    def line(self, claim: Claim) -> str:
        """The line whose units a claim is about; mostly its own."""
        return self._instead.get(claim.package_item, claim.package_item)

    def order(self, claim: Claim) -> int | None:
        """The hub's order that holds the line of a claim; None for a line that is not known."""
        return self._lines.order(self.line(claim))

    async def of_order(self, order: int) -> list[OrderItem]:
        """All items of an order."""
        return await self._lines.of_order(order)

    async def why_unknown(self, claim: Claim) -> Excluded:
        """Why no item bears the name of a claim's line, when nothing more is to come; raises ``RecordWaits``."""
        return await self._lines.why_unknown(claim.package_item)

    async def follow(self, order: int, claims: Collection[Claim]) -> None:
        """See which units of an order have moved, where a line of these claims has several; all of them are judged by
        the same names."""
        lines = sorted({self.line(claim) for claim in claims})
        several = [line for line in lines if sum(map(self.pieces, await self._lines.items(line))) > 1]
        if several and await self._market.follow(several[0]):
            again = self._in_step[order] = OrderLines(self._ctx)
            await again.learn(lines)

    async def items(self, claim: Claim) -> list[OrderItem]:
        """The items of a known line; nothing when all of them have moved. Raises ``RecordParked`` (order_gone)."""
        line = self.line(claim)
        before, order = await self._lines.items(line), self._lines.order(line)
        if not before or order is None:
            raise RecordParked("order_gone", number=package_of(line), pk=order)
        items = await self._in_step.get(order, self._lines).items(line)
        # a merged item may have no more units of this line
        return items or [item for item in before if self.pieces(item) > 1]

    def pieces(self, item: OrderItem) -> int:
        """How many units of a line an item stands for."""
        return pieces(item, self._ctx.settings.order_item_quantity_key)

    async def left(self, claim: Claim, items: Sequence[OrderItem]) -> int:
        """How many units Fashfed still has of the items; a merged item may be units of several lines."""
        ctx = self._ctx
        names = await ctx.store.identities_of(ctx.channel, ITEM, [item.pk for item in items])
        lines = {self.line(claim), *(name.remote_id for each in names.values() for name in each)}
        return await self._market.quantity(lines)
