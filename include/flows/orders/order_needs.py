"""What an order of Omnitron needs beside its package: buyer, addresses, cargo company, products, amounts, label."""

from collections.abc import Sequence
from decimal import Decimal

from include.clients.fashfed.schemas import Order as MarketOrder
from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.schemas import Catalog
from include.domain.order_life import PackageStatus
from include.errors import FashfedError, RecordParked, RecordWaits
from include.flows.context import FlowContext
from include.flows.lists import channel_lists
from include.flows.once import Once
from include.flows.orders.buyers import Buyers
from include.flows.orders.cargos import DEFAULT, Cargos
from include.flows.orders.line_products import LineProducts
from include.flows.orders.order_names import ARRIVES_WITHIN, OrderNames
from include.mapping.orders import OrderFacts

SHIPPING = "shipping_amount"
"""The effect that is claimed: the shipping amount of a market order counts with one of its packages. The key is the
order's number; of the heir of a package that needs no order ``<order number>/<that package>``."""


class OrderNeeds:
    """Looks up what orders need; what many of them share is looked up once."""

    def __init__(self, ctx: FlowContext, products: LineProducts) -> None:
        self._ctx = ctx
        self._products = products
        self._buyers = Buyers(ctx)
        self._cargos = Cargos(ctx)
        self._catalog: Once[Catalog] = Once()
        self._heads: Once[MarketOrder] = Once()

    def forget(self) -> None:
        """Ask anew which packages an order has: it may be split at any time."""
        self._heads = Once()

    async def of(self, package: Package, items: Sequence[PackageItem], number: str) -> OrderFacts:
        """Everything the order of a package needs. Raises ``RecordParked`` for the first that is missing."""
        ctx = self._ctx
        products = self._products.of(items)
        cargo = await self._cargo(package)
        catalog = await self._catalog.get("catalog", lambda: channel_lists(ctx))
        customer = await self._buyers.customer(package)
        shipping, billing = await self._buyers.addresses(package, customer)
        # last, so that a package that has to wait does not keep the amount from its sisters
        shipping_amount, interest = await self._order_amounts(package)
        return OrderFacts(
            number=number,
            channel_id=ctx.channel_id,
            customer=customer,
            shipping_address=shipping,
            billing_address=billing,
            cargo_company=cargo,
            price_list=catalog.price_list,
            stock_list=catalog.stock_list,
            products=products,
            shipping_amount=shipping_amount,
            interest_amount=interest,
            quantity_key=ctx.settings.order_item_quantity_key,
            label_url=await self._label(package),
        )

    async def _order_amounts(self, package: Package) -> tuple[Decimal, Decimal]:
        """Shipping and instalment interest of the market's order: counted with one of its packages only, the first, or
        its heir when that was cancelled before it had an order."""
        right = package.order_number
        while (bearer := await self._bearer(right, package)) != package.number:
            if not await self._needs_no_order(package.order_number, bearer):
                return Decimal(0), Decimal(0)
            right = f"{package.order_number}/{bearer}"
        head = await self.head(package)
        return head.shipping_amount or Decimal(0), head.installment_interest_amount or Decimal(0)

    async def _bearer(self, right: str, package: Package) -> str:
        """The package with which the amounts count: this one, unless another one has the right to it already."""
        ctx, detail = self._ctx, {"package": package.number}
        return str((await ctx.store.claim(ctx.channel, SHIPPING, right, detail, now=ctx.clock.now())).detail["package"])

    async def _needs_no_order(self, order_number: str, number: str) -> bool:
        """Whether a package was cancelled before it had an order. Raises ``RecordWaits`` while nobody can tell."""
        ctx, package = self._ctx, await self._ctx.market.package(number)
        if package is None or package.status != PackageStatus.CANCELLED:
            return False
        names = await OrderNames.known(ctx, [number])
        if number in names.unclear and ctx.clock.now() < names.unclear[number] + ARRIVES_WITHIN:
            raise RecordWaits("order_unclear", number=number)
        return number not in names.of and not (
            number in names.unclear and await ctx.hub.orders_by_number(ctx.settings.order_number(order_number, number))
        )

    async def head(self, package: Package) -> MarketOrder:
        """What the packages of a market order share."""
        number = package.order_number
        return await self._heads.get(number, lambda: self._ctx.market.order(number))

    async def _cargo(self, package: Package) -> int:
        """The cargo company: the mapping's default, or the market's carrier when the market ships (spec section 2)."""
        slug = DEFAULT if self._ctx.settings.send_shipping_info else (package.shipping_company or DEFAULT)
        pk = await self._cargos.of(slug)
        if pk is None:
            raise RecordParked("cargo_unmapped", slug=slug)
        return pk

    async def _label(self, package: Package) -> str | None:
        """Have the market make the PDF label and say where it is; an order never waits for its label."""
        ctx = self._ctx
        if ctx.settings.send_shipping_info or not ctx.settings.use_cargo_label:
            return None
        try:
            await ctx.market.label(package.number)
        except FashfedError as error:
            ctx.log.warning("Package %s has no cargo label yet: %s", package.number, error)
            return None
        return f"{ctx.settings.base_url}{ctx.market.label_path(package.number)}"
