"""Feeds and penalties (api/omnitron.md sections 3.2 and 3.5, design.md section 13)."""

from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, HandClock, batch_object, commit, move_batch

_HOURS = 3600


async def _pks(hub: Caller, feed: str, **query: Any) -> list[int]:
    return [row["pk"] for row in await hub.rows(feed, limit=1000, **query)]


async def _finish(hub: Caller, row: dict[str, Any], model: str = "productstock", **outcome: Any) -> None:
    pk = await commit(hub, [batch_object(row, model)], model)
    status, answer = await move_batch(hub, pk, "done", objects=[batch_object(row, model, **outcome)])
    assert status == 200, answer


async def _fail_first(hub: Caller) -> dict[str, Any]:
    row = (await hub.rows("product_stocks/updates/", limit=1))[0]
    await _finish(hub, row, failed_reason_type="remote")
    return row


async def test_a_product_never_sent_is_an_insert_until_it_succeeds(hub: Caller) -> None:
    row = (await hub.rows("products/inserts/", product_type=0, limit=1))[0]
    await _finish(hub, row, "product", remote_id=row["sku"])
    assert row["pk"] not in await _pks(hub, "products/inserts/", product_type=0)
    assert row["pk"] not in await _pks(hub, "products/updates/", product_type=0)


async def test_an_agreed_object_is_an_update_once_it_changes(hub: Caller, sandbox: Sandbox) -> None:
    sku = sandbox.skus_on_sale()[30]
    pk = sandbox.stock_row(sku)["pk"]
    sandbox.touch_stock(sku, 41)
    assert pk in await _pks(hub, "product_stocks/updates/")
    assert pk not in await _pks(hub, "product_stocks/inserts/")


async def test_feeds_honour_limit_and_sort(hub: Caller, sandbox: Sandbox) -> None:
    sandbox.touch_stocks(40)
    _, page = await hub.get("product_stocks/updates/", limit=5, sort="stock")
    every = sorted(row["stock"] for row in await hub.rows("product_stocks/updates/", limit=1000))
    assert [row["stock"] for row in page["results"]] == every[:5]
    assert page["count"] == len(every)
    backwards = await hub.rows("product_stocks/updates/", limit=5, sort="-stock")
    assert [row["stock"] for row in backwards] == every[::-1][:5]


async def test_a_sorted_feed_follows_values_that_move(hub: Caller, sandbox: Sandbox) -> None:
    skus = sandbox.touch_stocks(40)
    await hub.rows("product_stocks/updates/", sort="stock")
    for value in (0, 500, 0):
        row = sandbox.touch_stock(skus[20], value)
        first = (await hub.rows("product_stocks/updates/", limit=1000, sort="stock"))[0 if value == 0 else -1]
        assert (first["pk"], first["stock"]) == (row["pk"], value)


async def test_a_value_that_comes_back_shows_once(hub: Caller, sandbox: Sandbox) -> None:
    skus = sandbox.touch_stocks(40)
    await hub.rows("product_stocks/updates/", sort="stock")
    for value in (30, 31, 30, 31, 30):
        sandbox.touch_stock(skus[20], value)
    every = await _pks(hub, "product_stocks/updates/", sort="stock")
    assert len(every) == len(set(every))


async def test_what_leaves_the_catalog_leaves_the_feeds_and_shows_as_deleted(hub: Caller, sandbox: Sandbox) -> None:
    sku = sandbox.touch_stocks(5)[4]
    assert sandbox.stock_row(sku)["pk"] in await _pks(hub, "product_stocks/updates/")
    product = sandbox.omnitron.products.find("sku", sku)[0]
    (item,) = await hub.rows("/api/v1/catalog_items/", product=product["pk"])
    assert (await hub.call("DELETE", f"/api/v1/catalog_items/{item['pk']}/"))[0] == 204
    assert sandbox.stock_row(sku)["pk"] not in await _pks(hub, "product_stocks/updates/")
    gone = await hub.rows("integration_actions/deleted/", model="product", channel_id=137)
    assert [action["object_id"] for action in gone] == [product["pk"]]


async def test_setting_the_version_back_makes_an_object_due_again(hub: Caller, sandbox: Sandbox) -> None:
    product = sandbox.omnitron.products.find("sku", sandbox.skus_on_sale()[3])[0]
    (action,) = await hub.rows("integration_actions/", content_type_name="product", object_id__in=str(product["pk"]))
    body = {"channel_id": 137, "version_date": "2020-01-01T00:00:00Z"}
    assert (await hub.patch(f"integration_actions/{action['pk']}/", body))[0] == 200
    assert product["pk"] in await _pks(hub, "products/updates/", product_type=0)


async def test_there_is_one_action_per_object(hub: Caller) -> None:
    body = {"channel_id": 137, "content_type": "product", "object_id": 1, "remote_id": "again"}
    status, data = await hub.post("integration_actions/", body)
    assert (status, "unique" in data["non_field_errors"]) == (406, True)


async def test_a_failed_object_waits_for_the_retry_interval(hub: Caller, sandbox: Sandbox, clock: HandClock) -> None:
    sandbox.touch_stocks(5)
    row = await _fail_first(hub)
    (penalty,) = await hub.rows("failed_integrations/", content_type__model="productstock")
    assert (penalty["object_id"], penalty["retry_count"], penalty["max_retry_count"]) == (row["pk"], 0, 2)
    clock.pass_time(8 * _HOURS - 60)
    assert row["pk"] not in await _pks(hub, "product_stocks/updates/")
    clock.pass_time(61)
    assert row["pk"] in await _pks(hub, "product_stocks/updates/")


async def test_after_the_last_retry_only_a_person_brings_it_back(
    hub: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    sandbox.omnitron.channel["conf"]["FAILED_INTEGRATION"] = {
        "DEFAULT": {"RETRY_INTERVAL": 60, "EXPIRATION_DATE": 10_000, "MAX_RETRY_COUNT": 2}
    }
    sandbox.touch_stocks(1)
    row = await _fail_first(hub)
    for _ in range(2):
        clock.pass_time(61)
        assert row["pk"] in await _pks(hub, "product_stocks/updates/")
        await _finish(hub, row, failed_reason_type="remote")
    clock.pass_time(9_000)
    assert row["pk"] not in await _pks(hub, "product_stocks/updates/")
    (penalty,) = await hub.rows("failed_integrations/", is_active="true")
    assert (await hub.call("DELETE", f"failed_integrations/{penalty['pk']}/"))[0] == 204
    assert row["pk"] in await _pks(hub, "product_stocks/updates/")


async def test_a_newer_version_lifts_the_penalty_and_starts_counting_again(hub: Caller, sandbox: Sandbox) -> None:
    sandbox.touch_stocks(1)
    row = await _fail_first(hub)
    newer = dict(sandbox.omnitron.touch("productstock", sandbox.omnitron.stocks.rows[row["pk"]], stock=9))
    assert row["pk"] in await _pks(hub, "product_stocks/updates/")
    await _finish(hub, newer, failed_reason_type="mapping")
    (penalty,) = await hub.rows("failed_integrations/", is_active="true")
    assert (penalty["retry_count"], penalty["reason_type"]) == (0, "mapping")


async def test_success_ends_the_penalty(hub: Caller, sandbox: Sandbox, clock: HandClock) -> None:
    sandbox.touch_stocks(1)
    row = await _fail_first(hub)
    clock.pass_time(8 * _HOURS)
    await _finish(hub, row)
    assert not await hub.rows("failed_integrations/", is_active="true")


@pytest.mark.parametrize("kind", ["inserts", "updates"])
async def test_other_lists_have_feeds_of_their_own(hub: Caller, kind: str) -> None:
    assert await _pks(hub, f"extra_product_stocks/{kind}/", stock_list=2) == []
    assert await _pks(hub, f"extra_product_stocks/{kind}/", stock_list=1) == await _pks(hub, f"product_stocks/{kind}/")
