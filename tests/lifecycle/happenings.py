"""What buyers, brand and marketplace do in a life, and when there is something that they may do it to."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from hypothesis import note
from hypothesis import strategies as st

from include.sandbox.fashfed import Line
from include.sandbox.fashfed.market import DELIVERED, PREPARING
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.places import UNKNOWN
from tests.lifecycle.shop import ShopLife

_TOGETHER = 90.0
"""Seconds after which nobody takes what a buyer's package is split into for packages that were bought beside it."""
_OPEN = ("open", "waiting", "approved")
_lines = st.builds(
    Line,
    st.sampled_from("0123"),
    st.integers(1, 3),
    price=st.sampled_from((100.0, 59.99)),
    discount=st.sampled_from((0.0, 10.0, 0.05)),
    parcel=st.integers(0, 1),
)
BASKETS = st.lists(_lines, min_size=1, max_size=3)
RANDOMS = st.randoms(use_true_random=False)
When = Callable[["Happenings"], object]


def there_are(status: int) -> When:
    """Packages of a status."""
    return lambda life: life.market.packages.find("status", status)


def sent_to_erp(sent: bool) -> When:
    """Orders that ERP knows, or does not know yet."""
    return lambda life: any(order["is_send"] is sent for order in life.hub.orders.rows.values())


BUYERS: dict[str, When] = {
    **dict.fromkeys(("cancels", "partial_cancels", "asked_cancels"), there_are(PREPARING)),
    **dict.fromkeys(("refunds", "partial_refunds"), there_are(DELIVERED)),
}
BRAND: dict[str, When] = {
    "erp_reports": sent_to_erp(False),
    **dict.fromkeys(("seller_cancels", "invoices"), sent_to_erp(True)),
    "plan_completions": lambda life: life.sandbox.hands.open_plans(),
    "refund_decisions": lambda life: life.hub.cancellation_requests.rows,
    **dict.fromkeys(("panel_splits", "oms_splits"), there_are(PREPARING)),
}
MARKETPLACE: dict[str, When] = {
    "owner_decisions": lambda life: any(claim["status"] in _OPEN for claim in life.market.claims.rows.values()),
    "carrier_changes": there_are(PREPARING),
    "parcels_moved": lambda life: life.hub.orders.rows,
}
"""Happenings of a living world (``Rates``), and when there is something that they may happen to."""


class Happenings(ShopLife):
    """A life to which they happen."""

    async def buy(self, basket: list[Line], odd: str) -> None:
        """Somebody orders; ``odd``: what of it needs a person."""
        self.waits_for_an_operator |= bool(odd)
        skus = self.sandbox.skus_on_sale()
        lines = [replace(line, sku=skus[int(line.sku)]) for line in basket]
        if odd == "sku":
            lines.append(Line(UNKNOWN_SKU, 1, 199.9))
        place = dict(zip(("city", "township"), UNKNOWN[0], strict=True)) if odd == "township" else {}
        self.sandbox.place_order(lines, place, carrier=UNKNOWN_CARRIER if odd == "carrier" else "aras")
        await asyncio.sleep(_TOGETHER)

    def happen(self, happenings: Mapping[str, When], rng: random.Random) -> str:
        """One of those that are possible: the one that was chosen, else the next. Gives its name; empty for none."""
        possible = [name for name, when in happenings.items() if when(self)]
        first = rng.randrange(len(possible)) if len(possible) > 1 else 0
        for name in [*possible[first:], *possible[:first]]:
            turns = next(turns for turns in self.turns if hasattr(turns, name))
            turns.rng = rng
            if getattr(turns, name)():
                note(f"    {name}")
                self.happened[name] += 1
                return name
        return ""
