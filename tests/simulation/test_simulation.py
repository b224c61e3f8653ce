"""The short form of the simulation; ``make simulate`` is the long one."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from include.flows.registry import FLOWS
from tests.simulation.__main__ import show
from tests.simulation.order_simulation import FLOWS_OF_ORDERS
from tests.simulation.simulation import Result, simulate, simulate_orders

PROJECT = Path(__file__).resolve().parents[2]
HOURS = 7.2
HOURS_OF_ORDERS = 24


@pytest.mark.parametrize("seed", range(1, 5))
def test_every_invariant_holds_whatever_breaks(seed: int) -> None:
    result = simulate(seed, HOURS)
    last = "\n".join(result.last)
    assert result.broken is None, (
        f"{result.broken}\n{last}\nreplay: make simulate SEED={seed} SEEDS=1 DAYS={HOURS / 24:.4f}"
    )
    assert result.orders > 20
    for step in (
        "stock.send",
        "price.settle",
        "product.send",
        "delete_product.settle",
        "default_attributes.run",
        "reconcile.run",
    ):
        assert result.runs[f"{step} ok"], step


@pytest.mark.parametrize("seed", range(1, 5))
def test_orders_live_their_whole_lives_whatever_breaks(seed: int) -> None:
    result = simulate_orders(seed, HOURS_OF_ORDERS)
    last = "\n".join(result.last)
    days = HOURS_OF_ORDERS / 24
    assert result.broken is None, (
        f"{result.broken}\n{last}\nreplay: make simulate SEED={seed} SEEDS=1 DAYS={days:g} WHAT=orders"
    )
    assert result.orders > 20
    for flow in FLOWS_OF_ORDERS:
        for step in FLOWS[flow].steps:
            assert result.runs[f"{flow}.{step} ok"], f"{flow}.{step}"


@pytest.mark.parametrize("live", [simulate, simulate_orders])
def test_a_seed_is_one_run_that_any_process_replays(live: Callable[[int, float], Result]) -> None:
    here = live(5, 1)
    program = f"from {live.__module__} import {live.__name__} as live; print(live(5, 1).digest)"
    there = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert there.stdout == f"{here.digest}\n", there.stderr
    assert live(6, 1).digest != here.digest


def test_a_failing_seed_says_how_to_replay_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(Result(7, "two orders for one package", Counter(), 3, "", ("09:00 create_orders",)), days=2.0)
    shown = capsys.readouterr().out
    assert "seed 7 failed: two orders for one package" in shown
    assert "09:00 create_orders" in shown
    assert "make simulate SEED=7 SEEDS=1 DAYS=2\n" in shown
    show(Result(7, "two orders for one package", Counter(), 3, "", ()), days=2.0, orders=True)
    assert "make simulate SEED=7 SEEDS=1 DAYS=2 WHAT=orders\n" in capsys.readouterr().out
