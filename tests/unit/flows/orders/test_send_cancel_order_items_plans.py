"""Reading Omnitron's cancellation plans, which nothing takes out of their list (reference/flows.md section 4.15)."""

from dataclasses import replace

import pytest

from include.clients.transport import Request, Response
from tests.unit.flows.orders.cancel_shop import OUT, CancelShop
from tests.worldkit import CHANNEL, Kit


@pytest.fixture
async def shop() -> CancelShop:
    return CancelShop(Kit.made(size=12))


def _many(shop: CancelShop, number: int) -> None:
    """So many plans that need nothing, without orders of their own."""
    for _ in range(number):
        entry = {"order_item": 1, "reason": 9}
        facts = {"plan_type": "cancel", "status": "completed", "items": [entry], "invoice_number": None}
        stamp = shop.hub.now()
        shop.hub.cancellation_plans.add(
            {"order": 1, "order_number": "1", **facts, "created_date": stamp, "modified_date": stamp}
        )


async def _kept(shop: CancelShop) -> int:
    states = await shop.kit.store().inbox_states(CHANNEL, "plan", [str(plan["id"]) for plan in shop.plans])
    return len(states)


async def test_the_newest_plans_are_read_up_to_a_page_that_is_known(shop: CancelShop) -> None:
    _many(shop, 450)
    await shop.send("pull")
    assert await _kept(shop) == 450
    recorder = shop.record()
    await shop.send("pull")
    assert len(recorder.calls("GET", "/cancellation_plans/")) == 1
    _many(shop, 130)
    recorder = shop.record()
    await shop.send("pull")
    assert await _kept(shop) == 580
    assert len(recorder.calls("GET", "/cancellation_plans/")) == 3


async def test_a_list_that_omnitron_does_not_sort_is_read_to_its_end(shop: CancelShop) -> None:
    _many(shop, 250)
    app = shop.kit.sandbox.apps["omnitron"]

    def unsorted(request: Request) -> Response | None:
        if ("sort", "-id") not in request.query:
            return None
        return app.dispatch(replace(request, query=tuple(pair for pair in request.query if pair[0] != "sort")))

    shop.kit.wire.interceptors.append(unsorted)
    await shop.send("pull")
    _many(shop, 3)
    await shop.send("pull")
    assert await _kept(shop) == 253


async def test_a_process_that_dies_while_it_reads_leaves_no_hole_behind_newer_plans(shop: CancelShop) -> None:
    _many(shop, 250)
    await shop.send("pull")
    _many(shop, 250)
    after = 1
    while await shop.kit.run_and_die(OUT, "pull", after=after):
        after += 1
        assert await _kept(shop) in (250, 500)
    assert await _kept(shop) == 500
