"""The short form of the simulation; ``make simulate`` is the long one."""

from collections import Counter

import pytest

from tests.simulation.__main__ import show
from tests.simulation.simulation import Result, simulate


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_invariant_holds_whatever_breaks(seed: int) -> None:
    result = simulate(seed, hours=4)
    last = "\n".join(result.last)
    assert result.broken is None, (
        f"{result.broken}\n{last}\nreplay: make simulate SEED={seed} SEEDS=1 DAYS={4 / 24:.4f}"
    )
    assert result.orders > 20
    assert result.runs["stock.send ok"] > 50


def test_a_seed_is_one_replayable_run() -> None:
    assert simulate(5, hours=1).digest == simulate(5, hours=1).digest
    assert simulate(5, hours=1).digest != simulate(6, hours=1).digest


def test_a_failing_seed_says_how_to_replay_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(Result(7, "two orders for one package", Counter(), 3, "", ("09:00 create_orders",)), days=2.0)
    shown = capsys.readouterr().out
    assert "seed 7 failed: two orders for one package" in shown
    assert "09:00 create_orders" in shown
    assert "make simulate SEED=7 SEEDS=1 DAYS=2\n" in shown
