"""Deterministic seed data that a Turkish fashion brand would recognise."""

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.seed.buyers import seed_packages
from include.sandbox.seed.catalogue import seed_catalogue
from include.sandbox.seed.channel import seed_channel
from include.sandbox.seed.history import seed_history
from include.sandbox.seed.places import seed_places


def fill(
    hub: Omnitron,
    market: Fashfed,
    *,
    seed: int,
    size: int,
    packages: int,
    market_url: str,
    on_sale: float = 0.96,
    bare: bool = False,
    history: int = 0,
) -> None:
    """Fill both remotes: ``size`` SKUs, ``packages`` packages, and ``history`` more that are over and imported.

    ``on_sale``: share of the SKUs that was sent earlier; with 0 nothing ever was, and nobody has bought anything.
    ``bare``: the channel as a new installation finds it, with little more than access to the market.
    """
    rng = random.Random(seed)
    with uncollected():
        seed_channel(hub, market, market_url, bare=bare)
        seed_places(hub)
        seed_catalogue(hub, market, rng, size, on_sale)
        seed_packages(market, rng, packages)
        seed_history(hub, market, seed, history)


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection: where a whole catalogue is made or walked none of it is garbage, and collecting takes most
    of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
