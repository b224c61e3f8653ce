"""What is under every life: a small shop with a deployment of ours in a virtual loop that lasts as long as the life."""

import asyncio
import functools
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine

from include.flows.registry import FLOWS
from include.sandbox.order_life import OrderLife
from include.sandbox.order_turns import OrderTurns
from tests.lifecycle.repeats import Repeats
from tests.lifecycle.rest import come_to_rest, nothing_fails_without_cause, the_ledger_names_what_is_spoilt
from tests.simulation.canary import Canary
from tests.simulation.invariants import Broken
from tests.simulation.mortal import task_factory
from tests.simulation.order_simulation import OrderSimulation
from tests.simulation.tasks import WELL
from tests.virtual_time import VirtualLoop

Step = Callable[..., Awaitable[Any]]


def in_time(step: Step) -> Callable[..., None]:
    """A step in the loop of its life, counted by its name, and apart when it gives False: it found nothing to do."""

    @functools.wraps(step)
    def taken(life: "ShopLife", **facts: Any) -> None:
        life.is_whole = False
        life.live(step(life, **facts), step.__name__)
        life.is_whole = True

    return taken


class ShopLife(RuleBasedStateMachine):
    """One life. After each of its steps the invariants hold, and at its end everything comes to rest."""

    steps: ClassVar[Counter[str]] = Counter()
    """How often each rule ran, in all lives."""
    void: ClassVar[Counter[str]] = Counter()
    """How often it found nothing to do."""
    happened: ClassVar[Counter[str]] = Counter()
    """How often what happened in a living world."""
    lived: ClassVar[Counter[str]] = Counter()
    """What there was in lives that came to their end."""

    reached: ClassVar[Counter[str]] = Counter()
    """How often a life came to what only deep lives come to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_whole = False
        self.last = ""
        self.waits_for_an_operator = False
        self.begun: list[asyncio.Task[str]] = []
        self._runner = asyncio.Runner(loop_factory=VirtualLoop)
        self._runner.get_loop().set_task_factory(task_factory)
        self._canary = Canary()
        self._canary.__enter__()

    async def open(self, seed: int, *, brand_ships: bool, claims_tell_quantities: bool) -> None:
        """A shop that has sold nothing, and flows of ours that were switched on and ran once."""
        self.shop = OrderSimulation(seed, packages=0)
        self.sandbox, self.market, self.hub = self.shop.sandbox, self.shop.sandbox.fashfed, self.shop.sandbox.omnitron
        self._rng = random.Random(seed)
        self.repeats = Repeats(self.sandbox)
        self.turns = (OrderLife(self.sandbox, random.Random(seed)), OrderTurns(self.sandbox, seed))
        self.hub.channel["conf"]["send_shipping_info"] = brand_ships
        self.market.claim_quantities = claims_tell_quantities
        await self.shop.first_runs()

    def live(self, step: Awaitable[Any], name: str) -> None:
        """One step. Raises ``Broken``."""
        try:
            effect = self._runner.run(step)
            for run in [run for run in self.begun if run.done()]:
                self.begun.remove(run)
                run.result()
            self.shop.invariants.always()
            self.repeats.check()
        except Broken:
            for line in self.shop.trace.last:
                note(line)
            raise
        self.last = name
        self.steps[name] += 1
        self.void[name] += effect is False

    async def run(self, flow: str, dying: str = "", at: int | None = None) -> str:
        """One run of a flow, up to the first step that does not end well; its step ``dying`` is killed at an await.
        Says how its last step ended."""
        ending = ""
        for step in FLOWS[flow].steps:
            ending = await self.shop.tasks.once(flow, step, dies_at=at if step == dying else None)
            if ending not in WELL:
                break
        return ending

    async def rest(self) -> None:
        """What was begun ends, everybody goes home, and both sides agree."""
        await asyncio.gather(*self.begun)
        await come_to_rest(self.shop)
        self._canary.check()
        nothing_fails_without_cause(self.shop)

    def teardown(self) -> None:
        """The end of a life."""
        try:
            if self.is_whole and sys.exc_info()[0] is None:
                self.live(self._end(), "everything_comes_to_rest")
        finally:
            self._canary.__exit__()
            self._runner.run(self._abandon())
            self._runner.close()

    async def _end(self) -> None:
        await self.rest()
        self.count()
        await the_ledger_names_what_is_spoilt(self.shop, self._rng)

    async def _abandon(self) -> None:
        for run in self.begun:
            run.cancel()
        await asyncio.gather(*self.begun, return_exceptions=True)

    def count(self) -> None:
        """What there was in a life that came to its end."""
        self.lived["packages"] += len(self.market.packages.rows)
        self.lived["packages that were split"] += len(self.market.divided)
        self.lived.update(f"{claim['type']} claims {claim['status']}" for claim in self.market.claims.rows.values())
        self.lived["orders"] += len(self.hub.orders.rows)
        self.lived.update(f"items of status {item['status']}" for item in self.hub.order_items.rows.values())
        self.lived["cancellation plans"] += len(self.hub.cancellation_plans.rows)
        self.lived["return requests"] += len(self.hub.cancellation_requests.rows)
        owed = [row.code for rows in self.shop.database.inbox.values() for row in rows.values() if row.penalty]
        self.lived.update(f"left to a person: {code}" for code in owed if code)
