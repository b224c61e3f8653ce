"""Which items of Omnitron a line of Fashfed is after lines have moved to other packages.

Moved lines have new numbers and nothing says which line they were. They are found by what they are: the product, the
price of a unit, and how many units the old lines show less than Omnitron holds.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

_CENT = Decimal("0.01")
Kind = tuple[int | None, Decimal | None]
"""What a unit that moved is recognised by: its product and its price."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of the hub: the lines it is called by, and how many units it stands for (one, unless lines are merged
    into one item). ``price`` is that of one unit."""

    pk: int
    lines: tuple[str, ...]
    product: int
    price: Decimal | None
    living: bool
    count: int = 1
    discount: Decimal = Decimal(0)
    """Of one unit."""

    @property
    def kind(self) -> Kind:
        """What a unit that moved is recognised by."""
        return self.product, _rounded(self.price)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the market shows it; ``product`` is the hub's, None where the hub has none of this SKU."""

    number: str
    product: int | None
    price: Decimal | None
    quantity: int
    discount: Decimal = Decimal(0)
    """Of one unit."""

    @property
    def kind(self) -> Kind:
        """What its units are recognised by."""
        return self.product, _rounded(self.price)


class Doubt(IntEnum):
    """Why a unit that has left its line may not have moved."""

    NONE = 0
    OWED = 1
    """A cancellation of its line that the hub does not know yet may have taken it."""
    DEAD = 2
    """It is dead in the hub, and its line has cancellations; as far as these tell they took others."""


class OrderUnits:
    """The items of one order of the hub, given to the lines that the market shows.

    ``cancelled`` are the lines with completed cancellations, with the units that these have taken at least besides the
    items ``taken`` for them in the hub: so many that are dead there have not moved. ``owed`` are the lines whose
    cancellation the hub does not know yet, with the units that it has taken at least.
    """

    def __init__(
        self,
        units: Iterable[Unit],
        cancelled: Mapping[str, int],
        owed: Mapping[str, int],
        taken: Collection[int] = (),
    ) -> None:
        self._units = sorted(units, key=lambda unit: (not unit.living, unit.pk))
        self._cancelled = cancelled
        self._owed = owed
        gone = self._gone(taken)
        self._free = {unit.pk: unit.count for unit in self._units if unit.pk not in gone}
        self._given: dict[int, list[str]] = {}

    def _gone(self, taken: Collection[int]) -> set[int]:
        """The dead units that the market has cancelled; of equal ones it does not matter which."""
        left, gone = Counter(self._cancelled), set[int]()
        for unit in self._units:
            line = next((line for line in unit.lines if left[line] > 0), None)
            if unit.living or not (unit.pk in taken or line):
                continue
            gone.add(unit.pk)
            if unit.pk not in taken and line:
                left[line] -= unit.count
        return gone

    def _doubt(self, unit: Unit) -> Doubt:
        if not unit.living and _any(unit, self._cancelled):
            return Doubt.DEAD
        return Doubt.OWED if _any(unit, self._owed) else Doubt.NONE

    @property
    def lacks_lines(self) -> bool:
        """Whether there are more units than the lines show that were kept."""
        return any(self._free.values())

    @property
    def lines(self) -> frozenset[str]:
        """The lines that the items are called by."""
        return frozenset(line for unit in self._units for line in unit.lines)

    def keep(self, shown: Iterable[Shown]) -> None:
        """Lines that bear their old numbers keep as many units as they still show; living ones are left to move, unless
        the others are probably cancelled."""
        for line in shown:
            own = [unit for unit in reversed(self._units) if line.number in unit.lines]
            self._give(line.number, line.quantity, sorted(own, key=lambda unit: self._doubt(unit) is Doubt.DEAD))

    def lacking(self, doubt: Doubt) -> Counter[Kind]:
        """How many units of each kind may have moved, with no more doubt than this."""
        free: Counter[Kind] = Counter()
        for unit in self._movable(doubt):
            free[unit.kind] += self._free[unit.pk]
        return free

    def resembles(self, shown: Iterable[Shown]) -> bool:
        """Whether units that have moved without doubt have the discounts of the lines with new numbers, but for
        rounding."""
        movable = list(self._movable(Doubt.NONE))
        for line in self._new(shown):
            alike = [one for one in movable if one.kind == line.kind and abs(one.discount - line.discount) < 2 * _CENT]
            if sum(self._free[unit.pk] for unit in alike) < line.quantity:
                return False
        return True

    def wanted(self, shown: Iterable[Shown]) -> Counter[Kind]:
        """How many units of each kind lines with new numbers need."""
        wanted: Counter[Kind] = Counter()
        for line in self._new(shown):
            wanted[line.kind] += line.quantity
        return wanted

    def move(self, shown: Sequence[Shown]) -> None:
        """Lines with new numbers get units, the least doubtful first; the others keep theirs."""
        self.keep(line for line in shown if line.number in self.lines)
        for line in self._new(shown):
            left = line.quantity
            for doubt in Doubt:
                own = [unit for unit in self._movable(doubt) if unit.kind == line.kind]
                # of equal ones those that no cancellation has taken, and of these the most alike
                taken = self._taken()
                own.sort(key=lambda one: (not one.living, one.pk in taken, abs(one.discount - line.discount)))
                left = self._give(line.number, left, own)

    def has_moved(self, product: int | None) -> bool:
        """Whether units of a product have left their line, and no line shows them: they were cancelled elsewhere."""
        return any(unit.product == product for unit in self._movable(Doubt.NONE))

    def move_cancelled(self, lines: Sequence[str], product: int | None) -> None:
        """Units that moved and were cancelled where they went to: ``lines``, by turns, as no quantity is known."""
        gone = [unit for unit in self._movable(Doubt.NONE) if unit.product == product]
        for index, unit in enumerate(gone):
            self._give(lines[index % len(lines)], self._free[unit.pk], [unit])

    def names(self) -> Mapping[int, tuple[str, ...]]:
        """The lines by which each item is to be called from now on; what no line asked for keeps its name."""
        return {unit.pk: tuple(self._given.get(unit.pk, unit.lines)) for unit in self._units}

    def renamed(self) -> Mapping[int, tuple[str, ...]]:
        """The names that have changed."""
        before = {unit.pk: set(unit.lines) for unit in self._units}
        return {pk: lines for pk, lines in self.names().items() if set(lines) != before[pk]}

    def _taken(self) -> set[int]:
        """As many units of each line as its cancellations have taken at least: which ones they are is all the same."""
        left, taken = Counter(self._owed), set[int]()
        for unit in reversed(self._units):
            for line in unit.lines:
                if left[line] > 0 and self._free.get(unit.pk):
                    left[line] -= self._free[unit.pk]
                    taken.add(unit.pk)
        return taken

    def _movable(self, doubt: Doubt) -> Iterator[Unit]:
        for unit in self._units:
            if self._free.get(unit.pk) and self._doubt(unit) <= doubt:
                yield unit

    def _new(self, shown: Iterable[Shown]) -> list[Shown]:
        return [line for line in shown if line.number not in self.lines]

    def _give(self, line: str, quantity: int, units: Iterable[Unit]) -> int:
        """Give a line units; what it still lacks."""
        for unit in units:
            part = min(quantity, self._free.get(unit.pk, 0))
            if part:
                self._free[unit.pk] -= part
                self._given.setdefault(unit.pk, []).append(line)
                quantity -= part
        return quantity


def find_homes(
    packages: Sequence[str], lacking: Mapping[int, Counter[Kind]], wanted: Callable[[str, int], Counter[Kind] | None]
) -> dict[str, int]:
    """Which order each package came out of, so that as many as possible came out of one: the first that fits may be
    the only one that another package fits. ``wanted`` is what a package needs of an order; None: it is none of it."""
    if not packages:
        return {}
    number, *rest = packages
    best: dict[str, int] = {}
    for order, units in lacking.items():
        needs = wanted(number, order)
        if needs is not None and needs <= units:
            found = {number: order} | find_homes(rest, {**lacking, order: units - needs}, wanted)
            best = max(best, found, key=len)
        if len(best) == len(packages):
            return best
    return max(best, find_homes(rest, lacking, wanted), key=len)


def _any(unit: Unit, lines: Collection[str]) -> bool:
    return any(line in lines for line in unit.lines)


def _rounded(price: Decimal | None) -> Decimal | None:
    return None if price is None else price.quantize(_CENT, rounding=ROUND_HALF_UP)
