"""The carrier that Fashfed ships with, noted at the order of Omnitron (spec section 2, Cargo Company Mapping; design.md
section 13: no call changes the cargo company of an order)."""

from collections.abc import Collection

from include.clients.fashfed.schemas import Package
from include.clients.omnitron.schemas import Order
from include.errors import AnswerLost, FashfedError, RecordFailed, Refused, RetryNow
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.orders.cargos import Cargos
from include.flows.reporting import Note, Reporter, step_name

NOTE = "shipping_info"
"""The effect that is claimed: one note of a cargo company at an order."""


class Carriers:
    """Notes a carrier once for each order, and only where the order was made with another one.

    What cannot be noted is reported and holds nothing back.
    """

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._cargos = Cargos(ctx)
        self._reporter = Reporter(ctx, "package")
        self._orders: dict[int, Order] = {}
        self._spoiled: dict[int, RetryNow | Refused] = {}

    def say(self) -> None:
        """Write what could not be noted to the task log."""
        self._reporter.say()

    async def learn(self, orders: Collection[int]) -> None:
        """Read orders in bulk."""
        found, self._spoiled = await look_up(self._ctx.hub.orders, sorted(orders))
        self._orders = {order.pk: order for order in found}

    async def note(self, pk: int, package: Package) -> None:
        """Note the carrier of a package at its order. Raises ``RetryNow``, and what kept the order from being read."""
        slug = package.shipping_company
        if not slug:
            return
        if pk in self._spoiled:
            raise self._spoiled[pk]
        cargo, order = await self._cargos.of(slug), self._orders.get(pk)
        if cargo is None:
            await self._report(RecordFailed("cargo_unmapped", slug=slug), package)
        elif order and order.cargo_company != cargo:
            await self._once(order, cargo, package)

    async def _once(self, order: Order, cargo: int, package: Package) -> None:
        """The note cannot be looked for, so it is never sent a second time: rather none than two."""
        ctx, key = self._ctx, f"{order.pk}/{cargo}"
        claim = await ctx.store.claim(ctx.channel, NOTE, key, {"package": package.number}, now=ctx.clock.now())
        if not claim.fresh:
            return
        try:
            # is_send: the market ships, so it is not told anything of the shipment
            await ctx.hub.order_shipping_info(order.pk, order.number, str(cargo), is_send=False)
        except AnswerLost as lost:
            ctx.log.warning(
                "Whether carrier %s was noted for order %s is not known, and it is not tried again: %s",
                package.shipping_company, order.number, lost,
            )  # fmt: skip
            return
        except FashfedError as error:
            await ctx.store.drop_claim(ctx.channel, NOTE, key, now=ctx.clock.now())
            if not isinstance(error, Refused):
                raise
            slug, detail = package.shipping_company, error.facts.get("detail")
            await self._report(RecordFailed("carrier_refused", slug=slug, number=order.number, detail=detail), package)
            return
        await ctx.store.settle_claim(ctx.channel, NOTE, key, {}, now=ctx.clock.now())
        ctx.log.info(
            "Order %s goes with carrier %s, which is noted in Omnitron", order.number, package.shipping_company
        )

    async def _report(self, error: RecordFailed, package: Package) -> None:
        prefix = f"{package.number}-Channel-{step_name(self._ctx.flow)}"
        await self._reporter.records([Note.of(error, "order", package.number)], log_prefix=prefix)
