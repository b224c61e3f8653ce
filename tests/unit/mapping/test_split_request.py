"""What identifies a split request, and what of it cannot be read."""

from typing import Any

import pytest
from pydantic import ValidationError

from include.mapping.split_request import SplitRequest

PLAIN: dict[str, Any] = {
    "package_number": "P1",
    "packages": [{"items": [{"sku": "A", "quantity": 1}, {"item_id": "P1-2"}]}, {"items": [{"sku": "B"}]}],
}


def asked(**changes: Any) -> SplitRequest:
    return SplitRequest.model_validate({**PLAIN, **changes})


def test_a_repetition_is_known_by_its_content_however_it_is_written() -> None:
    turned = [{"items": [{"sku": "B"}]}, {"items": [{"item_id": "P1-2"}, {"quantity": 1, "sku": "A"}]}]
    same = asked(packages=turned, comment="unknown fields are ignored")
    assert same.correlation_id("default") == asked().correlation_id("default")
    assert same.content == asked().content


@pytest.mark.parametrize(
    "change",
    [
        {"package_number": "P2"},
        {"order_number": "O1"},
        {"packages": [{"items": [{"sku": "A", "quantity": 2}, {"item_id": "P1-2"}]}, {"items": [{"sku": "B"}]}]},
        {"packages": [{"items": [{"sku": "A", "quantity": 1}, {"item_id": "P1-2"}, {"sku": "B"}]}]},
    ],
)
def test_other_content_is_another_request(change: dict[str, Any]) -> None:
    assert asked(**change).correlation_id("default") != asked().correlation_id("default")


def test_a_request_id_goes_before_the_content() -> None:
    one, other = asked(request_id="R1"), asked(request_id="R1", package_number="P2")
    assert one.correlation_id("default") == other.correlation_id("default")
    assert one.content != other.content
    assert asked(request_id="R2").correlation_id("default") != one.correlation_id("default")


def test_channels_do_not_share_requests() -> None:
    assert asked(request_id="R1").correlation_id("default") != asked(request_id="R1").correlation_id("tr")


def test_numbers_are_read_as_text() -> None:
    read = asked(package_number=3100000000000017, order_number=42)
    assert (read.package_number, read.order_number) == ("3100000000000017", "42")


def test_what_is_kept_can_be_read_again() -> None:
    assert SplitRequest.model_validate(asked(request_id="R1").model_dump(mode="json")) == asked(request_id="R1")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"package_number": None}, "order_number or package_number"),
        ({"package_number": ""}, "package_number"),
        ({"packages": None}, "packages"),
        ({"packages": {"items": []}}, "packages"),
        ({"packages": [{"items": [{"quantity": 1}]}]}, "item_id or sku"),
        ({"packages": [{"items": [{"sku": "A", "quantity": 1.5}]}]}, "quantity"),
        ({"packages": [{"items": [{"sku": "A", "quantity": "1"}]}]}, "quantity"),
        ({"packages": [{"items": [{"sku": "A", "quantity": True}]}]}, "quantity"),
        ({"packages": [{"items": [{"sku": "A" * 256}]}]}, "sku"),
        ({"packages": ["A"]}, "packages"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_value(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field) as caught:
        asked(**change)
    assert "AAA" not in str(caught.value)
