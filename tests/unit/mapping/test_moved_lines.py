"""Which items of Omnitron a line is after lines have moved to other packages."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

import pytest

from include.mapping.moved_lines import Doubt, Kind, OrderUnits, Shown, Unit, find_homes

DRESS, BELT = 11, 12


def unit(pk: int, line: str = "P1-1", product: int = DRESS, *, price: str = "50", living: bool = True) -> Unit:
    return Unit(pk, (line,), product, Decimal(price), living)


def shown(number: str, quantity: int = 1, product: int | None = DRESS, price: str = "50.00") -> Shown:
    return Shown(number, product, Decimal(price), quantity)


def book(
    *units: Unit, kept: Collection[Shown] = (), cancelled: Collection[str] = (), told: Collection[str] = ()
) -> OrderUnits:
    """``told`` are cancelled lines of which the hub knows that, each for a unit."""
    made = OrderUnits(units, Counter([*cancelled, *told]), Counter(cancelled))
    made.keep(kept)
    return made


def holds(lacking: OrderUnits, *shown: Shown, doubt: Doubt = Doubt.NONE) -> bool:
    """Whether the lines can be units of the order that moved."""
    return lacking.wanted(shown) <= lacking.lacking(doubt)


def test_a_line_that_moved_whole_takes_all_its_units() -> None:
    moved = book(unit(1), unit(2), unit(3, "P1-2", BELT), kept=[shown("P1-2", 1, BELT)])
    moved.move([shown("P2-1", 2)])
    assert moved.renamed() == {1: ("P2-1",), 2: ("P2-1",)}


def test_a_cancellation_that_the_hub_knows_does_not_explain_what_its_line_lacks() -> None:
    moved = book(unit(1), unit(2), unit(3, living=False), told=["P1-1"])
    moved.move([shown("P2-1", 1)])
    moved.move_cancelled(["P2-1"], DRESS)
    assert moved.renamed() == {1: ("P2-1",), 2: ("P2-1",)}


def test_a_unit_that_its_cancellation_has_taken_moves_last() -> None:
    single, several = unit(1, "P1-1"), [unit(pk, "P1-2") for pk in (2, 3, 4)]
    moved = book(single, *several, cancelled=["P1-1", "P1-2"])
    moved.move([shown("P2-1", 2)])
    assert moved.renamed() == {2: ("P2-1",), 3: ("P2-1",)}


def test_a_line_of_which_a_part_moved_keeps_the_rest() -> None:
    moved = book(unit(1), unit(2), unit(3), kept=[shown("P1-1", 2)])
    moved.move([shown("P2-1")])
    assert moved.renamed() == {1: ("P2-1",)}


def test_living_units_move_before_dead_ones() -> None:
    moved = book(unit(1, living=False), unit(2), unit(3), kept=[shown("P1-1", 2)])
    moved.move([shown("P2-1")])
    assert moved.renamed() == {2: ("P2-1",)}


def test_of_units_of_two_equal_lines_those_with_the_discount_of_the_new_line_move() -> None:
    dear = [replace(unit(pk, "P1-1"), discount=Decimal(10)) for pk in (1, 2)]
    cheap = [unit(pk, "P1-2") for pk in (3, 4)]
    moved = book(*dear, *cheap, kept=[shown("P1-1"), shown("P1-2")])
    moved.move([shown("P2-1")])
    moved.move([replace(shown("P3-1"), discount=Decimal(10))])
    assert moved.renamed() == {3: ("P2-1",), 1: ("P3-1",)}


def test_what_was_renamed_before_is_not_renamed_again() -> None:
    moved = book(unit(1, "P2-1"), unit(2), kept=[shown("P1-1"), shown("P2-1")])
    moved.move([shown("P2-1")])
    assert not moved.lacks_lines
    assert moved.renamed() == {}


@pytest.mark.parametrize(
    "line",
    [shown("P2-1", 1, BELT), shown("P2-1", price="49.99"), shown("P2-1", 2), shown("P2-1", product=None)],
)
def test_a_package_bought_beside_is_not_taken_for_a_part(line: Shown) -> None:
    """Another product, another price, more units than are missing, a product that Omnitron does not have."""
    assert not holds(book(unit(1), unit(2), kept=[shown("P1-1")]), line, doubt=Doubt.DEAD)
    assert not holds(book(unit(1), kept=[shown("P1-1")]), shown("P2-1"), doubt=Doubt.DEAD)


def test_a_package_is_a_part_only_with_all_its_lines() -> None:
    lacking = book(unit(1), unit(2, "P1-2", BELT), kept=[shown("P1-2", 1, BELT)])
    assert holds(lacking, shown("P2-1"))
    assert not holds(lacking, shown("P2-1"), shown("P2-2", 1, BELT))


def test_what_was_cancelled_is_not_taken_for_moved_unless_that_is_asked_for() -> None:
    lacking = book(unit(1), unit(2), kept=[], cancelled=["P1-1"])
    assert not holds(lacking, shown("P2-1"))
    assert holds(lacking, shown("P2-1"), doubt=Doubt.OWED)


def test_a_dead_unit_that_no_cancellation_has_taken_may_have_moved() -> None:
    """One was cancelled for a buyer, one by the brand where Fashfed shows it, and one by the brand after it moved."""
    moved = OrderUnits([unit(pk, living=False) for pk in (1, 2, 3)], {"P1-1": 0}, {}, taken={1})
    moved.keep([shown("P1-1")])
    assert not holds(moved, shown("P2-1"), doubt=Doubt.OWED)
    assert holds(moved, shown("P2-1"), doubt=Doubt.DEAD)
    moved.move([shown("P2-1")])
    (pk,) = moved.renamed()
    assert pk in (2, 3)


def test_a_living_unit_stays_before_one_that_is_probably_cancelled() -> None:
    moved = book(unit(1), unit(2, living=False), unit(3, living=False), kept=[shown("P1-1")], told=["P1-1"])
    assert not holds(moved, shown("P2-1"), doubt=Doubt.OWED)
    assert holds(moved, shown("P2-1"), doubt=Doubt.DEAD)


def test_what_is_cancelled_in_omnitron_already_never_counts_as_moved() -> None:
    lacking = book(unit(1, living=False), unit(2), kept=[shown("P1-1")], cancelled=["P1-1"])
    assert not lacking.lacks_lines
    assert not holds(lacking, shown("P2-1"), doubt=Doubt.DEAD)


def test_units_that_were_cancelled_where_they_went_to_bear_the_last_name_they_had() -> None:
    moved = book(unit(1), unit(2), unit(3), kept=[shown("P1-1")])
    moved.move([shown("P2-1")])
    assert moved.has_moved(DRESS)
    moved.move_cancelled(["P2-1"], DRESS)
    assert moved.renamed() == {1: ("P2-1",), 2: ("P2-1",)}
    assert not moved.has_moved(DRESS)


def test_several_cancelled_lines_share_what_is_left() -> None:
    moved = book(unit(1), unit(2), unit(3))
    moved.move_cancelled(["P2-1", "P3-1"], DRESS)
    assert moved.renamed() == {1: ("P2-1",), 2: ("P3-1",), 3: ("P2-1",)}


def test_a_merged_item_whose_units_part_is_called_by_both_lines() -> None:
    merged = Unit(1, ("P1-1",), DRESS, Decimal("50"), living=True, count=4)
    moved = book(merged, kept=[shown("P1-1", 3)])
    moved.move([shown("P2-1")])
    assert moved.renamed() == {1: ("P1-1", "P2-1")}
    again = book(Unit(1, ("P1-1", "P2-1"), DRESS, Decimal("50"), True, 4), kept=[shown("P1-1", 3), shown("P2-1")])
    assert again.renamed() == {}


# --- which order a package came out of ------------------------------------------------------------------------------


def homes(
    sizes: dict[str, int], lacking: dict[int, int], *, not_of: Collection[tuple[str, int]] = ()
) -> dict[str, int]:
    """The orders of packages of so many dresses, where orders lack so many."""
    kind: Kind = (DRESS, Decimal(50))

    def wanted(number: str, order: int) -> Counter[Kind] | None:
        return None if (number, order) in not_of else Counter({kind: sizes[number]})

    return find_homes(list(sizes), {order: Counter({kind: units}) for order, units in lacking.items()}, wanted)


@pytest.mark.parametrize(
    ("sizes", "lacking"),
    [
        ({"P3": 1, "P4": 2}, {1: 2, 2: 1}),
        ({"P3": 3, "P4": 2, "P5": 2, "P6": 2}, {1: 4, 2: 5}),
        ({"P3": 1, "P4": 1, "P5": 2}, {1: 2, 2: 2}),
    ],
)
def test_no_package_takes_the_only_order_that_another_one_fits(sizes: dict[str, int], lacking: dict[int, int]) -> None:
    found = homes(sizes, lacking)
    assert found.keys() == sizes.keys()
    for order, units in lacking.items():
        assert sum(sizes[number] for number, home in found.items() if home == order) == units


def test_a_package_that_fits_no_order_keeps_no_other_one_from_its_home() -> None:
    assert homes({"P3": 5, "P4": 2, "P5": 1}, {1: 2, 2: 1}) == {"P4": 1, "P5": 2}
    assert homes({"P3": 2, "P4": 2}, {1: 3}) == {"P3": 1}
    assert homes({"P3": 1, "P4": 1}, {1: 1, 2: 1}, not_of=[("P3", 2), ("P4", 1)]) == {"P3": 1, "P4": 2}
    assert homes({"P3": 1, "P4": 1}, {1: 1, 2: 1}, not_of=[("P3", 1), ("P3", 2)]) == {"P4": 1}
