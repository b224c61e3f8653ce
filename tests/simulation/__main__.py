"""``python -m tests.simulation --seeds 50 --days 2``: many seeds side by side; a failing one says how to replay it.

Without ``--orders`` the catalogue's flows and the import of orders are simulated, with it all flows of the order side.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import repeat

from tests.simulation.simulation import Result, simulate, simulate_orders


def main() -> int:
    """Run the seeds; 0 when every invariant held in all of them."""
    asked = _arguments()
    seeds = range(asked.seed, asked.seed + asked.seeds)
    started = time.perf_counter()
    failed: list[Result] = []
    runs: Counter[str] = Counter()
    orders = 0
    live = simulate_orders if asked.orders else simulate
    for done, result in enumerate(_results(live, seeds, asked.days * 24, asked.jobs), 1):
        runs += result.runs
        orders += result.orders
        if result.broken:
            failed.append(result)
            show(result, asked.days, orders=asked.orders)
        _progress(done, len(seeds), len(failed), started)
    seconds = time.perf_counter() - started
    lived = len(seeds) * asked.days * 86400
    print(f"{len(seeds)} seeds, {asked.days:g} days each, {orders} orders; {len(failed)} seeds failed")
    for name, number in sorted(runs.items()):
        print(f"  {number:8} {name}")
    print(f"{seconds:.1f} s real time; simulated / real = {lived / seconds:,.0f}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many seeds")
    parser.add_argument("--days", type=float, default=2.0, help="days of virtual time for each seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--orders", action="store_true", help="the order side instead of the catalogue")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="seeds side by side")
    return parser.parse_args()


def _results(live: Callable[[int, float], Result], seeds: range, hours: float, jobs: int) -> Iterator[Result]:
    if jobs == 1 or len(seeds) == 1:
        yield from map(live, seeds, repeat(hours))
        return
    with ProcessPoolExecutor(min(jobs, len(seeds))) as pool:
        for future in as_completed([pool.submit(live, seed, hours) for seed in seeds]):
            yield future.result()


def show(result: Result, days: float, *, orders: bool = False) -> None:
    """Say what broke, what happened before, and how to see it again."""
    start = "\r" if sys.stdout.isatty() else ""
    print(f"{start}seed {result.seed} failed: {result.broken}")
    print("  the last that happened:")
    for line in result.last:
        print(f"    {line}")
    what = " WHAT=orders" if orders else ""
    print(f"  replay: make simulate SEED={result.seed} SEEDS=1 DAYS={days:g}{what}", flush=True)


def _progress(done: int, total: int, failed: int, started: float) -> None:
    if not sys.stdout.isatty():
        if done % 10 == 0:
            print(f"{done}/{total} seeds, {failed} failed, {time.perf_counter() - started:.0f} s", flush=True)
        return
    left = (time.perf_counter() - started) / done * (total - done)
    bar = "#" * (30 * done // total)
    print(f"\r[{bar:<30}] {done}/{total} seeds, {failed} failed, {left:.0f} s left ", end="", flush=True)
    if done == total:
        print()


if __name__ == "__main__":
    sys.exit(main())
