"""Which lines and quantities go into which new package (reference/flows.md section 4.16)."""

from typing import Any

import pytest

from include.clients.fashfed.schemas import Package, PackageItem
from include.errors import RecordFailed
from include.mapping.split_request import SplitRequest
from include.mapping.splits import SplitPlan, plan_split

Line = tuple[str, str, int]
THREE = [("P1-1", "DRESS", 3), ("P1-2", "BELT", 1), ("P1-3", "HAT", 2)]


def package(number: str = "P1", status: int = 2) -> Package:
    return Package(number=number, order_number="O1", status=status)


def items(*lines: Line) -> list[PackageItem]:
    return [PackageItem(number=number, product=sku, quantity=quantity) for number, sku, quantity in lines]


def request(*groups: list[dict[str, Any]], **facts: Any) -> SplitRequest:
    named = facts or {"package_number": "P1"}
    return SplitRequest.model_validate({**named, "packages": [{"items": group} for group in groups]})


def plan(asked: SplitRequest, *lines: Line, whole_lines: bool = False) -> SplitPlan:
    """The plan for package P1 with these lines."""
    only = package()
    return plan_split(asked, [(only, items(*lines))], [only], whole_lines=whole_lines)


def refusal(asked: SplitRequest, *lines: Line, whole_lines: bool = False) -> RecordFailed:
    with pytest.raises(RecordFailed) as caught:
        plan(asked, *lines, whole_lines=whole_lines)
    return caught.value


def test_each_group_gets_what_it_asks_for_and_the_rest_stays() -> None:
    made = plan(request([{"item_id": "P1-1", "quantity": 1}], [{"sku": "BELT"}, {"sku": "HAT", "quantity": 1}]), *THREE)
    assert made.package.number == "P1"
    assert made.groups == [{"P1-1": 1}, {"P1-2": 1, "P1-3": 1}]
    assert made.lines == {"P1-1": 3, "P1-2": 1, "P1-3": 2}


def test_no_quantity_means_the_whole_line() -> None:
    assert plan(request([{"item_id": "P1-1"}]), *THREE).groups == [{"P1-1": 3}]


def test_a_line_that_is_named_twice_is_added_up() -> None:
    made = plan(request([{"item_id": "P1-1", "quantity": 1}, {"sku": "DRESS", "quantity": 1}]), *THREE)
    assert made.groups == [{"P1-1": 2}]


def test_one_line_may_be_divided_among_several_packages() -> None:
    made = plan(request([{"sku": "DRESS", "quantity": 1}], [{"sku": "DRESS", "quantity": 1}]), *THREE)
    assert made.groups == [{"P1-1": 1}, {"P1-1": 1}]


def test_cancelled_lines_are_not_there_any_more() -> None:
    gone = PackageItem(number="P1-9", product="SCARF", quantity=1, status=1)
    with pytest.raises(RecordFailed, match="no line SCARF"):
        plan_split(request([{"sku": "SCARF"}]), [(package(), [*items(*THREE), gone])], [package()], whole_lines=False)


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ([], "split_group_empty"),
        ([{"item_id": "P1-1", "quantity": 0}], "split_quantity_invalid"),
        ([{"sku": "BELT", "quantity": -1}], "split_quantity_invalid"),
        ([{"item_id": "P2-1"}], "split_line_unknown"),
        ([{"sku": "SHOES"}], "split_line_unknown"),
        ([{"item_id": "P1-1", "sku": "BELT"}], "split_line_unknown"),
        ([{"item_id": "P1-1", "quantity": 4}], "split_too_many"),
        ([{"item_id": "P1-1"}, {"sku": "DRESS", "quantity": 1}], "split_too_many"),
        ([{"sku": "DRESS"}, {"sku": "BELT"}, {"sku": "HAT"}], "split_nothing_stays"),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_reason(group: list[dict[str, Any]], code: str) -> None:
    assert refusal(request(group), *THREE).code == code


def test_a_refusal_names_the_line_and_what_there_is() -> None:
    refused = refusal(request([{"item_id": "P1-1", "quantity": 4}]), *THREE)
    assert str(refused) == "The new packages take 4 of P1-1, and package P1 holds 3"


def test_a_request_without_packages_is_refused() -> None:
    assert refusal(request(), *THREE).code == "split_group_empty"


# --- a SKU on several lines ----------------------------------------------------------------------------------------

TWO_OF_A_KIND = [("P1-1", "DRESS", 1), ("P1-2", "DRESS", 3), ("P1-3", "HAT", 1)]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (1, {"P1-1": 1}),  # one line has just as many
        (2, {"P1-2": 2}),  # only one line has so many
        (3, {"P1-2": 3}),
        (4, {"P1-1": 1, "P1-2": 3}),  # both together
    ],
)
def test_the_quantity_tells_which_of_several_lines_is_meant(quantity: int, expected: dict[str, int]) -> None:
    assert plan(request([{"sku": "DRESS", "quantity": quantity}]), *TWO_OF_A_KIND).groups == [expected]


@pytest.mark.parametrize("quantity", [None, 1, 2])
def test_a_sku_is_ambiguous_where_the_quantity_does_not_tell(quantity: int | None) -> None:
    lines = [("P1-1", "DRESS", 2), ("P1-2", "DRESS", 2), ("P1-3", "HAT", 1)]
    assert refusal(request([{"sku": "DRESS", "quantity": quantity}]), *lines).code == "split_sku_ambiguous"


def test_more_than_all_lines_of_a_sku_hold_is_too_many() -> None:
    assert refusal(request([{"sku": "DRESS", "quantity": 5}]), *TWO_OF_A_KIND).code == "split_too_many"


def test_a_line_that_another_group_names_is_not_meant_by_the_sku() -> None:
    lines = [("P1-1", "DRESS", 2), ("P1-2", "DRESS", 2), ("P1-3", "HAT", 1)]
    made = plan(request([{"sku": "DRESS", "quantity": 2}], [{"item_id": "P1-1"}]), *lines)
    assert made.groups == [{"P1-2": 2}, {"P1-1": 2}]


# --- which package ---------------------------------------------------------------------------------------------------


def choose(asked: SplitRequest, *found: tuple[Package, list[Line]]) -> SplitPlan:
    preparing = [(one, items(*lines)) for one, lines in found if one.status == 2]
    return plan_split(asked, preparing, [one for one, _ in found], whole_lines=False)


def test_an_order_of_one_package_needs_no_package_number() -> None:
    asked = request([{"sku": "BELT"}], order_number="O1")
    assert choose(asked, (package("P1"), THREE), (package("P0", status=4), [])).package.number == "P1"


def test_of_several_packages_the_one_is_meant_that_has_the_lines() -> None:
    asked = request([{"sku": "BELT"}], order_number="O1")
    sister = [("P2-1", "SHOES", 1), ("P2-2", "BAG", 1)]
    assert choose(asked, (package("P2"), sister), (package("P1"), THREE)).package.number == "P1"


@pytest.mark.parametrize("sku", ["BELT", "UNKNOWN"])
def test_an_order_of_several_packages_that_all_fit_or_none_needs_a_package_number(sku: str) -> None:
    asked = request([{"sku": sku}], order_number="O1")
    sister = [("P2-1", "BELT", 1), ("P2-2", "BAG", 1)]
    with pytest.raises(RecordFailed) as caught:
        choose(asked, (package("P2"), sister), (package("P1"), THREE))
    assert caught.value.code == "split_package_unclear"


def test_a_package_that_is_not_there_is_unknown() -> None:
    with pytest.raises(RecordFailed, match="no package P1 of order -") as caught:
        choose(request([{"sku": "BELT"}]))
    assert caught.value.code == "split_package_unknown"


@pytest.mark.parametrize("status", [1, 3, 4, 5, 6, 77])
def test_only_a_package_in_preparing_can_be_split(status: int) -> None:
    with pytest.raises(RecordFailed, match=f"has status {status}") as caught:
        choose(request([{"sku": "BELT"}]), (package(status=status), THREE))
    assert caught.value.code == "split_not_preparing"


# --- one item of Omnitron for each line ----------------------------------------------------------------------------


def test_merged_lines_move_whole_or_not_at_all() -> None:
    assert plan(request([{"item_id": "P1-1"}]), *THREE, whole_lines=True).groups == [{"P1-1": 3}]
    refused = refusal(request([{"item_id": "P1-1", "quantity": 1}]), *THREE, whole_lines=True)
    assert refused.code == "split_item_merged"
    divided = request([{"item_id": "P1-1", "quantity": 1}], [{"item_id": "P1-1", "quantity": 2}])
    assert refusal(divided, *THREE, whole_lines=True).code == "split_item_merged"
