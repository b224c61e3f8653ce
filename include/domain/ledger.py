"""The ledger of an order: what must be equal in the hub and at the market (design.md section 7).

Of every line, ordered = open + shipped + cancelled + refunded in the hub, and what was not cancelled there is what the
market shows of it: a cancelled unit leaves its line (api/fashfed.md section 7), a returned one does not. Money is equal
to the kuruş.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from include.domain.order_life import CANCELLATION_WAITING, REFUNDED, SHIPPED, hub_status, is_cancelled
from include.errors import FashfedError

_CENT, _NOTHING = Decimal("0.01"), Decimal(0)


class Standing(StrEnum):
    """What became of a unit that was ordered."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    """Or waits to be cancelled."""
    REFUNDED = "refunded"


def standing(status: str | None) -> Standing | None:
    """What an item's status in the hub says (api/omnitron.md section 11); None when it says nothing."""
    number = hub_status(status)
    if number is None:
        return None
    if is_cancelled(status):
        return Standing.CANCELLED
    if number == REFUNDED:
        return Standing.REFUNDED
    return Standing.SHIPPED if number >= SHIPPED else Standing.OPEN


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of the hub: the market's lines it is called by, how many pieces it stands for, their price and discount
    all together."""

    pk: int
    lines: tuple[str, ...]
    status: str | None
    price: Decimal | None
    discount: Decimal
    pieces: int = 1

    @property
    def is_kept(self) -> bool:
        """Whether it was not cancelled."""
        return standing(self.status) not in (None, Standing.CANCELLED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the market shows it: units that were not cancelled, the price of one, the discount of all."""

    number: str
    quantity: int
    price: Decimal | None
    discount: Decimal


@dataclass(frozen=True, slots=True)
class OrderSides:
    """An order of the hub and the lines that the market shows of it. ``is_split``: they are in several packages."""

    number: str
    amount: Decimal | None
    shipping: Decimal
    units: Sequence[Unit]
    shown: Sequence[Shown]
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What our inbox still has to bring over: lines with cancellations of the market, items cancelled in the hub."""

    lines: Collection[str] = ()
    items: Collection[int] = ()


@dataclass(slots=True)
class Account:
    """What an order holds. ``problems`` are where the two sides differ, ``waits`` where they do for the time being."""

    lines: int = 0
    units: Counter[Standing] = field(default_factory=Counter)
    in_hub: Decimal = _NOTHING
    at_market: Decimal = _NOTHING
    problems: list[FashfedError] = field(default_factory=list)
    waits: list[FashfedError] = field(default_factory=list)


def settle(order: OrderSides, under_way: UnderWay) -> Account:
    """Compare both sides of an order."""
    account = Account()
    exact = True
    for line in _lines(order):
        account.lines += 1
        for unit in line.units:
            what = standing(unit.status)
            if what is None:
                account.problems.append(
                    FashfedError("item_status_unreadable", pk=unit.pk, line=line.name, status=unit.status)
                )
            else:
                account.units[what] += unit.pieces
        account.in_hub += line.price_in_hub - line.discount_in_hub
        account.at_market += line.price_at_market - line.discount_at_market
        exact = exact and line.is_whole
        problem = line.units_differ()
        if problem:
            (account.waits if line.is_under_way(under_way) else account.problems).append(problem)
        account.problems += line.money_differs(exact=line.is_whole and not order.is_split and problem is None)
    account.problems += _order_money(order, exact=exact)
    return account


def _lines(order: OrderSides) -> Iterator["_Line"]:
    """Units with the market's lines they are called by; an item that stands for parts of several lines joins them."""
    shown = {line.number: line for line in order.shown}
    groups: dict[tuple[str, ...], list[Unit]] = {}
    for unit in order.units:
        groups.setdefault(unit.lines, []).append(unit)
    named = {line for lines in groups for line in lines}
    for number in shown.keys() - named:
        groups[(number,)] = []
    for lines, units in sorted(groups.items()):
        yield _Line(", ".join(lines), units, [shown[line] for line in lines if line in shown])


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    units: Sequence[Unit]
    shown: Sequence[Shown]

    @property
    def here(self) -> int:
        return _pieces(unit for unit in self.units if unit.is_kept)

    @property
    def there(self) -> int:
        return sum(line.quantity for line in self.shown)

    @property
    def is_whole(self) -> bool:
        """Whether no unit was ever cancelled, as far as both sides tell."""
        return _pieces(self.units) == self.there

    @property
    def price_in_hub(self) -> Decimal:
        return sum((unit.price or _NOTHING for unit in self.units if unit.is_kept), _NOTHING)

    @property
    def price_at_market(self) -> Decimal:
        return sum((rounded(line.price) * line.quantity for line in self.shown), _NOTHING)

    @property
    def discount_in_hub(self) -> Decimal:
        return sum((unit.discount for unit in self.units if unit.is_kept), _NOTHING)

    @property
    def discount_at_market(self) -> Decimal:
        return sum((rounded(line.discount) for line in self.shown), _NOTHING)

    def units_differ(self) -> FashfedError | None:
        if self.here == self.there:
            return None
        code = "line_only_in_omnitron" if self.here > self.there else "line_only_at_fashfed"
        return FashfedError(code, line=self.name, here=self.here, there=self.there)

    def is_under_way(self, under_way: UnderWay) -> bool:
        """Whether what differs is explained by a cancellation that has not come over yet."""
        if self.here > self.there:
            return any(line in under_way.lines for unit in self.units for line in unit.lines)
        cancelled = [unit for unit in self.units if not unit.is_kept]
        undecided = [unit for unit in cancelled if hub_status(unit.status) == CANCELLATION_WAITING]
        return self.here + _pieces(undecided) >= self.there or any(unit.pk in under_way.items for unit in cancelled)

    def money_differs(self, *, exact: bool) -> Iterator[FashfedError]:
        """What is wrong with the price of a unit and its share of the discount, however many units a side has. Where
        units have left the line, each side has shared its discount out by itself, and a share may be a kuruş more or
        less."""
        prices = [rounded(line.price) for line in self.shown]
        for unit in self.units:
            if prices and (unit.price is None or unit.price != prices[0] * unit.pieces):
                here = None if unit.price is None else rounded(unit.price / unit.pieces)
                yield FashfedError("line_price", line=self.name, here=here, there=prices[0])
                break
        if self.here and self.there:
            here, there = self.discount_in_hub, self.discount_at_market * self.here / self.there
            if abs(here - there) > (_NOTHING if exact else _CENT * max(self.here, self.there)):
                yield FashfedError("line_discount", line=self.name, here=here, there=rounded(there))


def _order_money(order: OrderSides, *, exact: bool) -> Iterator[FashfedError]:
    """What is wrong with the order as a whole; ``exact``: nothing of it was cancelled."""
    goods = sum(((unit.price or _NOTHING) - unit.discount for unit in order.units), _NOTHING)
    if order.amount != goods + order.shipping:
        yield FashfedError("order_amount", number=order.number, here=order.amount, there=goods + order.shipping)
    if order.is_split and exact:
        here = sum((unit.discount for unit in order.units), _NOTHING)
        there = sum((rounded(line.discount) for line in order.shown), _NOTHING)
        if here != there:
            yield FashfedError("order_discount", number=order.number, here=here, there=there)


def _pieces(units: Iterable[Unit]) -> int:
    return sum(unit.pieces for unit in units)


def rounded(amount: Decimal | None) -> Decimal:
    """An amount as the hub writes money."""
    return (amount or _NOTHING).quantize(_CENT, rounding=ROUND_HALF_UP)
