"""What the marketplace owner does with suggested content (api/fashfed.md, "Product suggestion")."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, HandClock

_SKU = "NEW-1"


@pytest.fixture
def slow_owner(sandbox: Sandbox) -> None:
    sandbox.fashfed.approval_seconds = 60


async def _suggest(market: Caller, sandbox: Sandbox, clock: HandClock, name: str = "Yeni", **facts: Any) -> None:
    item = {
        "sku": _SKU,
        "base_code": "NEW",
        "name": name,
        "category": sandbox.fashfed.leaves()[0]["id"],
        "attributes": {"COLOR": "SYH", "SIZE": "M"},
        "images": ["https://x/1.jpg"],
        "offer": {"stock": 3, "price": 10},
        **facts,
    }
    status, ticket = await market.post("products/batch/", {"items": [item]})
    assert status == 202
    clock.pass_time(1)
    _, batch = await market.get(f"batches/{ticket['id']}/")
    assert [entry["status"] for entry in batch["items"]] == ["success"]


async def _state(market: Caller) -> tuple[Any, ...]:
    (product,) = await market.rows("products/", sku=_SKU)
    (offer,) = await market.rows("offers/", sku=_SKU)
    return product["is_approved"], product["rejection_reason"], product["name"], offer["is_active"]


async def test_content_is_approved_at_once_unless_the_owner_takes_his_time(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    await _suggest(market, sandbox, clock)
    assert await _state(market) == (True, None, "Yeni", True)


@pytest.mark.usefixtures("slow_owner")
async def test_a_new_product_waits_inactive_until_it_is_approved(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    await _suggest(market, sandbox, clock)
    assert await _state(market) == (None, None, "Yeni", False)
    assert _SKU not in sandbox.skus_on_sale()
    with pytest.raises(ValueError, match="not active"):
        sandbox.place_order([_SKU])
    clock.pass_time(59)
    since = sandbox.fashfed.now()
    assert await _state(market) == (None, None, "Yeni", False)
    clock.pass_time(1)
    assert await _state(market) == (True, None, "Yeni", True)
    assert [row["sku"] for row in await market.rows("products/", updated_at__gte=since)] == [_SKU]
    sandbox.place_order([_SKU])


@pytest.mark.usefixtures("slow_owner")
async def test_a_rejected_new_product_stays_inactive_and_says_why(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    sandbox.fashfed.rejected_skus[_SKU] = "Blurred picture."
    await _suggest(market, sandbox, clock)
    clock.pass_time(60)
    assert await _state(market) == (False, "Blurred picture.", "Yeni", False)
    del sandbox.fashfed.rejected_skus[_SKU]
    await _suggest(market, sandbox, clock, images=["https://x/2.jpg"])
    assert await _state(market) == (None, None, "Yeni", False)
    clock.pass_time(60)
    assert await _state(market) == (True, None, "Yeni", True)


@pytest.mark.parametrize(
    ("reject", "after"),
    [({}, (True, None, "Daha yeni", True)), ({_SKU: "No."}, (False, "No.", "Yeni", True))],
)
async def test_an_approved_product_sells_its_old_content_until_the_revision_is_decided(
    market: Caller, sandbox: Sandbox, clock: HandClock, reject: dict[str, str], after: tuple[Any, ...]
) -> None:
    await _suggest(market, sandbox, clock)
    sandbox.fashfed.approval_seconds = 60
    sandbox.fashfed.rejected_skus |= reject
    await _suggest(market, sandbox, clock, "Daha yeni", offer={"stock": 9, "price": 12, "tax_rate": 20})
    assert await _state(market) == (None, None, "Yeni", True)
    (offer,) = await market.rows("offers/", sku=_SKU)
    assert (offer["stock"], offer["price"], offer["tax_rate"]) == (9, 12, 20)
    clock.pass_time(60)
    assert await _state(market) == after


@pytest.mark.usefixtures("slow_owner")
async def test_of_two_suggestions_the_newer_is_decided_in_its_own_time(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    await _suggest(market, sandbox, clock, "Eski")
    clock.pass_time(30)
    await _suggest(market, sandbox, clock, "Yeni")
    clock.pass_time(30)
    assert await _state(market) == (None, None, "Yeni", False)
    clock.pass_time(30)
    assert await _state(market) == (True, None, "Yeni", True)


async def test_a_price_may_bring_its_tax_rate(market: Caller, sandbox: Sandbox, clock: HandClock) -> None:
    sku = sandbox.skus_on_sale()[0]
    await market.post("offers/prices/", {"items": [{"sku": sku, "price": 9, "tax_rate": 1}]})
    clock.pass_time(1)
    (offer,) = await market.rows("offers/", sku=sku)
    assert (offer["price"], offer["tax_rate"]) == (9, 1)
