"""What happens and is seen at once: the flow that is about it runs, loses its answer or its life at the very write, and
runs again. So lives get deep in few steps."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from include.flows.orders.refund_decisions import DECIDE
from include.sandbox.fashfed import Line
from include.state.store import ClaimState, InboxState
from tests.lifecycle.happenings import BASKETS, BRAND, BUYERS, RANDOMS, Happenings, When
from tests.lifecycle.shop import in_time
from tests.lifecycle.troubles import AT_THE_WRITE, UNHEARD, WRITE_OF, at_the_write_of
from tests.simulation.split_calls import SplitCalls
from tests.simulation.tasks import WELL
from tests.worldkit import CHANNEL

_SEEN_BY = {
    **dict.fromkeys(("cancels", "partial_cancels"), ("get_cancel_orders",)),
    **dict.fromkeys(("refunds", "partial_refunds"), ("get_refund_orders",)),
    "seller_cancels": ("send_cancel_order_items", "get_cancel_orders"),
    "refund_decisions": ("send_refund_order_status",),
    "panel_splits": ("get_orders",),
    "oms_splits": ("split_packages", "get_orders"),
}
"""The flows that are about a happening: the first one writes."""
_TWICE = "decisions seen twice"
_OWN = "own cancels seen as claims"
_PARTS, _LOST = "parts of imported packages seen by {}", "lost answers of {} looked for"
DEPTHS = (
    *(_TWICE, _OWN, *map(_PARTS.format, ("Order Create", "Split Packages"))),
    *(_LOST.format(flow) for flow in WRITE_OF),
)
"""What many lives come to; where they do not, much is not tried at all."""
_WAITS = 15 * 60.0
"""Seconds until what is unclear is looked at again."""
_troubles = st.sampled_from(("", *AT_THE_WRITE))


def somebody_is_heard(name: str, *names: str) -> Any:
    """A rule: scenes of one of these happenings, at the writes of which there may be trouble."""
    happenings = {one: when for one, when in (BUYERS | BRAND).items() if one in names}

    async def step(self: "Scenes", rng: random.Random, trouble: str, times: int) -> bool:
        return sum([await self.scene(happenings, rng, trouble) for _ in range(times)]) > 0

    step.__name__ = name
    heard = rule(rng=RANDOMS, trouble=_troubles, times=st.integers(1, 2))(in_time(step))
    return precondition(lambda life: any(when(life) for when in happenings.values()))(heard)


class Scenes(Happenings):
    """A life with scenes in it."""

    @rule(basket=BASKETS, reported=st.booleans(), trouble=_troubles)
    @in_time
    async def an_order_comes_in(self, basket: list[Line], reported: bool, trouble: str) -> None:
        """It is imported at once; where ERP knows it, too, it can be cancelled."""
        await self.buy(basket, "")
        await self._see(("get_orders",), trouble)
        if reported:
            for order in self.hub.orders.rows.values():
                if not order["is_send"]:
                    self.sandbox.hands.report(order)

    a_buyer_cancels = somebody_is_heard("a_buyer_cancels", "cancels", "partial_cancels")
    a_buyer_returns = somebody_is_heard("a_buyer_returns", "refunds", "partial_refunds")
    the_brand_cancels = somebody_is_heard("the_brand_cancels", "seller_cancels")
    the_brand_decides = somebody_is_heard("the_brand_decides", "refund_decisions")
    a_split_is_seen = somebody_is_heard("a_split_is_seen", "panel_splits", "oms_splits")

    async def scene(self, happenings: Mapping[str, When], rng: random.Random, trouble: str) -> bool:
        """Something happens, and the flows that are about it run."""
        told = set(self._told())
        name = self.happen(happenings, rng)
        if name == "seller_cancels":
            self.happen({"plan_completions": BRAND["plan_completions"]}, rng)
        if name == "oms_splits":
            await SplitCalls(self.sandbox, self.shop.database, self.shop.clock, rng).deliver()
        if name:
            await self._see(_SEEN_BY[name], trouble)
        self.reached[_TWICE] += len(told - set(self._told()))
        return bool(name)

    async def _see(self, flows: tuple[str, ...], trouble: str) -> None:
        """Run them; where the first was struck at its write, run them again when others think that it is over."""
        fault = at_the_write_of(flows[0], trouble) if trouble else None
        self.sandbox.faults.rules[:0] = [fault] if fault else []
        for flow in flows:
            await self.run(flow)
        self.sandbox.faults.rules = [rule for rule in self.sandbox.faults.rules if rule is not fault]
        if fault and fault.strikes:
            await asyncio.sleep(_WAITS)
            endings = [await self.run(flow) for flow in flows]
            self.reached[_LOST.format(flows[0])] += endings[0] in WELL and trouble in UNHEARD

    def _told(self) -> Iterator[int]:
        """Requests that are approved, and Fashfed knows it: their completion is a second decision."""
        claims = self.shop.database.claims.items()
        told = [key for (_, effect, key), claim in claims if effect == DECIDE and claim.state is ClaimState.DONE]
        for pk, request in self.hub.cancellation_requests.rows.items():
            if request["status"] == "approved" and any(claim in request["description"] for claim in told):
                yield pk

    def count(self) -> None:
        """What there was in this life."""
        super().count()
        asked = {part for claim in self.shop.database.claims.values() for part in claim.detail.get("parts", ())}
        for row in self.shop.database.inbox[CHANNEL, "package"].values():
            if row.state is InboxState.EXCLUDED and str(row.reason).startswith("made by a split"):
                by = "Split Packages" if row.market_id in asked else "Order Create"
                self.reached[_PARTS.format(by)] += 1
        for row in self.shop.database.inbox[CHANNEL, "cancel"].values():
            self.reached[_OWN] += row.reason == "sent by this connector"
