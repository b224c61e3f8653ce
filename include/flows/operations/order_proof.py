"""Reading both sides of one order, and what they say of each other (``domain.ledger``)."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from include.clients.fashfed.schemas import PackageItem
from include.clients.omnitron.schemas import Order, OrderItem, PlanItem
from include.clients.rows import parse_rows
from include.domain.ledger import Account, OrderSides, Shown, Standing, UnderWay, Unit, rounded, settle, standing
from include.domain.order_life import PackageStatus, is_cancelled
from include.errors import FashfedError
from include.flows.context import FlowContext
from include.flows.if_there import if_there
from include.flows.orders.moved_lines import SPLIT, follow_splits
from include.flows.orders.order_lines import package_of
from include.flows.orders.order_names import OrderNames, lines_of
from include.flows.orders.package_contents import whole_lines
from include.mapping.orders import pieces
from include.mapping.refunds import is_of_a_claim
from include.state.rules import version_moment
from include.state.store import OWED, InboxRow
from include.together import limited

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Case:
    """An order of the hub with the packages of the market that hold its units; ``order_number`` is the market's."""

    order: Order
    packages: tuple[str, ...]
    order_number: str | None

    @property
    def key(self) -> str:
        """The package that the order was made of, by which differences are called."""
        own = str(self.order.extra_field.get("id") or "")
        return own if own in self.packages else self.packages[0]


@dataclass(frozen=True, slots=True)
class Owed:
    """What our inbox still has to bring from one side to the other; ``splits`` are orders of the market."""

    cancellations: UnderWay
    splits: Collection[str]

    @classmethod
    async def read(cls, ctx: FlowContext) -> "Owed":
        """Look at every cancellation, plan and split that is not done."""
        lines = {str(row.payload.get("package_item")) async for row in _owed(ctx, "cancel")}
        items = {item.order_item async for row in _owed(ctx, "plan") for item in _plan_items(row)}
        requests = [row.market_id async for row in _owed(ctx, SPLIT)]
        claims = await ctx.store.claims(ctx.channel, SPLIT, requests)
        return cls(UnderWay(lines, items), {str(claim.detail.get("order_number")) for claim in claims.values()})


async def _owed(ctx: FlowContext, kind: str) -> AsyncIterator[InboxRow]:
    offset = 0
    while rows := await ctx.store.inbox_rows(ctx.channel, kind=kind, states=OWED, limit=_ROWS, offset=offset):
        for row in rows:
            yield row
        offset += len(rows)


def _plan_items(row: InboxRow) -> list[PlanItem]:
    items = row.payload.get("items")
    return parse_rows(PlanItem, items).rows if isinstance(items, list) else []


class OrderProof:
    """Proves orders one by one. ``until``: up to when the flows have certainly read both sides."""

    def __init__(self, ctx: FlowContext, until: datetime, owed: Owed) -> None:
        self._ctx = ctx
        self._until = until
        self._owed = owed
        self._shipped: set[str] = set()

    async def account(self, case: Case, *, is_new: bool) -> Account | None:
        """What the order holds on both sides; None when they differ and one has changed too lately to be judged.

        ``is_new``: the two were not found equal lately, so its shipping is looked at as well. Raises ``FashfedError``
        (order_without_package) when the market shows none of its packages.
        """
        account = await self._read(case)
        if account.problems and await self._has_changed(case):
            return None
        if any(problem.code == "line_only_in_omnitron" for problem in account.problems) and await self._follow(case):
            account = await self._read(case)
        if is_new:
            await self._compare_shipping(case, account)
        if case.order_number in self._owed.splits:
            account.waits, account.problems = [*account.waits, *account.problems], []
        return account

    # --- both sides -----------------------------------------------------------------------------------------
    async def _read(self, case: Case) -> Account:
        ctx, order = self._ctx, case.order
        items = await ctx.hub.order_items(order.pk)
        names = await lines_of(ctx, items)
        packages = sorted({*case.packages, *(package_of(line) for lines in names.values() for line in lines)})
        contents = await limited(ctx.tuning.concurrency, self._lines, packages)
        shown = [lines for lines in contents if lines is not None]
        if not shown and not is_cancelled(order.status):
            raise FashfedError("order_without_package", number=order.number, package=case.key)
        sides = OrderSides(
            order.number,
            order.amount,
            order.shipping_amount or Decimal(0),
            [self._unit(item, names.get(item.pk, (f"item {item.pk}",))) for item in items],
            [_shown(line) for lines in shown for line in lines],
            is_split=len(shown) > 1,
        )
        account = settle(sides, self._owed.cancellations)
        for unit in sides.units:
            if standing(unit.status) is Standing.REFUNDED and not await self._was_returned(unit):
                account.problems.append(FashfedError("refund_without_return", pk=unit.pk, line=", ".join(unit.lines)))
        return account

    async def _lines(self, number: str) -> Sequence[PackageItem] | None:
        """The lines of a package; None when the market does not show it."""
        return await if_there(whole_lines(self._ctx.market, number))

    def _unit(self, item: OrderItem, lines: tuple[str, ...]) -> Unit:
        merged = pieces(item, self._ctx.settings.order_item_quantity_key)
        count = item.quantity or 1
        price = None if item.price is None else item.price * count
        return Unit(item.pk, lines, item.status, price, item.discount_amount or Decimal(0), merged * count)

    async def _was_returned(self, unit: Unit) -> bool:
        """Whether a refunded unit has a request that was made for a return of the market."""
        requests = await self._ctx.hub.cancellation_requests(order_item=unit.pk)
        if any(is_of_a_claim(request) for request in requests):
            return True
        pks = [request.pk for request in requests]
        actions = await self._ctx.hub.integration_actions("cancellationrequest", object_ids=pks) if pks else []
        return any(action.remote_id for action in actions)

    async def _has_changed(self, case: Case) -> bool:
        """Whether a side has changed since ``until``: then it is read again when its flows have had their turns."""
        orders = await self._ctx.hub.orders([case.order.pk])
        packages = await limited(self._ctx.tuning.concurrency, self._ctx.market.package, case.packages)
        moments = [version_moment(order.modified_date) for order in orders]
        moments += [package.updated_at for package in packages if package]
        return any(moment > self._until for moment in moments if moment)

    async def _follow(self, case: Case) -> bool:
        """Units that Fashfed shows no more may have moved to another package; whether our names may have changed."""
        number = case.order_number
        if not number or len(await self._ctx.market.find_packages(order_number=number)) < 2:
            return False
        await follow_splits(self._ctx, number)
        return True

    # --- shipping -------------------------------------------------------------------------------------------
    async def _compare_shipping(self, case: Case, account: Account) -> None:
        """The shipping of a market order is counted once over its orders in the hub; asked for once a run."""
        number = case.order_number
        if not number or number in self._shipped:
            return
        self._shipped.add(number)
        ctx, head = self._ctx, await self._ctx.market.order(number)
        sisters = sorted({*case.packages, *(package.number for package in head.packages)})
        pks = {*(await OrderNames.known(ctx, sisters)).of.values(), case.order.pk}
        orders = [case.order] if len(pks) == 1 else await ctx.hub.orders(sorted(pks))
        here = rounded(sum((order.shipping_amount or Decimal(0) for order in orders), Decimal(0)))
        there = rounded(head.shipping_amount)
        if here == there:
            return
        states = await ctx.store.inbox_states(ctx.channel, "package", sisters)
        waits = here < there and any(state in OWED for state in states.values())
        problem = FashfedError("order_shipping", order=number, here=here, there=there)
        (account.waits if waits else account.problems).append(problem)


def _shown(line: PackageItem) -> Shown:
    cancelled = line.status == PackageStatus.CANCELLED
    return Shown(line.number, 0 if cancelled else line.quantity, line.price, line.discount_amount or Decimal(0))
