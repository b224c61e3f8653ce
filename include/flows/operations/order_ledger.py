"""Accounting for orders in both directions: everything of Fashfed is in Omnitron, waits in the inbox or needs nothing
by a named rule, and every order of Omnitron is of a package (design.md section 7).

What was found equal is remembered with its versions and not read again until one side changes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from include.clients.fashfed.schemas import Package
from include.clients.omnitron.schemas import Order
from include.domain.ledger import Account
from include.domain.order_life import is_cancelled, needs_no_order
from include.errors import FashfedError, Refused, RetryNow, StopRun
from include.flows.context import FlowContext
from include.flows.operations.ledger_book import Book
from include.flows.operations.order_proof import Case, OrderProof
from include.flows.orders.order_desk import KIND
from include.flows.orders.order_lines import ORDER
from include.flows.orders.order_names import OrderNames
from include.state.store import Difference, InboxState
from include.together import limited

BY_HAND, SECOND_CANCELLED = "entered by hand in Omnitron", "a second order that was cancelled in Omnitron"
"""Rules by which an order of Omnitron needs no package."""
BOUGHT_BEFORE = "bought before this connector knew the channel"
"""The rule by which a package that was never seen may be without an order."""
ORDER_CODES = ("order_without_package", "order_doubled")
"""Codes of differences that are called by the number of an order in Omnitron; the others are called by a package."""
_UNTOUCHED, _A_WHILE = timedelta(hours=1), timedelta(minutes=30)
_REMEMBER = timedelta(days=7)
_MANY = 500
_Seen = tuple[str, str]
"""The package's and the order's version with which they were found equal."""


class OrderLedger:
    """Works page by page. ``trouble`` is the first error that kept a record from being compared; ``left_over``: the
    time was over before all were. Either way the next run reads all of them again."""

    def __init__(self, ctx: FlowContext, book: Book, proof: OrderProof, born_at: datetime) -> None:
        self._ctx = ctx
        self._book = book
        self._proof = proof
        self._born_at = born_at
        self._scope = f"ledger:{ctx.channel}"
        self._proven: set[int] = set()
        self.trouble: FashfedError | None = None
        self.left_over = False

    async def again(self, standing: Sequence[Difference], before: datetime | None) -> None:
        """Look once more at what differed or waited ``before``, when both sides were compared last, and at packages
        that nobody has tried for too long."""
        if before:
            await self._untouched(before)
        numbers = sorted({row.key for row in standing if row.code in ORDER_CODES})
        found = await limited(self._ctx.tuning.concurrency, self._ctx.hub.orders_by_number, numbers)
        await self.orders([order for orders in found for order in orders])
        packages = sorted({row.key for row in standing if row.code not in ORDER_CODES})
        shown = await limited(self._ctx.tuning.concurrency, self._ctx.market.package, packages)
        await self.packages([package for package in shown if package])
        gone = [number for number, orders in zip(numbers, found, strict=True) if not orders]
        gone += [number for number, package in zip(packages, shown, strict=True) if package is None]
        self._book.checked(gone)

    async def _untouched(self, before: datetime) -> None:
        """Packages that had been there for a while at the last comparison: after an outage they have a turn first."""
        ctx, now = self._ctx, self._ctx.clock.now()
        limit = min(now - _UNTOUCHED, before - _A_WHILE)
        for row in await ctx.store.due(ctx.channel, KIND, now=now, limit=_MANY):
            if row.state is InboxState.NEW and row.first_seen_at < limit:
                facts = {"number": row.market_id, "since": f"{row.first_seen_at:%Y-%m-%d %H:%M}Z"}
                self._book.differs(row.market_id, [FashfedError("package_untouched", **facts)])

    # --- market -> us -----------------------------------------------------------------------------------------
    async def packages(self, rows: Sequence[Package]) -> None:
        """Account for packages."""
        seen = await self._seen(row.number for row in rows)
        fresh = [row for row in rows if seen.get(row.number, ("", ""))[0] != _version(row)]
        known = (await OrderNames.known(self._ctx, [row.number for row in fresh])).of if fresh else {}
        self._book.figures["packages"] += len(rows)
        self._book.figures["proven_before"] += len(rows) - len(fresh)
        self._book.checked(row.number for row in rows if row not in fresh)
        await self._without_order([row for row in fresh if row.number not in known])
        await self._with_order([row for row in fresh if row.number in known], known)
        await self._book.keep()

    async def unreadable(self, numbers: Sequence[str]) -> None:
        """Account for packages that Fashfed shows so that they cannot be read: the inbox has them as they came."""
        states = await self._ctx.store.inbox_states(self._ctx.channel, KIND, numbers)
        self._book.checked(numbers)
        self._book.figures["parked"] += len(states)
        for number in numbers:
            if number not in states:
                self._missing(number, "it cannot be read, and it is not in the inbox either")

    async def _without_order(self, rows: Sequence[Package]) -> None:
        ctx, book, numbers = self._ctx, self._book, [row.number for row in rows]
        states = await ctx.store.inbox_states(ctx.channel, KIND, numbers)
        book.checked(numbers)
        for package in rows:
            match states.get(package.number):
                case InboxState.NEW:
                    book.figures["new"] += 1
                case InboxState.PARKED:
                    book.figures["parked"] += 1
                case InboxState.EXCLUDED:
                    row = await ctx.store.inbox_row(ctx.channel, KIND, package.number)
                    book.exclude((row and row.reason) or "-")
                case InboxState.DONE:
                    self._missing(package.number, "the inbox has it as done, but nobody knows its order")
                case None:
                    rule = self._why_unseen(package)
                    if rule:
                        book.exclude(rule)
                    else:
                        self._missing(package.number, "it is not in the inbox either")

    def _why_unseen(self, package: Package) -> str | None:
        """The rule by which nobody had to see a package; a backfill may bring in what was bought before our time."""
        bought_before = package.created_at is not None and package.created_at <= self._born_at
        rule = needs_no_order(package.status, package.created_at, self._born_at)
        return rule or (BOUGHT_BEFORE if bought_before else None)

    def _missing(self, number: str, why: str) -> None:
        self._book.differs(number, [FashfedError("package_missing", number=number, why=why)])

    async def _with_order(self, rows: Sequence[Package], known: Mapping[str, int]) -> None:
        ctx = self._ctx
        pks = sorted({known[row.number] for row in rows})
        orders = {order.pk: order for order in await ctx.hub.orders(pks)}
        names = await ctx.store.identities_of(ctx.channel, ORDER, pks)
        cases: dict[int, Case] = {}
        seen: dict[str, str] = {}
        for row in rows:
            pk = known[row.number]
            seen[row.number] = _version(row)
            if pk not in orders:
                self._book.checked([row.number])
                self._missing(row.number, f"its order (pk {pk}) is not there any more")
                continue
            self._book.figures["created"] += 1
            packages = {row.number, *(name.remote_id for name in names.get(pk, ()))}
            cases[pk] = Case(orders[pk], tuple(sorted(packages)), row.order_number)
        await self._prove(cases.values(), seen)

    # --- us -> market -----------------------------------------------------------------------------------------
    async def orders(self, rows: Sequence[Order]) -> None:
        """Find the package of each order of the hub, and compare the two."""
        ctx, pks = self._ctx, [order.pk for order in rows]
        self._book.figures["orders"] += len(rows)
        names = await ctx.store.identities_of(ctx.channel, ORDER, pks)
        packages = {pk: [name.remote_id for name in own] for pk, own in names.items()}
        strangers = [order for order in rows if order.pk not in packages]
        packages |= await self._packages_of(strangers)
        seen = await self._seen(number for numbers in packages.values() for number in numbers)
        cases = []
        for order in rows:
            numbers = packages.get(order.pk, [])
            if any(seen.get(number, ("", ""))[1] != order.modified_date for number in numbers):
                cases.append(Case(order, tuple(numbers), order.extra_field.get("order_number")))
            else:
                self._book.checked([order.number])
        await self._prove(cases, {number: version for number, (version, _) in seen.items()})
        await self._book.keep()

    async def _packages_of(self, orders: Sequence[Order]) -> dict[int, list[str]]:
        """The package that each order names itself, when it is the only one; ours are known by name."""
        ctx, pks = self._ctx, [order.pk for order in orders]
        actions = await ctx.hub.integration_actions(ORDER, object_ids=pks) if pks else []
        told = {order.pk: str(order.extra_field.get("id") or "") for order in orders}
        told |= {action.object_id: action.remote_id for action in actions if action.remote_id}
        owners = await ctx.store.identities(ctx.channel, ORDER, sorted(set(told.values()) - {""}))
        found: dict[int, list[str]] = {}
        for order in orders:
            number, owner = told[order.pk], owners.get(told[order.pk])
            if not number:
                self._book.exclude(BY_HAND)
            elif owner and is_cancelled(order.status):
                self._book.exclude(SECOND_CANCELLED)
            elif owner:
                facts = {"number": order.number, "package": number, "other": owner[0].hub_id}
                self._book.differs(order.number, [FashfedError("order_doubled", **facts)])
            else:
                found[order.pk] = [number]
        return found

    # --- both ---------------------------------------------------------------------------------------------------
    async def _prove(self, cases: Iterable[Case], seen: Mapping[str, str]) -> None:
        """Compare orders, and remember those that are equal; ``seen`` are the versions of their packages."""
        ctx = self._ctx
        todo = [case for case in cases if case.order.pk not in self._proven]
        self._proven.update(case.order.pk for case in todo)
        before = await self._seen(number for case in todo for number in case.packages)

        async def one(case: Case) -> tuple[Case, Account | FashfedError | None]:
            is_new = not any(number in before for number in case.packages)
            if ctx.out_of_time():
                self.left_over = True
                return case, None
            try:
                return case, await self._proof.account(case, is_new=is_new)
            except FashfedError as error:
                return case, error

        equal: dict[str, _Seen] = {}
        unequal: list[str] = []
        for case, answer in await limited(ctx.tuning.concurrency, one, todo):
            if self._enter(case, answer):
                equal |= {number: (seen.get(number, ""), case.order.modified_date) for number in case.packages}
            else:
                unequal += case.packages
        await ctx.store.uncache(self._scope, unequal)
        await ctx.store.cache(self._scope, equal, expires_at=ctx.clock.now() + _REMEMBER)

    def _enter(self, case: Case, answer: Account | FashfedError | None) -> bool:
        """Write down what came of an order; whether its two sides are equal."""
        book, names = self._book, [*case.packages, case.order.number]
        if isinstance(answer, RetryNow | StopRun) or (isinstance(answer, Refused) and answer.payload is None):
            book.figures["uncompared"] += 1
            self.trouble = self.trouble or answer
            return False
        if answer is None:
            book.figures["put_off"] += 1
            return False
        book.checked(names)
        if isinstance(answer, FashfedError):
            if answer.code in ORDER_CODES:
                book.differs(case.order.number, [answer])
            else:
                record = f"Order {case.order.number}"
                book.differs(case.key, [FashfedError("not_comparable", record=record, detail=answer.message)])
            return False
        book.add(answer)
        if answer.problems:
            book.differs(case.key, answer.problems)
        if answer.waits:
            book.waits(case.key, answer.waits)
        return not answer.problems and not answer.waits

    async def _seen(self, numbers: Iterable[str]) -> dict[str, _Seen]:
        ctx = self._ctx
        found = await ctx.store.cached(self._scope, sorted(set(numbers)), now=ctx.clock.now())
        return {number: (versions[0], versions[1]) for number, versions in found.items()}


def _version(package: Package) -> str:
    return f"{package.status}@{package.updated_at.isoformat() if package.updated_at else ''}"
