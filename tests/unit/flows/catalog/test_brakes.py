"""Changes too large to be meant wait until a person lets them pass (settings Price Brake and Stock Brake)."""

import pytest

from include.errors import ConfigurationError
from tests.unit.flows.catalog.shelf import brand, offer, penalties, skus, told
from tests.worldkit import CHANNEL, Kit


async def test_a_change_beyond_the_percentage_is_held_and_the_others_go(listed: Kit) -> None:
    listed.conf["price_brake"] = {"change_percent": 50}
    large, small = skus(listed)[:2]
    before = offer(listed, large)["price"]
    brand(listed).set_price(large, "1.00")
    brand(listed).set_price(small, f"{offer(listed, small)['price'] * 0.9:.2f}")
    report = await listed.run("price")
    assert report.errors == {"change_held": 1}
    words = (await told(listed, "price"))[large]
    assert f"Price of {large} would change from" in words
    assert "to 1.00" in words
    assert offer(listed, large)["price"] == before
    assert offer(listed, small)["price"] < before * 10
    assert not listed.sandbox.price_differences() or [row[0] for row in listed.sandbox.price_differences()] == [large]


async def test_a_held_change_goes_out_when_a_person_lets_it_pass_and_only_this_one(listed: Kit) -> None:
    listed.conf["price_brake"] = {"change_percent": 50}
    sku = skus(listed)[0]
    brand(listed).set_price(sku, "1.00")
    await listed.run("price")
    assert (await listed.run("price")).counts["read"] == 0
    await listed.run("price", let_pass=True)
    assert offer(listed, sku)["price"] == 1.0
    assert not penalties(listed, "productprice")
    assert await listed.store().holds(CHANNEL, "productprice") == []
    brand(listed).set_price(sku, "99.00", "100.00")
    assert (await listed.run("price")).errors == {"change_held": 1}


async def test_a_newer_price_within_the_limit_needs_no_permission(listed: Kit) -> None:
    listed.conf["price_brake"] = {"change_percent": 50}
    sku = skus(listed)[0]
    usual = offer(listed, sku)["price"]
    brand(listed).set_price(sku, "1.00")
    await listed.run("price")
    brand(listed).set_price(sku, f"{usual * 0.8:.2f}")
    await listed.run("price")
    assert offer(listed, sku)["price"] == pytest.approx(usual * 0.8, abs=0.01)


async def test_a_first_price_is_no_change(drawn: Kit) -> None:
    drawn.conf["price_brake"] = {"change_percent": 1, "share_percent": 1}
    await drawn.run("product")
    assert (await drawn.run("price")).errors == {}


async def test_a_run_that_would_zero_too_large_a_share_is_held_back_as_a_whole(listed: Kit) -> None:
    listed.conf["stock_brake"] = {"zero_percent": 40}
    for sku in skus(listed):
        brand(listed).set_stock(sku, 50)
    await listed.run("stock")
    listed.wire.requests.clear()
    for sku in skus(listed)[:20]:
        brand(listed).set_stock(sku, 0)
    with pytest.raises(ConfigurationError) as caught:
        await listed.run("stock")
    assert str(caught.value) == "20 of 30 SKUs would go to zero; Stock Brake holds back a run above 40 %"
    assert listed.wire.bodies("POST", "/offers/stocks/") == []
    assert not penalties(listed, "productstock")
    await listed.run("stock", let_pass=True)
    assert listed.sandbox.stock_differences() == []


async def test_a_run_that_changes_less_than_the_share_goes_on(listed: Kit) -> None:
    listed.conf["stock_brake"] = {"zero_percent": 40, "share_percent": 90}
    for sku in skus(listed)[:12]:
        brand(listed).set_stock(sku, 0)
    await listed.run("stock")
    assert listed.sandbox.stock_differences() == []


async def test_a_dry_run_shows_what_a_brake_would_hold_and_notes_nothing(listed: Kit) -> None:
    listed.conf["price_brake"] = {"change_percent": 50}
    sku = skus(listed)[0]
    brand(listed).set_price(sku, "1.00")
    report = await listed.run("price", dry_run=True, run_id="dry")
    assert report.errors == {"change_held": 1}
    assert await listed.store().holds(CHANNEL, "productprice") == []
    passed = await listed.run("price", dry_run=True, let_pass=True, run_id="dry 2")
    assert passed.counts["sent"] == 1
    assert [row.verdict for row in await listed.store().findings(CHANNEL, "price")] == ["send"]


async def test_permission_given_by_a_run_that_was_killed_is_not_lost(listed: Kit) -> None:
    listed.conf["price_brake"] = {"change_percent": 50}
    sku = skus(listed)[0]
    brand(listed).set_price(sku, "1.00")
    await listed.run("price")
    await listed.store().let_pass(CHANNEL, "productprice", None, now=listed.clock.now())  # killed behind this
    await listed.run("price", let_pass=True)
    assert offer(listed, sku)["price"] == 1.0
