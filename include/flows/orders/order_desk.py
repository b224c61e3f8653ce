"""Making exactly one order of Omnitron of one package of Fashfed (design.md section 7).

A claim is written before anything is created. Whoever finds a claim that is not fresh looks in Omnitron first; so no
crash and no lost answer makes a second order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.clients.fashfed.schemas import Package, PackageItem
from include.clients.omnitron.schemas import IntegrationAction, Order, OrderItem
from include.domain.order_life import PackageStatus, needs_no_order
from include.errors import AnswerLost, FashfedError, RecordFailed, RecordParked, RecordWaits, Refused
from include.flows.apart import look_up
from include.flows.context import FlowContext
from include.flows.inbox_work import Excluded, harmless
from include.flows.intake import read_row
from include.flows.once import Once
from include.flows.orders.line_products import LineProducts
from include.flows.orders.moved_lines import adopt_split
from include.flows.orders.order_names import ARRIVES_WITHIN, CREATE
from include.flows.orders.order_needs import OrderNeeds
from include.flows.orders.package_contents import whole_lines
from include.mapping.orders import item_lines, live_items, order_payload
from include.state.store import Claim, ClaimState, InboxRow
from include.together import limited, together

KIND = "package"


@dataclass(frozen=True, slots=True)
class Made:
    """A package whose order exists. ``lines`` are the market's names of its items by pk; ``linked`` when Omnitron knows
    them already; ``version`` is the order's as it was made, so that a later change of it is still seen as one."""

    package: Package
    order: Order
    items: Sequence[OrderItem]
    lines: Mapping[int, str]
    version: str
    fresh: bool
    linked: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    package: Package
    items: Sequence[PackageItem]


class OrderDesk:
    """Takes packages one by one; what many of them need is looked up once."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._products = LineProducts(ctx)
        self._needs = OrderNeeds(ctx, self._products)
        self._born: Once[datetime] = Once()
        self._read: dict[str, _Read | FashfedError] = {}
        self._linked: dict[str, int] = {}

    async def prepare(self, rows: Sequence[InboxRow]) -> None:
        """Read the lines of a page of packages, and in bulk what Omnitron knows of packages and products."""
        self._needs.forget()
        numbers = [row.market_id for row in rows]
        (actions, _), read = await together(
            look_up(self._actions, numbers),
            limited(self._ctx.tuning.orders_at_once, self._read_one, rows),
        )
        self._linked = {action.remote_id: action.object_id for action in actions if action.remote_id}
        self._read = dict(zip(numbers, read, strict=True))
        skus = {item.product for each in read if isinstance(each, _Read) for item in each.items}
        await self._products.learn(skus)
        await self._note_sold(skus)

    async def _note_sold(self, skus: Collection[str]) -> None:
        """What buyers took is gone at the market: neither what we sent last nor what is on its way says what it has."""
        await self._ctx.store.doubt_sent(self._ctx.channel, "productstock", sorted(skus))

    async def _actions(self, numbers: Sequence[str]) -> list[IntegrationAction]:
        return await self._ctx.hub.integration_actions("order", remote_ids=numbers, status="success")

    async def _read_one(self, row: InboxRow) -> _Read | FashfedError:
        package = read_row(Package, row)
        if isinstance(package, FashfedError):
            return package
        try:
            return _Read(package, await whole_lines(self._ctx.market, package.number))
        except FashfedError as error:
            return error

    def shown(self, row: InboxRow) -> Mapping[str, object]:
        """What people may see of a package: its numbers and lines."""
        read = self._read.get(row.market_id)
        items = read.items if isinstance(read, _Read) else []
        lines = [{"number": item.number, "sku": item.product, "quantity": item.quantity} for item in items]
        return harmless(row.payload) | ({"lines": lines} if lines else {})

    async def take(self, rows: Sequence[InboxRow]) -> list[Made | Excluded]:
        """The order of each package, made or found. Raises ``RecordParked``, ``RecordFailed`` or ``RetryNow``."""
        return [await self._take(row) for row in rows]

    async def _take(self, row: InboxRow) -> Made | Excluded:
        read = self._read[row.market_id]
        if isinstance(read, FashfedError):
            raise read
        package, items = read.package, live_items(read.items)
        part = await adopt_split(self._ctx, package, [one.number for one in (await self._needs.head(package)).packages])
        if part:
            return part
        number = self._ctx.settings.order_number(package.order_number, package.number)
        now = self._ctx.clock.now()
        claim = await self._ctx.store.claim(self._ctx.channel, CREATE, package.number, {"number": number}, now=now)
        there = await self._already_there(package, number, claim)
        if there:
            return there
        try:
            excluded = await self._needs_none(package, items)
            if excluded is None:
                payload = order_payload(package, items, await self._needs.of(package, items, number))
                return await self._create(package, payload, number, items)
        except (RecordParked, RecordFailed, Refused):
            await self._give_up(claim)
            raise
        if not claim.fresh and self._ctx.clock.now() < claim.made_at + ARRIVES_WITHIN:
            raise RecordWaits("order_unclear", number=package.number)
        await self._give_up(claim, needless=True)
        return excluded

    async def _give_up(self, claim: Claim, *, needless: bool = False) -> None:
        """Nothing was made now. A claim that an earlier try left stays, because that may still have made something, but
        for a package that turned out to need no order."""
        if claim.fresh or needless:
            await self._ctx.store.drop_claim(self._ctx.channel, CREATE, claim.key, now=self._ctx.clock.now())

    # --- looking first ------------------------------------------------------------------------------------
    async def _already_there(self, package: Package, number: str, claim: Claim) -> Made | None:
        done = claim.state is ClaimState.DONE  # made by us, or assigned by a person
        known = claim.detail.get("pk") if done else self._linked.get(package.number)
        if known is not None:
            order = await self._order(int(known), number)
            version = str(claim.detail.get("version") or order.modified_date)
            return await self._adopt(package, order, version, certain=done)
        # what is older than our memory may have been imported by the system before us
        stranger = package.created_at is None or package.created_at <= await self._born_at()
        return await self._find(package, number) if stranger or not claim.fresh else None

    async def _born_at(self) -> datetime:
        ctx = self._ctx
        return await self._born.get("born", lambda: ctx.store.born_at(ctx.channel, ctx.clock.now()))

    async def _order(self, pk: int, number: str) -> Order:
        found = await self._ctx.hub.orders([pk])
        if not found:
            raise RecordParked("order_gone", number=number, pk=pk)
        return found[0]

    async def _find(self, package: Package, number: str) -> Made | None:
        for order in await self._ctx.hub.orders_by_number(number):
            if order.number == number:
                return await self._adopt(package, order, order.created_date or order.modified_date)
        return None

    async def _adopt(self, package: Package, order: Order, version: str, *, certain: bool = False) -> Made:
        owner = str(order.extra_field.get("id") or package.number)
        if owner != package.number and not certain:
            raise RecordParked("order_number_taken", number=order.number, other=owner)
        linked = self._linked.get(package.number) == order.pk
        return await self._made(package, order, version, fresh=False, linked=linked)

    async def _made(self, package: Package, order: Order, version: str, *, fresh: bool, linked: bool = False) -> Made:
        ctx = self._ctx
        detail = {"pk": order.pk, "version": version}
        await ctx.store.settle_claim(ctx.channel, CREATE, package.number, detail, now=ctx.clock.now())
        items, lines = await ctx.hub.order_items(order.pk), self._lines(package)
        names = item_lines(items, lines, self._products.product, one_each=bool(ctx.settings.order_item_quantity_key))
        missing = [line for line in lines if line.number not in names.values()]
        if missing and not fresh:
            self._say_items_differ(order.number, len(names), len(names) + len(missing))
        return Made(package, order, items, names, version, fresh, linked)

    def _lines(self, package: Package) -> list[PackageItem]:
        read = self._read[package.number]
        return live_items(read.items) if isinstance(read, _Read) else []

    async def _needs_none(self, package: Package, items: Sequence[PackageItem]) -> Excluded | None:
        """The rule by which a package that has no order needs none. Raises ``RecordParked`` (order_empty)."""
        status = package.status
        if not items:
            current = await self._ctx.market.package(package.number)
            if current is not None and current.status != PackageStatus.CANCELLED:
                raise RecordParked("order_empty", number=package.number)
            status = PackageStatus.CANCELLED
        rule = needs_no_order(status, package.created_at, await self._born_at())
        return Excluded(rule) if rule else None

    # --- making -------------------------------------------------------------------------------------------
    async def _create(
        self, package: Package, payload: dict[str, Any], number: str, items: Sequence[PackageItem]
    ) -> Made:
        ctx = self._ctx
        try:
            order = await ctx.hub.create_order(payload["order"], payload["order_item"])
        except Refused as refusal:
            # the number may be there already: then the refusal was right and the order is found
            found = await self._find(package, number)
            if found:
                return found
            if refusal.payload is None:
                raise
            await self._products.forget({item.product for item in items})
            raise RecordFailed("order_refused", number=number, detail=refusal.facts.get("detail")) from None
        except AnswerLost as lost:
            return await self._find_after(lost, package, number)
        made = await self._made(package, order, order.modified_date, fresh=True)
        if len(made.items) != len(payload["order_item"]):
            self._say_items_differ(number, len(made.items), len(payload["order_item"]))
        return made

    async def _find_after(self, lost: AnswerLost, package: Package, number: str) -> Made:
        try:
            found = await self._find(package, number)
        except Refused:
            found = None
        if found is None:
            # the claim stays open, so the next run looks again before it creates anything
            raise lost
        return found

    def _say_items_differ(self, number: str, found: int, expected: int) -> None:
        error = RecordFailed("items_missing", number=number, found=found, expected=expected)
        self._ctx.report.error(error.code)
        self._ctx.log.warning("%s [%s]. Next step: %s", error, error.code, error.next_step)
