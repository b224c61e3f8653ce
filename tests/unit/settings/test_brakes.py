"""Price Brake and Stock Brake as people type them, and what they read of them."""

import pytest

from include.errors import ConfigurationError
from include.settings import Brake, check_flag, readiness, render_text
from tests.unit.settings.conftest import Parse


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"change_percent": 50, "share_percent": 30}, Brake(change_percent=50, share_percent=30)),
        ('{"zero_percent": "40", "share_percent": 60,}', Brake(zero_percent=40, share_percent=60)),
        ({"CHANGE_PERCENT": " 150 "}, Brake(change_percent=150)),
        ({"change_percent": "", "share_percent": None}, Brake()),
        ({}, Brake()),
        ("", Brake()),
        (..., Brake()),
    ],
)
@pytest.mark.parametrize("key", ["price_brake", "stock_brake"])
def test_every_limit_is_optional_and_an_empty_brake_holds_nothing(
    parse: Parse, key: str, typed: object, read: Brake
) -> None:
    settings = parse(**{key: typed})
    assert getattr(settings, key) == read
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("typed", "place", "expected"),
    [
        ({"change_percent": 0}, "price_brake.change_percent", "whole number from 1"),
        ({"share_percent": "30 %"}, "price_brake.share_percent", "whole number from 1"),
        ({"zero_percent": 2.5}, "price_brake.zero_percent", "whole number from 1"),
        ({"changes_percent": 50}, "price_brake.changes_percent", "one of change_percent, zero_percent, share_percent"),
        (50, "price_brake", "a JSON object"),
    ],
)
def test_a_brake_that_would_protect_nobody_stops_its_flow_instead(
    parse: Parse, typed: object, place: str, expected: str
) -> None:
    settings = parse(price_brake=typed)
    (problem,) = settings.problems
    assert problem.key == place
    assert expected in problem.expected
    with pytest.raises(ConfigurationError, match="Price Brake"):
        check_flag(settings, "price")
    assert check_flag(settings, "stock").on


def test_the_readiness_page_says_what_is_held_or_that_nothing_is(parse: Parse) -> None:
    settings = parse(price_brake={"change_percent": 50, "share_percent": 30}, stock_brake={"zero_percent": 40})
    text = render_text(readiness(settings))
    assert "holds one value moving by more than 50 %, a run changing more than 30 %" in text
    assert "holds a run setting to zero more than 40 %" in text
    assert text.count("Price Brake") == 1
    off = [line for line in render_text(readiness(parse())).splitlines() if "Brake" in line]
    assert [line.split()[-2:] for line in off] == [["off", "(default)"]] * 2
