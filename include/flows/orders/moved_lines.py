"""Following splits: lines that moved to other packages take their items of Omnitron with them (design.md section 7).

A package of Fashfed that was made by a split never becomes an order of its own, whoever made the split: its items are
in Omnitron already and get the names of its lines. What is written can be written again after a crash at any point.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from include.clients.fashfed.schemas import Claim, Package
from include.clients.omnitron.schemas import OrderItem
from include.domain.order_life import PackageStatus, is_living
from include.errors import RecordWaits
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded
from include.flows.orders.cancelled_units import CancelledUnits
from include.flows.orders.line_products import LineProducts
from include.flows.orders.order_lines import ITEM, ORDER, package_of
from include.flows.orders.order_names import OrderNames, lines_of, tell_hub
from include.flows.orders.package_contents import contents_of
from include.mapping.moved_lines import Doubt, Kind, OrderUnits, Shown, Unit, find_homes
from include.mapping.orders import pieces
from include.mapping.splits import Contents
from include.state.store import Identity

SPLIT = "split"
"""Inbox kind of split requests, and the claim of the split that one causes; the key is the correlation id."""
_TOGETHER = timedelta(minutes=1)
"""Packages into which an order was put from the beginning are made within this time."""


async def adopt_split(ctx: FlowContext, package: Package, sisters: Collection[str]) -> Excluded | None:
    """Whether a package is a part of one that has an order; its items are then renamed. None: it needs its own order.

    ``sisters`` are the packages of its market order. Raises ``RecordWaits`` while that cannot be told: a split request
    is at work on the order (split_under_way), or it is unclear whether a sister has an order (split_sister_unclear).
    """
    others = sorted(set(sisters) - {package.number})
    if not others:
        return None
    if await _is_being_split(ctx, package.order_number):
        raise RecordWaits("split_under_way", order=package.order_number, package=package.number)
    orders = await OrderNames.known(ctx, [package.number, *others])
    if any(number in orders.of for number in others):
        await follow_splits(ctx, package.order_number)
        names = await ctx.store.identities(ctx.channel, ORDER, [package.number])
        for name in names.get(package.number, []):
            if "split_of" in name.detail:
                return Excluded(made_by_split(name.detail["split_of"]))
    if package.number not in orders.of:
        await _require_clear_sisters(ctx, package, orders)
    return None


def made_by_split(whole: str) -> str:
    """The rule by which a package needs no order of its own."""
    return f"made by a split of package {whole}"


async def _is_being_split(ctx: FlowContext, order_number: str) -> bool:
    rows = await ctx.store.inbox_rows(ctx.channel, kind=SPLIT, limit=1000)
    claims = await ctx.store.claims(ctx.channel, SPLIT, [row.market_id for row in rows])
    return any(claim.detail.get("order_number") == order_number for claim in claims.values())


async def _require_clear_sisters(ctx: FlowContext, package: Package, orders: OrderNames) -> None:
    """A sister that was at work before this package was seen may have made an order of its lines as well."""
    unclear = {number: since for number, since in orders.unclear.items() if number != package.number}
    row = await ctx.store.inbox_row(ctx.channel, "package", package.number) if unclear else None
    for number, since in unclear.items():
        if row is not None and since < row.first_seen_at:
            raise RecordWaits("split_sister_unclear", package=package.number, sister=number)


@dataclass(frozen=True, slots=True)
class OwnSplit:
    """A split that we asked for: the package that was split, and the packages of its order before that."""

    source: str
    before: Collection[str]


async def follow_splits(ctx: FlowContext, order_number: str, own: OwnSplit | None = None) -> Mapping[str, int]:
    """Name the items of a market order as its lines are called now; gives the order of each of its packages.

    A package without an order becomes a part of the order whose units it holds: a further name of it, with the package
    that was split. Units that were cancelled where they had moved to are named by their last line. A package bought
    beside others has its own units and stays without an order here.
    """
    async with ctx.store.lock(ctx.channel, f"order {order_number}", wait=ctx.tuning.lock_wait):
        # the list first: what has moved to a package that it shows has left the lines that are read afterwards
        packages = sorted(await ctx.market.find_packages(order_number=order_number), key=lambda one: one.number)
        orders = (await OrderNames.known(ctx, [package.number for package in packages])).of
        if not orders:
            return {}
        following = _Following(ctx, await contents_of(ctx.market, packages), orders, own)
        await following.work_out()
        await following.write()
        return following.orders


class _Following:
    """The lines of one market order, and the orders of Omnitron that hold their units."""

    def __init__(self, ctx: FlowContext, contents: Contents, orders: Mapping[str, int], own: OwnSplit | None) -> None:
        self._ctx = ctx
        self._own = own
        self._packages = [package for package, _ in contents]
        self._lines = {package.number: items for package, items in contents}
        self._known = orders
        self.orders = dict(orders)
        self._items: dict[int, list[OrderItem]] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._books: dict[int, OrderUnits] = {}
        self._products = LineProducts(ctx)

    # --- working out what moved ---------------------------------------------------------------------------
    async def work_out(self) -> None:
        """Find the order of each package without one, and the items that its lines are."""
        for order in sorted(set(self.orders.values())):
            self._items[order] = await self._ctx.hub.order_items(order)
            self._names |= await lines_of(self._ctx, self._items[order])
        self._open_books(CancelledUnits())
        if not any(book.lacks_lines for book in self._books.values()):
            return
        claims = await self._claims()  # after the lines, so that no cancellation of theirs is missed
        shown = [item for items in self._lines.values() for item in items]
        self._open_books(await CancelledUnits.read(self._ctx, claims, shown, self._items))
        await self._products.learn({item.product for item in shown} | {claim.product or "" for claim in claims} - {""})
        self._find_homes(Doubt.NONE, alike=True)
        self._find_homes(Doubt.OWED)
        self._find_homes(Doubt.DEAD)
        self._follow_cancelled(claims)

    def _open_books(self, cancelled: CancelledUnits) -> None:
        for order, items in self._items.items():
            units = [self._unit(item) for item in items if item.pk in self._names]
            book = self._books[order] = OrderUnits(units, cancelled.by_line, cancelled.owed, cancelled.items)
            for package in self._packages:
                if self.orders.get(package.number) == order:
                    book.keep(self._shown(package.number))

    def _unit(self, item: OrderItem) -> Unit:
        count = pieces(item, self._ctx.settings.order_item_quantity_key)
        price = None if item.price is None else item.price / count
        discount = (item.discount_amount or Decimal(0)) / count
        return Unit(item.pk, self._names[item.pk], item.product, price, is_living(item.status), count, discount)

    def _shown(self, number: str) -> list[Shown]:
        """The lines of a package that are not cancelled."""
        return [
            Shown(
                item.number,
                self._products.product(item.product),
                item.price,
                item.quantity,
                (item.discount_amount or Decimal(0)) / item.quantity,
            )
            for item in self._lines.get(number, [])
            if item.status != PackageStatus.CANCELLED
        ]

    async def _claims(self) -> list[Claim]:
        """What was cancelled of this market order."""
        born = min((package.created_at for package in self._packages if package.created_at), default=None)
        own = {line for lines in self._names.values() for line in lines}
        pages = self._ctx.market.claims(kind="cancel", statuses=("completed",), created_from=born)
        return [
            claim
            async for page in pages
            for claim in page.rows
            if claim.package_item in own or package_of(claim.package_item) in self._lines
        ]

    def _find_homes(self, doubt: Doubt, *, alike: bool = False) -> None:
        """The orders whose lines lack what packages without one have, ``alike`` also in their discounts. What may have
        been cancelled counts only for a package that was made later than the order was packed."""
        packages = {each.number: each for each in self._packages if each.number not in self.orders}
        shown = {number: lines for number in packages if (lines := self._shown(number))}

        def wanted(number: str, order: int) -> Counter[Kind] | None:
            book, lines = self._books[order], shown[number]
            fits = doubt is Doubt.NONE or self._is_later(packages[number], order)
            if not fits or (alike and not book.resembles(lines)):
                return None
            return book.wanted(lines)

        lacking = {order: book.lacking(doubt) for order, book in self._books.items()}
        for number, order in find_homes(list(shown), lacking, wanted).items():
            self.orders[number] = order
            self._books[order].move(shown[number])

    def _is_later(self, package: Package, order: int) -> bool:
        if self._own:
            return package.number not in self._own.before
        made = [one.created_at for one in self._packages if self._known.get(one.number) == order and one.created_at]
        return bool(made and package.created_at and package.created_at > min(made) + _TOGETHER)

    def _follow_cancelled(self, claims: Sequence[Claim]) -> None:
        """What moved and was cancelled before anybody saw its new line is named by that line."""
        before = {line for lines in self._names.values() for line in lines}
        for order, book in self._books.items():
            lines: dict[int | None, list[str]] = {}
            for claim in claims:
                package, product = package_of(claim.package_item), self._products.product(claim.product or "")
                stray = package not in self.orders and not self._shown(package) and book.has_moved(product)
                if claim.package_item not in before and (stray or self.orders.get(package) == order):
                    self.orders[package] = order
                    lines.setdefault(product, []).append(claim.package_item)
            for product, names in lines.items():
                book.move_cancelled(names, product)

    # --- writing it down ----------------------------------------------------------------------------------
    async def write(self) -> None:
        """Rename in our map, in one transaction, and then in Omnitron; what is right already is not written."""
        ctx, now = self._ctx, self._ctx.clock.now()
        names = [
            Identity(ITEM, line, pk, {"order": order})
            for order, book in self._books.items()
            for pk, lines in book.renamed().items()
            for line in lines
        ]
        adopted = sorted({self.orders[number] for number in self.orders.keys() - self._known.keys()})
        names += await self._order_names(adopted)
        if names:
            await ctx.store.rename(ctx.channel, names, now=now)
        for order, book in self._books.items():
            if list(self.orders.values()).count(order) > 1:
                await tell_hub(ctx, self._items[order], {pk: lines[0] for pk, lines in book.names().items()})

    async def _order_names(self, orders: Sequence[int]) -> list[Identity]:
        """All names of orders that have got new ones: what is not named here would be forgotten."""
        known = await self._ctx.store.identities_of(self._ctx.channel, ORDER, orders)
        found = []
        for order in orders:
            details = {name.remote_id: name.detail for name in known.get(order, ())}
            mine = sorted(number for number, home in self.orders.items() if home == order)
            whole = self._own.source if self._own else next(number for number in mine if number in self._known)
            for number in {*mine, *details}:
                made = {"order": order} if number in self._known else {"order": order, "split_of": whole}
                found.append(Identity(ORDER, number, order, details.get(number) or made))
        return found
