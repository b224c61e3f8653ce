"""The end of every life: nobody does anything any more, and both sides come to agree."""

import asyncio
import random

from include.state.store import InboxState
from tests.lifecycle.spoiling import SPOILINGS
from tests.simulation.invariants import Broken
from tests.simulation.order_simulation import OrderSimulation
from tests.worldkit import CHANNEL

_PATIENCE = 40
"""Hours after which nothing may be on its way any more."""
_NIGHT = 13 * 3600.0
_SELLER = 2


async def come_to_rest(shop: OrderSimulation) -> None:
    """Put everything right, let all flows run until the two sides agree, and see that they still do after a night and
    that nothing is written any more. Raises ``Broken``."""
    shop.calm_down()
    for _ in range(_PATIENCE):
        await shop.quiet_hour()
        if _agree(shop):
            break
    await shop.quiet_hour()
    await asyncio.sleep(_NIGHT)
    await shop.quiet_hour()
    await shop.flow("reconcile")
    shop.invariants.everything_converged()
    await shop.replay()


def _agree(shop: OrderSimulation) -> bool:
    try:
        shop.invariants.everything_converged()
    except Broken:
        return False
    return True


async def the_ledger_names_what_is_spoilt(shop: OrderSimulation, rng: random.Random) -> None:
    """At rest some orders are spoilt, and the ledger names these and no others. Raises ``Broken``."""
    orders = list(shop.sandbox.omnitron.orders.rows.values())
    for order in rng.sample(orders, len(orders) // 3):
        rng.choice(SPOILINGS)(shop.sandbox, rng, order)
    for _ in range(3):
        await shop.quiet_hour()
    packages = shop.sandbox.fashfed.packages.rows
    excused = {packages[number]["order_number"] for number in shop.invariants.packages_for_a_person()}
    ledger = shop.database.differences[CHANNEL, "order"]
    differ = {packages[number]["order_number"] for number, _ in shop.sandbox.order_differences()} - excused
    named = {packages[number]["order_number"] for number in ledger if number in packages} - excused
    if differ != named:
        texts = [one.text for number, one in ledger.items() if number in packages]
        raise Broken(f"orders {differ} differ, the ledger names {named}: {texts[:3]}")


def nothing_fails_without_cause(shop: OrderSimulation) -> None:
    """No fault of ours was met, no cancellation is refused of a line that is with the brand, and what we cancelled at
    Fashfed ourselves is not carried out as a buyer's cancellation. Raises ``Broken``."""
    entries = [entry for entries in shop.database.logs.values() for entry in entries]
    failed = [f"{entry.kind} {entry.key}: {entry.message}" for entry in entries if entry.code == "unexpected"]
    claims = shop.sandbox.fashfed.claims.rows
    for row in shop.database.inbox[CHANNEL, "cancel"].values():
        claim = claims[row.market_id]
        if row.code == "cancel_refused" and not shop.sandbox.hands.has_left(claim["package_item"]):
            failed.append(f"claim {row.market_id}: {row.reason}")
        if row.state is InboxState.DONE and claim["cancelled_by"] == _SELLER:
            failed.append(f"claim {row.market_id} is our own and was carried out")
    if failed:
        raise Broken(f"without cause: {failed[:3]}")
