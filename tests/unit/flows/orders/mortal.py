"""A flow whose process dies wherever it waits, and a flow whose answers get lost: in the end all must be right.

A file of tests says which shop it is, what there is to do (``world``), which flow does it and what is right then.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import pytest

from include.errors import RetryNow
from tests.simulation.mortal import SimulatedCrash
from tests.unit.flows.orders.shop import Shop
from tests.virtual_time import virtual_run
from tests.worldkit import Kit

S = TypeVar("S", bound=Shop)
Work = TypeVar("Work")

LOST = ("reset_after", "timeout_before", "error", "invalid_json")
"""What may become of an answer: it is lost or spoilt after the effect, or the effect never came."""


def lost_answers(*calls: tuple[str, str], kinds: Sequence[str] = LOST) -> Callable[[Any], Any]:
    """A test for each kind of loss, each call (method and path), and for one and for twelve losses in a row."""

    def mark(test: Any) -> Any:
        test = pytest.mark.parametrize("times", [1, 12])(test)
        test = pytest.mark.parametrize(("method", "path"), calls)(test)
        return pytest.mark.parametrize("kind", kinds)(test)

    return mark


@dataclass(frozen=True, slots=True)
class Trial(Generic[S, Work]):
    """One flow with work to do, and how long it may take to put everything right. All times are minutes."""

    flow: str
    shop: Callable[[Kit], S]
    world: Callable[[S], Awaitable[Work]]
    check: Callable[[S, Work], Awaitable[None]]
    after_death: Sequence[float]
    """What passes before each run that follows a death."""
    while_lost: tuple[int, float] = (6, 8)
    """Runs while answers get lost, and what passes after each."""
    after_loss: Sequence[float] = (0, 12, 480)
    """What passes before each run that follows when answers come again."""

    def dies_at_every_await(self) -> int:
        """A process dies at its first await, another at its second and so on; how many awaits there are."""
        awaits = 0
        while self._dies(after=awaits + 1):
            awaits += 1
        return awaits

    def dies_on_every_write(self, *, effect: bool) -> set[str]:
        """A process dies on each of its writes; the last words of their paths."""
        paths = virtual_run(self._writes())
        for path in dict.fromkeys(paths):
            assert self._dies(on=path, effect=effect), path
        return {path.rstrip("/").rpartition("/")[2] for path in paths}

    async def loses(self, kind: str, method: str, path: str, times: int) -> S:
        """So many answers get lost; the shop in which everything is right again."""
        shop, work = await self._begin()
        fault = shop.kit.sandbox.faults.add(kind, method=method, path=path, next=times)
        runs, pause = self.while_lost
        for _ in range(runs):
            with suppress(RetryNow):
                await shop.kit.run(self.flow)
            await shop.kit.later(minutes=pause)
        assert fault.strikes
        shop.kit.sandbox.faults.clear()
        await self._put_right(shop, work, self.after_loss)
        return shop

    async def _begin(self) -> tuple[S, Work]:
        shop = self.shop(Kit.made(size=12))
        return shop, await self.world(shop)

    async def _put_right(self, shop: S, work: Work, pauses: Sequence[float]) -> None:
        for pause in pauses:
            await shop.kit.later(minutes=pause)
            await shop.kit.run(self.flow)
        await self.check(shop, work)

    def _dies(self, **death: Any) -> bool:
        """Whether a process in a world of its own died; the next ones have then put everything right."""

        async def live() -> bool:
            shop, work = await self._begin()
            died = await shop.kit.run_and_die(self.flow, **death)
            await self._put_right(shop, work, self.after_death)
            return died

        try:
            return bool(virtual_run(live()))
        except (Exception, SimulatedCrash) as error:
            raise AssertionError(f"a process that died: {death}") from error

    async def _writes(self) -> list[str]:
        """The paths to which a process writes that lives."""
        shop, work = await self._begin()
        shop.kit.wire.requests.clear()
        await self._put_right(shop, work, [0])
        return [urlsplit(request.url).path for request in shop.kit.wire.requests if request.method != "GET"]
