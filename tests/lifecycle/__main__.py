"""``python -m tests.lifecycle --steps 20000``: lives of orders until so many steps were made."""

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycle.machine import OrderLives

_EXAMPLES = 20
"""Lives of one round; each round has a seed of its own."""
_STEPS = 80
"""Steps of one life."""
LONG = settings(
    max_examples=_EXAMPLES,
    stateful_step_count=_STEPS,
    phases=(Phase.generate, Phase.shrink),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def main() -> int:
    asked = _arguments()
    started, round_seed = time.perf_counter(), asked.seed
    while OrderLives.steps.total() < asked.steps:
        OrderLives._hypothesis_internal_use_seed = round_seed
        run_state_machine_as_test(OrderLives, settings=LONG)
        seconds = time.perf_counter() - started
        print(f"{round_seed} {OrderLives.steps.total()} steps, {seconds:.0f} s", flush=True)
        round_seed += 1
    for name, number in sorted(OrderLives.happened.items()):
        print(f"  {number:8} {name}")
    for name, number in sorted(OrderLives.lived.items()):
        print(f"  {number:8} {name}")
    for name, number in OrderLives.steps.most_common():
        print(f"  {number:8} {OrderLives.void[name]:8} {name}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="how many steps at least")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first round")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
