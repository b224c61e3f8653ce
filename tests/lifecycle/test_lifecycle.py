"""A few lives of orders, every time the same; ``make lifecycle`` plays as many as wished."""

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycle.__main__ import LONG
from tests.lifecycle.machine import OrderLives
from tests.lifecycle.scenes import DEPTHS


def test_orders_live_well_whatever_anybody_does() -> None:
    few = settings(LONG, max_examples=10, phases=(Phase.generate,), derandomize=True)
    run_state_machine_as_test(OrderLives, settings=few)
    assert OrderLives.steps.total() > 100
    assert OrderLives.lived["orders"] > 0
    assert len(+OrderLives.reached) > len(DEPTHS) / 2
