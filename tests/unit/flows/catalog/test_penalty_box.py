"""Failed records wait as Failed Integration says, and come back by a new version, in time, or by a person's hand
(spec section 3)."""

from datetime import timedelta

import pytest

from include.domain.sku_list import SkuList
from include.flows.context import Tuning
from tests.unit.flows.catalog.shelf import brand, drawn_kit, offer, penalties, skus
from tests.worldkit import Kit

RELEASE = "delete_bulk_failed_integration"
HOUR = 3600


def _set_rule(kit: Kit, key: str, interval: int, retries: int = 2, expiration: int = 1000 * HOUR) -> None:
    kit.conf["FAILED_INTEGRATION"][key] = {
        "RETRY_INTERVAL": interval,
        "EXPIRATION_DATE": expiration,
        "MAX_RETRY_COUNT": retries,
    }


async def _failing(kit: Kit) -> str:
    """A SKU whose price Fashfed does not take."""
    sku = skus(kit)[0]
    kit.sandbox.fashfed.refused_skus[sku] = "no"
    brand(kit).set_price(sku, "50.00", "60.00")
    assert (await kit.run("price")).errors == {"market_refused": 1}
    return sku


async def test_a_failed_record_is_not_tried_before_its_interval_is_over(listed: Kit) -> None:
    _set_rule(listed, "productprice", 3 * HOUR)
    await _failing(listed)
    await listed.later(hours=2, minutes=59)
    assert (await listed.run("price")).counts["read"] == 0
    await listed.later(minutes=2)
    assert (await listed.run("price")).counts["read"] == 1


async def test_default_counts_for_a_content_type_without_a_rule_of_its_own(listed: Kit) -> None:
    del listed.conf["FAILED_INTEGRATION"]["productprice"]
    _set_rule(listed, "DEFAULT", HOUR)
    await _failing(listed)
    await listed.later(minutes=61)
    assert (await listed.run("price")).counts["read"] == 1


async def test_a_changed_interval_takes_effect_at_the_next_failure(listed: Kit) -> None:
    _set_rule(listed, "productprice", 3 * HOUR)
    await _failing(listed)
    _set_rule(listed, "productprice", 2 * HOUR)
    await listed.later(hours=2, minutes=5)
    assert (await listed.run("price")).counts["read"] == 0
    await listed.later(hours=1)
    assert (await listed.run("price")).counts["read"] == 1
    await listed.later(hours=2, minutes=5)
    assert (await listed.run("price")).counts["read"] == 1


async def test_a_new_version_of_the_record_is_sent_at_once(listed: Kit) -> None:
    sku = await _failing(listed)
    listed.sandbox.fashfed.refused_skus.clear()
    brand(listed).set_price(sku, "51.00", "60.00")
    await listed.run("price")
    assert offer(listed, sku)["price"] == 51.0
    assert not penalties(listed, "productprice")


async def test_after_the_last_try_only_a_person_brings_a_record_back(listed: Kit) -> None:
    _set_rule(listed, "productprice", HOUR, retries=1)
    sku = await _failing(listed)
    await listed.later(hours=2)
    assert (await listed.run("price")).counts["failed"] == 1
    await listed.later(hours=100)
    assert (await listed.run("price")).counts["read"] == 0
    listed.sandbox.fashfed.refused_skus.clear()
    report = await listed.run(RELEASE, sku_list=SkuList((sku,)))
    assert report.counts["updated"] == 1
    await listed.run("price")
    assert offer(listed, sku)["price"] == 50.0


async def test_a_released_product_is_sent_with_its_stock_and_price(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.refused_skus[sku] = "no"
    await drawn.run("product")
    drawn.sandbox.fashfed.refused_skus.clear()
    await drawn.run(RELEASE, sku_list=SkuList((sku,)))
    await drawn.run("product")
    assert offer(drawn, sku)["is_active"]
    assert not any(penalties(drawn, model) for model in ("product", "productstock", "productprice"))


async def test_a_moved_version_sends_equal_content_again(listed: Kit) -> None:
    sku = skus(listed)[0]
    await listed.run("update_bulk_product_version_date", sku_list=SkuList((sku,)))
    report = await listed.run("product")
    assert report.counts["sent"] == 1


@pytest.mark.parametrize("flow", ["product", "price", "stock"])
async def test_failing_records_cost_the_healthy_ones_nothing(flow: str) -> None:
    async def requests_for_one_healthy_change(kit: Kit) -> dict[str, int]:
        healthy = skus(kit)[-1]
        brand(kit).set_price(healthy, "50.00", "60.00")
        brand(kit).set_stock(healthy, 50)
        brand(kit).change(healthy, name="Yeni ad")
        return (await kit.run(flow)).requests

    async def kit_with(failing: int) -> Kit:
        kit = await drawn_kit(size=60)
        await kit.run("product")
        for sku in skus(kit)[:failing]:
            kit.sandbox.fashfed.refused_skus[sku] = "no"
            brand(kit).set_price(sku, "50.00", "60.00")
            brand(kit).set_stock(sku, 50)
            brand(kit).change(sku, name="Yeni ad")
        for one in ("product", "price", "stock"):
            await kit.run(one)
        await kit.later(minutes=1)
        return kit

    without, among = await kit_with(0), await kit_with(50)
    assert await requests_for_one_healthy_change(among) == await requests_for_one_healthy_change(without)


async def test_the_wait_for_an_answer_is_hours_up_to_48_and_seconds_above(listed: Kit) -> None:
    sku = skus(listed)[0]
    for number, wait in ((6, timedelta(hours=6)), (360, timedelta(minutes=6))):
        listed.conf["FAILED_INTEGRATION"]["sent_to_remote"] = {"EXPIRATION_HOUR": number}
        listed.sandbox.fashfed.next_batches.append("stuck")
        brand(listed).set_price(sku, f"{40 + number / 100:.2f}", "60.00")
        await listed.run("price")
        await listed.later(seconds=wait.total_seconds() - 60)
        assert (await listed.run("price")).errors == {}
        await listed.later(minutes=2)
        assert (await listed.run("price")).errors == {"market_timeout": 1}


@pytest.mark.parametrize("flow", ["product", "price"])
async def test_fresh_changes_go_before_failures_that_are_due_again(listed: Kit, flow: str) -> None:
    *failing, healthy = skus(listed)
    for sku in failing:
        listed.sandbox.fashfed.refused_skus[sku] = "no"
        brand(listed).set_price(sku, "50.00", "60.00")
        brand(listed).change(sku, name="Yeni ad")
    await listed.run(flow)
    await listed.later(hours=9)
    listed.wire.requests.clear()
    brand(listed).set_price(healthy, "50.00", "60.00")
    brand(listed).change(healthy, name="Yeni ad")
    report = await listed.run(flow, tuning=Tuning(feed_page=5, batch_objects=5))
    assert report.counts["read"] == len(skus(listed))
    ending = "/products/batch/" if flow == "product" else "/offers/prices/"
    first = listed.wire.bodies("POST", ending)[0]["items"]
    assert healthy in {item["sku"] for item in first}
