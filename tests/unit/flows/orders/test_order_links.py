"""Orders that are there already are adopted, and every order is linked to its package (api/omnitron.md section 8)."""

import json
from dataclasses import replace

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.shop import Row, Shop
from tests.worldkit import CHANNEL


async def test_an_order_that_was_imported_before_our_time_is_adopted(shop: Shop) -> None:
    package = shop.buy()
    await shop.run()
    before = dict(shop.order(package))
    shop.kit.database = type(shop.kit.database)()
    shop.hub.actions = type(shop.hub.actions)()
    report = await shop.run()
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert shop.order(package)["number"] == before["number"]
    assert shop.hub.actions.get("order", before["pk"]).remote_id == package["number"]


async def test_an_order_that_omnitron_links_to_the_package_is_adopted_under_whatever_number(shop: Shop) -> None:
    package = shop.buy()
    await shop.run()
    shop.kit.database = type(shop.kit.database)()
    shop.set(order_number_format="NEW-{id}")
    report = await shop.run()
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert shop.order(package)["number"].startswith("FD-")


async def test_a_number_that_another_package_bears_makes_the_package_wait(shop: Shop) -> None:
    first, second = shop.buy(), shop.buy()
    await shop.run("pull")
    second["status"] = 3
    taken = f"FD-{second['order_number']}-{second['number']}"
    shop.hub.create("order", {"number": taken, "channel": 137, "extra_field": {"id": "31"}, "status": "400"})
    await shop.run()
    assert shop.order(first)
    assert await shop.parked(second) == (
        "order_number_taken",
        f"Omnitron has order {taken} already, for another package (31)",
    )


async def test_an_order_that_was_entered_by_hand_under_the_number_is_adopted(shop: Shop) -> None:
    package = shop.buy()
    number = f"FD-{package['order_number']}-{package['number']}"
    order = shop.hub.create("order", {"number": number, "channel": 137, "extra_field": {}, "status": "400"})
    recorder = shop.record()
    report = await shop.run()
    assert not recorder.calls("POST", "create_orders"), "what is older than we are is looked for first"
    assert (report.counts["created"], report.counts["unchanged"], len(shop.hub.orders)) == (0, 1, 1)
    assert shop.hub.actions.get("order", order["pk"]).remote_id == package["number"]


async def test_the_items_of_an_order_that_was_entered_by_hand_are_the_lines_of_their_products(shop: Shop) -> None:
    package = shop.buy(Line(shop.skus[0], 2), shop.skus[1])
    order, made = await entered_by_hand(shop, package)
    extra = shop.hub.create("orderitem", {"order": order["pk"], "product": 999, "extra_field": {}, "status": "400"})
    report = await shop.run()
    assert report.counts["unchanged"] == 1
    assert await lines(shop, [*made, extra["pk"]]) == made
    assert {shop.hub.actions.get("orderitem", pk).remote_id for pk in made} == set(made.values())
    assert report.errors["items_missing"] == 0


async def test_a_line_without_an_item_in_an_order_that_was_entered_by_hand_is_told(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    package = shop.buy(shop.skus[0], shop.skus[1])
    _, made = await entered_by_hand(shop, package)
    shop.hub.order_items.remove(shop.hub.order_items.rows[max(made)])
    report = await shop.run()
    assert report.errors["items_missing"] == 1
    assert "has 1 items in Omnitron where the package has 2" in caplog.text
    assert (await shop.inbox(package)).state == "done"


async def test_a_package_is_the_order_that_a_person_assigned_it_whatever_package_that_was_made_of(shop: Shop) -> None:
    package = shop.buy()
    await shop.run("pull")
    number = f"FD-{package['order_number']}-{package['number']}"
    row = {"number": number, "channel": 137, "extra_field": {"id": "31"}, "status": "400"}
    order = shop.hub.create("order", row)
    await shop.run()
    assert (await shop.parked(package))[0] == "order_number_taken"
    store, now = shop.kit.store(), shop.kit.clock.now()
    made = {"pk": order["pk"], "version": order["created_date"]}
    await store.claim(CHANNEL, "create_order", package["number"], {}, now=now)
    await store.settle_claim(CHANNEL, "create_order", package["number"], made, now=now)
    await store.reopen(CHANNEL, "package", [package["number"]], who="ada", reason="", now=now)
    report = await shop.run()
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert shop.hub.actions.get("order", order["pk"]).remote_id == package["number"]
    assert (await shop.inbox(package)).state == "done"


async def entered_by_hand(shop: Shop, package: Row) -> tuple[Row, dict[int, str]]:
    """The package's order as a person types it in, without the market's names; and the line that each item is."""
    await shop.run()
    order, items = shop.order(package), shop.items(package)
    made = {item["pk"]: item["extra_field"]["id"] for item in items}
    for row in (order, *items):
        row["extra_field"] = {}
    shop.kit.database = type(shop.kit.database)()
    shop.hub.actions = type(shop.hub.actions)()
    return order, made


async def lines(shop: Shop, items: list[int]) -> dict[int, str]:
    """What we call items."""
    found = await shop.kit.store().identities_of(CHANNEL, "orderitem", items)
    return {pk: name.remote_id for pk, [name] in found.items()}


async def test_a_link_that_could_not_be_written_is_written_by_the_next_run(shop: Shop) -> None:
    package = shop.buy()
    shop.kit.sandbox.faults.add("error", method="PATCH", path="*/batch_requests/*")
    await shop.try_run()
    order = shop.order(package)
    assert (await shop.inbox(package)).state == "new"
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(minutes=1)
    report = await shop.run()
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert shop.hub.actions.get("order", order["pk"]).status == "success"


async def test_an_order_changed_between_its_making_and_its_link_stays_a_change_for_other_flows(shop: Shop) -> None:
    """The version written back is the one that was made, so what the brand did since is not overlooked."""
    package = shop.buy()
    shop.kit.sandbox.faults.add("error", method="PATCH", path="*/batch_requests/*")
    await shop.try_run()
    order = shop.order(package)
    made = order["modified_date"]
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(minutes=1)
    shop.hub.touch("order", order, status="450")
    await shop.run()
    assert shop.hub.actions.get("order", order["pk"]).version_date == made


async def test_an_order_with_fewer_items_than_it_was_made_of_is_told_and_still_linked(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    package = shop.buy(Line(shop.skus[0], 2))

    def drop_an_item(request: Request) -> Response | None:
        if not request.url.endswith("/create_orders/"):
            return None
        body = json.loads(request.body or b"")
        less = json.dumps({**body, "order_item": body["order_item"][:1]}).encode()
        return shop.kit.sandbox.apps["omnitron"].dispatch(replace(request, body=less))

    shop.kit.wire.interceptors.append(drop_an_item)
    report = await shop.run()
    assert report.errors["items_missing"] == 1
    assert "has 1 items in Omnitron where the package has 2" in caplog.text
    assert (await shop.inbox(package)).state == "done"


async def test_a_made_order_that_was_deleted_makes_the_package_wait_and_is_not_made_again(shop: Shop) -> None:
    package = shop.buy()
    shop.kit.sandbox.faults.add("error", method="PATCH", path="*/batch_requests/*")
    await shop.try_run()
    shop.hub.orders.remove(shop.order(package))
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(minutes=1)
    await shop.run()
    assert (await shop.parked(package))[0] == "order_gone"
