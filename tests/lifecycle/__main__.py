"""``python -m tests.lifecycle --steps 20000``: lives of orders until so many steps were made; says what there was.

It ends with an error, too, when many lives never came to something that matters.
"""

import argparse
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycle.machine import OrderLives
from tests.lifecycle.scenes import DEPTHS

LONG = settings(
    max_examples=20,
    stateful_step_count=80,
    phases=(Phase.generate, Phase.shrink),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""One round: so many lives of so many steps at most."""


_ENOUGH = 5000
"""Steps in which lives get deep."""


def main() -> int:
    """Round after round, each with a seed of its own. Raises what went wrong in a life, with the fewest steps to it."""
    asked = _arguments()
    started, number = time.perf_counter(), asked.seed
    while OrderLives.steps.total() < asked.steps:
        try:
            run_state_machine_as_test(seed(number)(OrderLives), settings=LONG)
        except BaseException:
            print(f"replay: make lifecycle SEED={number} STEPS=1", flush=True)
            raise
        number += 1
        print(f"{OrderLives.steps.total()} steps, {time.perf_counter() - started:.0f} s", flush=True)
    seconds, lives = time.perf_counter() - started, OrderLives.steps["a_shop_opens"]
    print(f"{OrderLives.steps.total()} steps in {lives} lives, {seconds:.1f} s; seeds {asked.seed} to {number - 1}")
    for name, count in OrderLives.steps.most_common():
        print(f"  {count:8} {name} (nothing to do: {OrderLives.void[name]})")
    _show("what happened", OrderLives.happened)
    _show("what there was in the end", OrderLives.lived)
    _show("what only deep lives come to", OrderLives.reached)
    never = sorted(set(DEPTHS) - set(+OrderLives.reached)) if OrderLives.steps.total() >= _ENOUGH else []
    if never:
        print(f"the lives are too shallow, these never happened: {', '.join(never)}")
    return 1 if never else 0


def _show(title: str, counts: Counter[str]) -> None:
    print(title)
    for name, count in sorted(counts.items()):
        print(f"  {count:8} {name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="how many steps at least")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first round")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
