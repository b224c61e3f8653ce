"""What every store does with watermarks, the cache and the call budget."""

from datetime import timedelta, timezone

import pytest

from include.state.store import Store
from tests.unit.state.examples import MINUTE, NOW, OpenStore


async def test_a_watermark_moves_forward_only(store: Store) -> None:
    assert await store.watermark("default", "get_orders") is None
    for to in (NOW, NOW - MINUTE):
        await store.move_watermark("default", "get_orders", to)
        assert await store.watermark("default", "get_orders") == NOW
    later = (NOW + MINUTE).astimezone(timezone(timedelta(hours=3)))
    await store.move_watermark("default", "get_orders", later)
    assert await store.watermark("default", "get_orders") == NOW + MINUTE
    assert await store.watermark("default", "get_refund_orders") is None


async def test_a_cached_value_is_found_until_it_expires(store: Store) -> None:
    values = {"İzmir": {"pk": 35}, "none": None, "text": "\x00"}
    await store.cache("city", values, expires_at=NOW + MINUTE)
    assert await store.cached("city", ["İzmir", "none", "text", "Ankara"], now=NOW) == values
    assert await store.cached("city", ["İzmir"], now=NOW + MINUTE) == {}
    assert await store.cached("country", ["İzmir"], now=NOW) == {}
    await store.cache("city", {"İzmir": 36}, expires_at=NOW + 2 * MINUTE)
    assert await store.cached("city", ["İzmir"], now=NOW + MINUTE) == {"İzmir": 36}
    await store.uncache("city", ["İzmir", "Ankara"])
    assert await store.cached("city", ["İzmir"], now=NOW) == {}


async def test_calls_are_let_go_as_a_burst_first_and_then_at_the_rate(store: Store) -> None:
    waits = [await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW) for _ in range(4)]
    assert waits == [0, 0, 0.25, 0.5]
    assert await store.lease_calls("omnitron", 2, per_second=4, burst=2, now=NOW) == 0
    assert await store.lease_calls("fashfed", 2, per_second=4, burst=2, now=NOW + 2 * MINUTE) == 0


async def test_the_call_budget_is_shared_by_all_processes(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    assert await store.lease_calls("fashfed", 2, per_second=1, burst=2, now=NOW) == 0
    assert await other.lease_calls("fashfed", 2, per_second=1, burst=2, now=NOW) == 2


async def test_nobody_calls_a_remote_that_asked_for_a_pause_and_nobody_storms_it_afterwards(store: Store) -> None:
    await store.pause_calls("fashfed", NOW + timedelta(seconds=10))
    await store.pause_calls("fashfed", NOW + timedelta(seconds=5))
    waits = [await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW) for _ in range(4)]
    assert waits == [10, 10, 10.25, 10.5]
    assert await store.lease_calls("fashfed", 1, per_second=4, burst=2, now=NOW + MINUTE) == 0


@pytest.mark.parametrize(("calls", "per_second", "burst"), [(3, 1.0, 2), (0, 1.0, 2), (1, 0.0, 2)])
async def test_a_lease_that_can_never_be_kept_is_refused(
    store: Store, calls: int, per_second: float, burst: int
) -> None:
    with pytest.raises(ValueError, match="cannot lease"):
        await store.lease_calls("fashfed", calls, per_second=per_second, burst=burst, now=NOW)
