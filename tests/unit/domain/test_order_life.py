"""What a status of an order means on either side, and where it may go (api/omnitron.md section 11)."""

import pytest

from include.domain.order_life import (
    PackageStatus,
    hub_status_of,
    is_forward,
    is_hub_forward,
    is_living,
    market_status,
)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        *((status, PackageStatus.PREPARING) for status in ("400", "450")),
        *((status, PackageStatus.SHIPPED) for status in ("500", "510", "520", "540")),
        ("550", PackageStatus.DELIVERED),
        *((status, None) for status in ("50", "100", "200", "600", "777", "waiting", "", None)),
    ],
)
def test_fashfed_is_told_preparing_shipped_or_delivered_and_nothing_of_other_statuses(
    status: str | None, told: PackageStatus | None
) -> None:
    assert market_status(status) is told


@pytest.mark.parametrize(
    ("status", "living"),
    [("50", False), ("100", False), ("600", False), (None, False), ("new one", False), ("400", True), ("550", True)],
)
def test_an_item_lives_until_it_is_cancelled_about_to_be_or_refunded(status: str | None, living: bool) -> None:
    assert is_living(status) is living


@pytest.mark.parametrize(
    ("status", "number"), [(4, 500), (5, 550), (1, None), (2, None), (3, None), (6, None), (99, None)]
)
def test_omnitron_is_told_of_shipped_and_delivered_packages_only(status: int, number: int | None) -> None:
    assert hub_status_of(status) == number


def test_a_package_only_goes_forward_and_never_leaves_delivered_or_cancelled() -> None:
    forward = {(before, after) for before in (*range(8), None) for after in range(8) if is_forward(before, after)}
    assert forward == {(2, 3), (2, 4), (2, 5), (3, 4), (3, 5), (4, 5)}


@pytest.mark.parametrize(
    ("before", "after", "goes"),
    [("400", 500, True), ("500", 550, True), ("510", 500, False), ("550", 500, False), ("550", 550, False),
     ("50", 500, False), ("100", 550, False), ("600", 550, False), (None, 500, False)],
)  # fmt: skip
def test_an_item_only_goes_forward_and_never_comes_back_to_life(before: str | None, after: int, goes: bool) -> None:
    assert is_hub_forward(before, after) is goes
