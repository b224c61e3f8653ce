"""Deterministic seed data that a Turkish fashion brand would recognise."""

import gc
import random

from include.sandbox.fashfed import Fashfed
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.seed.buyers import seed_packages
from include.sandbox.seed.catalogue import seed_catalogue
from include.sandbox.seed.channel import seed_channel
from include.sandbox.seed.places import seed_places


def fill(hub: Omnitron, market: Fashfed, *, seed: int, size: int, packages: int, market_url: str) -> None:
    """Fill both remotes: ``size`` SKUs, ``packages`` packages."""
    rng = random.Random(seed)
    # Nothing made here is garbage, and collecting while a large catalogue grows takes most of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        seed_channel(hub, market, market_url)
        seed_places(hub)
        seed_catalogue(hub, market, rng, size)
        seed_packages(market, rng, packages)
    finally:
        if collecting:
            gc.enable()
