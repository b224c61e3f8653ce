"""A living world: buyers, brand and warehouse act on both stand-ins, the same way for the same seed and calls."""

import random
from dataclasses import asdict
from datetime import timedelta

from include.clock import Clock
from include.sandbox.catalogue_life import CatalogueLife
from include.sandbox.merchant import Merchant
from include.sandbox.order_life import OrderLife
from include.sandbox.order_turns import OrderTurns
from include.sandbox.rates import Rates
from include.sandbox.sandbox import Sandbox
from include.sandbox.trade_life import TradeLife

__all__ = ["Rates", "World"]

# So that no step takes long.
_MOST_PER_STEP = 5_000


class World:
    """Moves both remotes on, step by step."""

    def __init__(self, sandbox: Sandbox, *, seed: int = 1, rates: Rates | None = None) -> None:
        self.sandbox = sandbox
        self.rates = rates or Rates()
        self.running = True
        self.merchant = Merchant(sandbox)
        self.events: dict[str, int] = dict.fromkeys((*asdict(self.rates), "merchandised"), 0)
        # What came later has a randomness of its own, so that the worlds of known seeds stay what they were.
        rng = random.Random(f"world {seed}")
        lives = (OrderLife(sandbox, rng), TradeLife(sandbox, rng, seed))
        self._lives = (*lives, CatalogueLife(sandbox, seed), OrderTurns(sandbox, seed))

    def step(self, count: int = 1) -> None:
        """Let one span of time happen, or several."""
        for _ in range(count):
            for name, rate in asdict(self.rates).items():
                life = next(life for life in self._lives if hasattr(life, name))
                for _ in range(int(rate) + (life.rng.random() < rate % 1)):
                    self.events[name] += bool(getattr(life, name)())
            self.events["merchandised"] += self.merchant.work(_MOST_PER_STEP)

    def jump(self, span: timedelta, steps: int) -> None:
        """The clock of both remotes jumps ahead in so many strides, with one step in each; nobody is served meanwhile.

        Raises ValueError for a span or number that is not above 0.
        """
        if span <= timedelta(0) or steps < 1:
            raise ValueError("the clock only jumps ahead, in one stride at least")
        for _ in range(steps):
            self.sandbox.move_clock(span / steps)
            self.step()

    async def run(self, interval: float, clock: Clock) -> None:
        """Step every ``interval`` seconds while ``running``."""
        while True:
            await clock.sleep(interval)
            if self.running:
                self.step()
