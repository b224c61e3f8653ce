"""What must be equal between an order of Omnitron and its lines at Fashfed."""

from decimal import Decimal
from typing import Any

import pytest

from include.domain.ledger import Account, OrderSides, Shown, Standing, UnderWay, Unit, settle, standing

LINE = "31-1"


def unit(pk: int = 1, status: str | None = "400", price: str = "50.00", discount: str = "0.00", **facts: Any) -> Unit:
    return Unit(pk, facts.pop("lines", (LINE,)), status, Decimal(price), Decimal(discount), **facts)


def shown(quantity: int = 1, price: str = "50.00", discount: str = "0.00", number: str = LINE) -> Shown:
    return Shown(number, quantity, Decimal(price), Decimal(discount))


def order(units: list[Unit], lines: list[Shown], *, is_split: bool = False, **facts: Any) -> OrderSides:
    """An order whose amount is right, unless another one is given."""
    goods = sum(((each.price or Decimal(0)) - each.discount for each in units), Decimal(0))
    amount = facts.get("amount", goods + 20)
    return OrderSides("FD-1", amount, Decimal(20), units, lines, is_split)


def compared(units: list[Unit], lines: list[Shown], under_way: UnderWay | None = None, **facts: Any) -> Account:
    return settle(order(units, lines, **facts), under_way or UnderWay())


def codes(account: Account) -> list[str]:
    return [problem.code for problem in account.problems]


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("50", Standing.CANCELLED),
        ("100", Standing.CANCELLED),
        ("200", Standing.OPEN),
        ("450", Standing.OPEN),
        ("500", Standing.SHIPPED),
        ("545", Standing.SHIPPED),
        ("550", Standing.SHIPPED),
        ("600", Standing.REFUNDED),
        ("700", Standing.SHIPPED),
        ("approved", None),
        (None, None),
    ],
)
def test_every_status_that_is_a_number_says_what_became_of_a_unit(status: str | None, what: Standing | None) -> None:
    assert standing(status) == what


def test_what_was_ordered_is_open_shipped_cancelled_or_refunded() -> None:
    units = [unit(pk, status) for pk, status in enumerate(("400", "500", "100", "50", "600"))]
    account = compared(units, [shown(3)])
    assert codes(account) == []
    assert account.units == {"open": 1, "shipped": 1, "cancelled": 2, "refunded": 1}
    assert account.units.total() == len(units)
    assert account.lines == 1


def test_a_line_that_fashfed_does_not_show_any_more_has_no_living_units() -> None:
    assert codes(compared([unit(1, "100"), unit(2, "100")], [])) == []
    assert codes(compared([unit(1, "100"), unit(2, "400")], [])) == ["line_only_in_omnitron"]


def test_a_unit_that_came_back_is_still_on_its_line() -> None:
    assert codes(compared([unit(1, "600")], [shown(1)])) == []
    assert codes(compared([unit(1, "600")], [])) == ["line_only_in_omnitron"]


def test_a_line_without_any_item_is_missing_in_omnitron() -> None:
    account = compared([unit()], [shown(), shown(2, number="31-2")])
    (problem,) = account.problems
    assert str(problem) == "Line 31-2 has 0 units in Omnitron, 2 at Fashfed"


def test_a_line_that_was_cancelled_before_it_came_in_needs_no_item() -> None:
    assert codes(compared([unit()], [shown(), shown(0, number="31-2")])) == []


def test_a_status_that_says_nothing_belongs_nowhere() -> None:
    assert codes(compared([unit(1, "approved")], [shown(1)])) == ["item_status_unreadable", "line_only_at_fashfed"]


# --- what is under way ----------------------------------------------------------------------------------------
def test_a_cancellation_of_the_line_that_has_not_come_over_explains_more_units_in_omnitron() -> None:
    account = compared([unit(1), unit(2)], [shown(1)], UnderWay(lines={LINE}))
    assert (codes(account), [wait.code for wait in account.waits]) == ([], ["line_only_in_omnitron"])
    assert codes(compared([unit(1), unit(2)], [shown(1)], UnderWay(lines={"31-2"}))) == ["line_only_in_omnitron"]


def test_a_cancellation_of_fashfed_explains_no_missing_units() -> None:
    assert codes(compared([unit(1, "100")], [shown(1)], UnderWay(lines={LINE}))) == ["line_only_at_fashfed"]


def test_a_plan_that_was_not_sent_explains_fewer_units_in_omnitron() -> None:
    account = compared([unit(1, "100"), unit(2)], [shown(2)], UnderWay(items={1}))
    assert (codes(account), [wait.code for wait in account.waits]) == ([], ["line_only_at_fashfed"])
    assert codes(compared([unit(1, "100"), unit(2)], [shown(2)], UnderWay(items={2}))) == ["line_only_at_fashfed"]


def test_a_plan_that_was_not_carried_out_explains_as_many_units_as_wait_for_it() -> None:
    assert compared([unit(1, "50"), unit(2)], [shown(2)]).waits
    assert codes(compared([unit(1, "50"), unit(2, "100"), unit(3)], [shown(3)])) == ["line_only_at_fashfed"]


# --- money ----------------------------------------------------------------------------------------------------
def test_money_is_what_the_kept_units_cost() -> None:
    costs = {"price": "49.90", "discount": "3.33"}
    account = compared([unit(1, **costs), unit(2, **costs), unit(3, "100", **costs)], [shown(2, "49.90", "6.66")])
    assert (account.in_hub, account.at_market) == (Decimal("93.14"), Decimal("93.14"))


@pytest.mark.parametrize("price", ["49.99", "50.01"])
def test_a_kurus_too_much_or_too_little_is_found_in_a_price(price: str) -> None:
    account = compared([unit(1), unit(2, price=price)], [shown(2)])
    (problem,) = account.problems
    assert str(problem) == f"A unit of line 31-1 costs {price} in Omnitron, 50.00 at Fashfed"


def test_prices_of_fashfed_are_rounded_as_omnitron_writes_them() -> None:
    assert codes(compared([unit(1, price="49.91")], [shown(1, "49.905")])) == []


def test_an_item_without_a_price_is_found() -> None:
    bare = Unit(1, (LINE,), "400", None, Decimal(0))
    assert codes(compared([bare], [shown(1)])) == ["line_price"]


def test_a_discount_is_equal_to_the_kurus_while_no_unit_has_left_the_line() -> None:
    units = [unit(1, discount="3.34"), unit(2, discount="3.33"), unit(3, discount="3.33")]
    assert codes(compared(units, [shown(3, discount="10.00")])) == []
    assert codes(compared(units, [shown(3, discount="10.01")])) == ["line_discount"]


def test_where_units_were_cancelled_a_share_of_the_discount_may_be_a_kurus_off() -> None:
    units = [unit(1, "100", discount="3.34"), unit(2, discount="3.33"), unit(3, discount="3.33")]
    assert codes(compared(units, [shown(2, discount="6.67")])) == []
    assert codes(compared(units, [shown(2, discount="6.68")])) == []
    assert codes(compared(units, [shown(2, discount="6.69")])) == ["line_discount"]


def test_an_order_is_the_sum_of_all_its_items_and_its_shipping() -> None:
    units = [unit(1, discount="5.00"), unit(2, "100")]
    assert codes(compared(units, [shown(1, discount="5.00")], amount=Decimal("115.00"))) == []
    (problem,) = compared(units, [shown(1, discount="5.00")], amount=Decimal("115.01")).problems
    assert str(problem) == "Order FD-1 costs 115.01 in Omnitron; its items and its shipping add up to 115.00"


def test_a_wrong_price_is_found_while_a_cancellation_is_under_way() -> None:
    units = [unit(1, "100"), unit(2, price="51.50")]
    account = compared(units, [shown(2)], UnderWay(items={1}))
    assert (codes(account), [wait.code for wait in account.waits]) == (["line_price"], ["line_only_at_fashfed"])


def test_a_wrong_discount_is_found_while_a_cancellation_is_under_way() -> None:
    units, under_way = [unit(1, "100", discount="3.34"), unit(2, discount="3.33")], UnderWay(items={1})
    assert codes(compared(units, [shown(2, discount="6.67")], under_way)) == []
    (problem,) = compared(units, [shown(2, discount="9.67")], under_way).problems
    assert str(problem) == "Line 31-1 has a discount of 3.33 in Omnitron, 4.84 at Fashfed"


# --- splits and merged items ----------------------------------------------------------------------------------
def test_the_lines_of_a_split_order_are_compared_by_their_new_names() -> None:
    units = [unit(1), unit(2, lines=("32-1",))]
    lines = [shown(1), shown(1, number="32-1")]
    assert codes(compared(units, lines, is_split=True)) == []
    assert codes(compared(units, [shown(2)], is_split=True)) == ["line_only_at_fashfed", "line_only_in_omnitron"]


def test_shares_of_a_split_discount_may_be_a_kurus_off_as_long_as_they_add_up() -> None:
    units = [unit(1, discount="3.33"), unit(2, discount="3.33"), unit(3, discount="3.34", lines=("32-1",))]
    lines = [shown(2, discount="6.67"), shown(1, discount="3.33", number="32-1")]
    assert codes(compared(units, lines, is_split=True)) == []
    short = [shown(2, discount="6.66"), shown(1, discount="3.33", number="32-1")]
    assert codes(compared(units, short, is_split=True)) == ["order_discount"]


def test_shares_of_a_split_discount_need_not_add_up_when_a_unit_was_cancelled() -> None:
    units = [unit(1, "100", discount="3.34"), unit(2, discount="3.33"), unit(3, discount="3.33", lines=("32-1",))]
    lines = [shown(1, discount="3.34"), shown(1, discount="3.33", number="32-1")]
    assert codes(compared(units, lines, is_split=True)) == []


def test_an_item_of_several_pieces_counts_as_many_and_may_be_parts_of_two_lines() -> None:
    merged = unit(1, price="150.00", pieces=3, lines=(LINE, "32-1"))
    lines = [shown(2), shown(1, number="32-1")]
    account = compared([merged], lines, is_split=True)
    assert (codes(account), account.units) == ([], {"open": 3})
    (problem,) = compared([merged], [shown(2)], is_split=True).problems
    assert str(problem) == "Line 31-1, 32-1 has 3 units in Omnitron, 2 at Fashfed"
