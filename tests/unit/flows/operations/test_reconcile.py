"""The two-way ledger of orders: nothing differs where the flows did their work, and whatever is planted is found."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.domain.run import RunReport
from include.errors import RemoteUnavailable
from include.flows.operations import ledger_book, order_proof
from include.flows.orders.moved_lines import SPLIT
from include.flows.orders.order_names import CREATE
from include.sandbox.fashfed import Line
from include.sandbox.seed.channel import FLAGS
from include.state.store import Difference, Event, Incoming
from tests.unit.flows.orders.returns import Returns
from tests.worldkit import CHANNEL, Kit

Row = dict[str, Any]
ALL_ON = {"feature_flags": {flag: flag not in ("product", "price", "stock") for flag in FLAGS}}
"""Products are compared elsewhere."""
READERS = ("get_orders", "get_cancel_orders", "get_refund_orders", "send_cancel_order_items")


class Books(Returns):
    """A shop whose books are compared."""

    async def turn(self, *flows: str) -> None:
        """Half an hour later the flows have had their turns."""
        await self.kit.later(minutes=30)
        for flow in flows or READERS:
            await self.kit.run(flow)

    async def read(self, *flows: str) -> None:
        """Flows only read."""
        for flow in flows:
            await self.kit.run(flow, "pull")

    async def compare(self, **facts: Any) -> RunReport:
        return await self.kit.run("reconcile", **facts)

    async def differences(self, kind: str = "order") -> list[Difference]:
        return await self.kit.store().differences(CHANNEL, kind)

    async def found(self, kind: str = "order") -> dict[str, str]:
        """Code of each record that differs."""
        return {row.key: row.code for row in await self.differences(kind)}

    async def figures(self) -> Row:
        (newest,) = await self.kit.store().comparisons(CHANNEL, "order_ledger", 1)
        return dict(newest.figures)

    async def settle(self, *flows: str) -> dict[str, str]:
        """A turn of the flows, and what differs after it."""
        await self.turn(*flows)
        await self.compare()
        return await self.found()

    def cancel(self, package: Row, index: int = 1, quantity: int | None = None) -> Row:
        """The buyer cancels a line, or units of it."""
        reason = self.market.identity("reason", "changed-mind")
        claim: Row = self.market.cancel_item(self.line(package, index), by=1, reason=reason, quantity=quantity)
        return claim

    async def imported(self, *lines: Line | str, reported: bool = True) -> Row:
        """A package that is an order; ERP has it when ``reported``."""
        package = self.buy(*lines)
        await self.run()
        if reported:
            self.kit.sandbox.hands.report(self.order(package))
        return package

    def by_hand(self, number: str, **extra: str) -> Row:
        """Somebody enters an order with one item in Omnitron's panel."""
        facts = {"channel": 137, "status": "400", "currency": "try", "amount": "10.00", "shipping_amount": "0.00"}
        order: Row = self.hub.create("order", {**facts, "number": number, "extra_field": extra})
        item = {"order": order["pk"], "product": 1, "status": "400", "price": "10.00", "discount_amount": "0.00"}
        line = f"{extra['id']}-1" if extra else None
        self.hub.create("orderitem", {**item, "quantity": 1, "attributes": {}, "extra_field": {"id": line}})
        return order

    async def missed(self) -> Row:
        """A package that went past every flow."""
        await self.run()
        package = self.buy()
        self.market.move(package, 3)
        return package


@pytest.fixture
async def books(kit: Kit) -> Books:
    """A shop with every flow on, where we have begun."""
    kit.sandbox.omnitron.channel["conf"] |= ALL_ON
    await kit.store().born_at(CHANNEL, kit.clock.now())
    await kit.later(minutes=1)
    return Books(kit)


# --- nothing differs ------------------------------------------------------------------------------------------
async def test_what_the_flows_brought_over_is_equal_and_counted(books: Books) -> None:
    books.buy(Line(books.skus[0], 3, price=50, discount=10), books.skus[1])
    books.buy_parcels(Line(books.skus[0], price=20), Line(books.skus[1], price=30, parcel=1))
    sent_back = await books.delivered(Line(books.skus[2], 2, price=15))
    books.ask(sent_back, quantity=1)
    await books.turn()
    (request,) = books.kit.sandbox.hands.open_requests()
    books.kit.sandbox.hands.decide(request, "completed")
    cancelled = await books.imported(Line(books.skus[0], 3, price=10))
    books.cancel(cancelled, quantity=1)
    assert await books.settle() == {}
    figures = await books.figures()
    assert [figures[name] for name in ("packages", "created", "lines", "waiting", "differences")] == [5, 5, 6, 0, 0]
    assert figures["units"] == {"open": 8, "shipped": 1, "cancelled": 1, "refunded": 1}
    price = books.market.offers.rows[books.skus[1]]["price"]
    worth = f"{3 * 50 - 10 + price + 20 + 30 + 2 * 15 + 2 * 10:.2f}"
    assert figures["money"] == {"omnitron": worth, "fashfed": worth}


async def test_a_package_costs_three_calls_once_and_then_none(books: Books) -> None:
    """The items on either side and the amounts of its order at Fashfed; everything else is read by pages."""
    for _ in range(40):
        books.buy(Line(books.skus[0], 2))
    await books.turn()
    recorder = books.record()
    await books.compare()
    assert len(recorder.calls("GET", "/items/")) == 40
    assert len(recorder.calls("GET", "/order_items/")) == 40
    assert len(recorder.calls("GET", "/api/i2/orders/")) == 40
    assert len(recorder.requests) <= 3 * 40 + 7
    await books.turn()
    recorder = books.record()
    await books.compare()
    assert (await books.figures())["proven_before"] == 40
    assert len(recorder.requests) <= 5


async def test_what_was_equal_and_has_changed_costs_two_calls(books: Books) -> None:
    package = await books.imported()
    assert await books.settle() == {}
    books.hub.touch("order", books.order(package), status="450")
    await books.turn()
    recorder = books.record()
    await books.compare()
    assert len(recorder.calls("GET", "/items/")) == 1
    assert not recorder.calls("GET", "/api/i2/orders/")


async def test_what_waits_in_the_inbox_and_what_a_rule_excludes_is_accounted_for(books: Books) -> None:
    for status in (5, 3):
        before = books.market.move(books.buy(), status)
        books.market.packages.change(before, created_at="2026-03-01T09:00:00.000Z")
    await books.run()
    books.buy(address={"township": "Atlantis"})
    cancelled = books.buy()
    books.cancel(cancelled)
    assert await books.settle() == {}
    books.buy()
    await books.kit.later(minutes=25)
    await books.read(*READERS)
    await books.compare()
    figures = await books.figures()
    assert [figures[name] for name in ("parked", "new", "differences")] == [1, 1, 0]
    assert figures["excluded"] == {
        "bought before this connector knew the channel": 1,
        "cancelled before it was imported": 1,
        "finished before this connector knew the channel": 1,
    }


async def test_the_log_says_the_figures_in_one_line(books: Books, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    books.buy(Line(books.skus[0], 2, price=12.5))
    await books.settle()
    assert (
        "Ledger: 1 packages (1 created, 0 proven before, 0 parked, 0 new), 0 orders and 0 claims read, 0 excluded by a "
        "rule; 1 lines with 2 open, 0 shipped, 0 cancelled, 0 refunded units, 25.00 in Omnitron, 25.00 at Fashfed; 0 "
        "waiting, 0 differences"
    ) in caplog.text


# --- packages -------------------------------------------------------------------------------------------------
async def test_a_lost_package_is_found_and_the_difference_ends_when_it_has_come_in(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    package = await books.missed()
    number = package["number"]
    assert await books.settle() == {number: "package_missing"}
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"Package {number} has no order in Omnitron: it is not in the inbox either" in record.getMessage()
    assert f"[package_missing] ({number}). Next step: Run Order Sweep and Backfill" in record.getMessage()
    report = await books.compare()
    assert (report.counts["failed"], report.errors["package_missing"], report.outcome) == (1, 1, "success")
    (row,) = await books.differences()
    assert row.since == books.kit.clock.now()
    await books.kit.run("sweep_orders")
    assert await books.settle() == {}
    events: list[Event] = await books.kit.store().events(CHANNEL, "difference:order", number)
    assert [event.after for event in events] == ["found", "gone"]


async def test_an_order_that_was_deleted_in_omnitron_is_found(books: Books) -> None:
    package = await books.imported()
    books.hub.orders.remove(books.order(package))
    assert await books.settle() == {package["number"]: "package_missing"}


async def test_a_package_that_is_done_without_an_order_is_found(books: Books) -> None:
    package = await books.imported()
    books.hub.actions = type(books.hub.actions)()
    books.kit.database.identities.clear()
    del books.kit.database.claims[CHANNEL, CREATE, package["number"]]
    assert await books.settle() == {package["number"]: "package_missing"}


async def test_a_package_that_nobody_tries_for_an_hour_is_found_until_it_is_tried(books: Books) -> None:
    package = books.buy()
    await books.read(*READERS)
    for minutes, found in ((50, {}), (11, {package["number"]: "package_untouched"})):
        await books.kit.later(minutes=minutes)
        await books.compare()
        assert await books.found() == found
    await books.compare()
    assert await books.found() == {package["number"]: "package_untouched"}
    assert await books.settle() == {}


async def test_after_an_outage_a_package_has_a_turn_before_it_counts_as_untouched(books: Books) -> None:
    package = books.buy()
    await books.read(*READERS)
    await books.compare()
    await books.kit.later(hours=13)
    await books.compare()
    assert await books.found() == {}
    await books.kit.later(minutes=30)
    await books.compare()
    assert await books.found() == {package["number"]: "package_untouched"}


async def test_a_parked_package_whose_time_has_come_is_not_untouched(books: Books) -> None:
    books.buy(address={"township": "Atlantis"})
    await books.settle()
    await books.kit.later(hours=9)
    await books.compare()
    assert await books.found() == {}


async def test_a_difference_stands_until_it_is_repaired_however_long_ago_it_began(books: Books) -> None:
    package = await books.missed()
    for _ in range(3):
        assert await books.settle() == {package["number"]: "package_missing"}
        await books.kit.later(days=1)
    books.market.move(package, 1)
    package["updated_at"] = package["created_at"]
    assert await books.settle() == {}


async def test_a_package_that_cannot_be_read_is_accounted_for_when_the_inbox_has_it(books: Books) -> None:
    package = books.buy()
    books.market.packages.change(package, order_number=None)
    assert await books.settle() == {}
    assert (await books.figures())["parked"] == 1
    books.kit.database.inbox[CHANNEL, "package"].clear()
    await books.compare()
    assert await books.found() == {package["number"]: "package_missing"}


# --- orders ---------------------------------------------------------------------------------------------------
async def test_a_second_order_of_a_package_is_found_until_it_is_cancelled(books: Books) -> None:
    package = await books.imported()
    second = books.by_hand("HAND-1", id=package["number"])
    assert await books.settle() == {"HAND-1": "order_doubled"}
    (item,) = books.hub.order_items.find("order", second["pk"])
    books.hub.touch("orderitem", item, status="100")
    books.hub.touch("order", second, status="100")
    assert await books.settle() == {}
    assert "a second order that was cancelled in Omnitron" in (await books.figures())["excluded"]


async def test_an_order_that_was_entered_without_a_package_is_excluded_by_name(books: Books) -> None:
    await books.run()
    books.by_hand("HAND-1")
    assert await books.settle() == {}
    assert (await books.figures())["excluded"] == {"entered by hand in Omnitron": 1}


async def test_an_order_of_a_package_that_fashfed_does_not_show_is_found_until_it_is_gone(books: Books) -> None:
    await books.run()
    order = books.by_hand("HAND-1", id="31")
    assert await books.settle() == {"HAND-1": "order_without_package"}
    books.hub.orders.remove(order)
    assert await books.settle() == {}


async def test_an_order_whose_package_vanishes_differs_until_it_is_back(books: Books) -> None:
    package = await books.imported()
    order = books.order(package)
    assert await books.settle() == {}
    books.market.packages.remove(package)
    books.hub.touch("order", order)
    for _ in range(3):
        assert await books.settle() == {order["number"]: "order_without_package"}
        await books.kit.later(days=1)
    books.market.packages.add(package)
    assert await books.settle() == {}


async def test_an_order_whose_package_only_its_action_names_belongs_to_it(books: Books) -> None:
    package = await books.imported()
    books.kit.database.identities.clear()
    books.kit.database.claims.clear()
    order = books.order(package)
    books.hub.touch("order", order, extra_field={"order_number": package["order_number"]})
    assert await books.settle() == {}
    assert (await books.figures())["excluded"] == {}


async def test_a_cancelled_order_needs_no_package(books: Books) -> None:
    await books.run()
    order = books.by_hand("HAND-1", id="31")
    (item,) = books.hub.order_items.find("order", order["pk"])
    books.hub.touch("orderitem", item, status="100")
    books.hub.touch("order", order, status="100")
    assert await books.settle() == {}


# --- units ----------------------------------------------------------------------------------------------------
async def test_a_line_that_was_cancelled_at_fashfed_only_is_found(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    claim = books.cancel(package, 2)
    await books.kit.later(minutes=30)
    await books.read(*READERS)
    store, now = books.kit.store(), books.kit.clock.now()
    await store.exclude(CHANNEL, "cancel", claim["id"], rule="a person said so", now=now)
    await books.compare()
    (row,) = await books.differences()
    assert (row.key, row.code) == (package["number"], "line_only_in_omnitron")
    assert row.text == f"Line {package['number']}-2 has 1 units in Omnitron, 0 at Fashfed"
    books.kit.sandbox.hands.cancel([books.items(package)[1]], reason=1)
    assert await books.settle() == {}


async def test_a_cancellation_that_waits_in_the_inbox_explains_a_difference_for_the_time_being(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1], reported=False)
    books.cancel(package, 2)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {package["number"]: "line_only_in_omnitron"}
    assert (await books.figures())["waiting"] == 1
    books.kit.sandbox.hands.report(books.order(package))
    await books.kit.later(hours=3)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {}


async def test_what_waited_and_was_set_aside_is_a_difference_although_neither_side_has_changed(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1], reported=False)
    claim = books.cancel(package, 2)
    for _ in range(3):
        assert await books.settle() == {}
        await books.kit.later(days=1)
    store, now = books.kit.store(), books.kit.clock.now()
    await store.exclude_by_hand(CHANNEL, "cancel", [claim["id"]], who="ayla", reason="not now", now=now)
    assert await books.settle() == {package["number"]: "line_only_in_omnitron"}
    assert await books.found("order_waiting") == {}


async def test_a_line_that_was_cancelled_in_omnitron_only_is_found_although_fashfed_has_changed_nothing(
    books: Books,
) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    assert await books.settle() == {}
    await books.kit.later(days=1)
    hands = books.kit.sandbox.hands
    hands.complete_plan(hands.cancel([books.items(package)[1]], reason=2))
    for _ in range(3):
        assert await books.settle() == {package["number"]: "line_only_at_fashfed"}
        await books.kit.later(days=1)
    books.cancel(package, 2)
    assert await books.settle() == {}


async def test_a_cancellation_that_omnitron_has_not_decided_about_is_waited_for(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    plan = books.kit.sandbox.hands.cancel([books.items(package)[1]], reason=2)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {package["number"]: "line_only_at_fashfed"}
    books.kit.sandbox.hands.complete_plan(plan)
    assert await books.settle() == {package["number"]: "line_only_at_fashfed"}


async def test_a_plan_that_is_to_be_sent_explains_a_difference_for_the_time_being(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    hands = books.kit.sandbox.hands
    hands.complete_plan(hands.cancel([books.items(package)[1]]))
    await books.turn(*READERS[:3])
    await books.read("send_cancel_order_items")
    await books.compare()
    assert await books.found() == {}
    assert await books.found("order_waiting") == {package["number"]: "line_only_at_fashfed"}
    await books.kit.run("send_cancel_order_items", "apply")
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {}


async def test_an_order_with_more_units_than_were_bought_is_found(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 2, price=10))
    (item, _) = books.items(package)
    copy = {name: value for name, value in item.items() if name not in ("pk", "created_date", "modified_date")}
    books.hub.create("orderitem", copy)
    assert await books.settle() == {package["number"]: "line_only_in_omnitron"}


async def test_an_order_whose_items_are_gone_is_found(books: Books) -> None:
    package = await books.imported()
    for item in books.items(package):
        books.hub.order_items.remove(item)
    books.hub.touch("order", books.order(package), amount="39.90")
    assert await books.settle() == {package["number"]: "line_only_at_fashfed"}


async def test_an_item_with_a_quantity_counts_as_many_units(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 2, price=10))
    item, second = books.items(package)
    books.hub.order_items.remove(second)
    books.hub.touch("orderitem", item, quantity=2)
    books.hub.touch("order", books.order(package))
    assert await books.settle() == {}
    books.hub.touch("orderitem", item, quantity=3)
    books.hub.touch("order", books.order(package), amount=f"{float(books.order(package)['amount']) + 10:.2f}")
    assert await books.settle() == {package["number"]: "line_only_in_omnitron"}


async def test_a_line_that_fashfed_still_shows_as_cancelled_has_no_units_there(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    books.market.items.change(books.line(package, 2), status=1)
    assert await books.settle() == {package["number"]: "line_only_in_omnitron"}
    books.kit.sandbox.hands.cancel([books.items(package)[1]], reason=2)
    assert await books.settle() == {}


async def test_everything_that_waits_is_looked_at_however_much_it_is(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_proof, "_ROWS", 2)
    package = await books.imported(*books.skus[:6], reported=False)
    for index in range(2, 7):
        books.cancel(package, index)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {package["number"]: "line_only_in_omnitron"}


async def test_units_that_were_cancelled_in_part_are_equal_with_their_share_of_the_discount(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10))
    books.cancel(package, quantity=1)
    await books.turn()
    assert sorted(item["status"] for item in books.items(package)) == ["400", "400", "50"]
    assert await books.settle() == {}


async def test_merged_items_are_counted_by_their_pieces(books: Books) -> None:
    books.set(order_item_quantity_key="quantity")
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10))
    assert await books.settle() == {}
    assert (await books.figures())["units"]["open"] == 3
    (item,) = books.items(package)
    books.hub.touch("orderitem", item, attributes={"quantity": 2}, price="100.00")
    books.hub.touch("order", books.order(package))
    assert await books.settle() == {package["number"]: "line_only_at_fashfed"}


async def test_a_status_that_says_nothing_is_found(books: Books) -> None:
    package = await books.imported()
    (item,) = books.items(package)
    books.hub.touch("orderitem", item, status="approved")
    books.hub.touch("order", books.order(package))
    await books.settle()
    (row,) = await books.differences()
    assert "has the status approved in Omnitron, which says nothing" in row.text


# --- splits ---------------------------------------------------------------------------------------------------
async def test_a_split_in_the_panel_that_the_flows_followed_is_equal(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10), books.skus[1])
    await books.kit.later(minutes=5)
    books.market.split(package, [[(books.line(package), 2)]])
    assert await books.settle() == {}
    figures = await books.figures()
    assert (figures["packages"], figures["created"], figures["units"]["open"]) == (2, 2, 4)


async def test_a_split_in_the_panel_that_nobody_has_seen_is_followed_before_anything_is_said(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10))
    await books.kit.later(minutes=5)
    (part,) = books.market.split(package, [[(books.line(package), 2)]])
    books.market.move(part, 3)
    assert set(await books.settle()) <= {part["number"]}
    assert await books.settle() == {}


async def test_while_an_order_is_being_split_whatever_differs_waits(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 2, price=50))
    books.hub.touch("order", books.order(package), amount="1.00")
    store, now = books.kit.store(), books.kit.clock.now()
    await store.receive(CHANNEL, SPLIT, [Incoming("7", now, {})], now=now)
    await store.claim(CHANNEL, SPLIT, "7", {"order_number": package["order_number"]}, now=now)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {package["number"]: "order_amount"}
    await store.finish(CHANNEL, SPLIT, ["7"], now=now)
    await books.compare()
    assert await books.found() == {package["number"]: "order_amount"}
    assert await books.found("order_waiting") == {}


async def test_discounts_of_a_split_order_that_do_not_add_up_are_found(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10))
    await books.kit.later(minutes=5)
    books.market.split(package, [[(books.line(package), 2)]])
    await books.turn()
    item = books.items(package)[0]
    books.hub.touch("orderitem", item, discount_amount="3.35")
    order = books.order(package)
    books.hub.touch("order", order, amount=f"{float(order['amount']) - 0.01:.2f}")
    assert await books.settle() == {package["number"]: "order_discount"}


# --- money ----------------------------------------------------------------------------------------------------
async def test_a_price_that_is_one_kurus_off_is_found_until_it_is_corrected(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 2, price=49.9))
    (item, _), order = books.items(package), books.order(package)
    books.hub.touch("orderitem", item, price="49.91")
    books.hub.touch("order", order, amount=f"{float(order['amount']) + 0.01:.2f}")
    await books.settle()
    (row,) = await books.differences()
    assert (row.key, row.code) == (package["number"], "line_price")
    assert row.text == f"A unit of line {package['number']}-1 costs 49.91 in Omnitron, 49.90 at Fashfed"
    books.hub.touch("orderitem", item, price="49.90")
    books.hub.touch("order", order, amount=f"{float(order['amount']) - 0.01:.2f}")
    assert await books.settle() == {}


async def test_a_discount_that_is_one_kurus_off_is_found(books: Books) -> None:
    package = await books.imported(Line(books.skus[0], 3, price=50, discount=10))
    item, order = books.items(package)[0], books.order(package)
    books.hub.touch("orderitem", item, discount_amount="3.33")
    books.hub.touch("order", order, amount=f"{float(order['amount']) + 0.01:.2f}")
    assert await books.settle() == {package["number"]: "line_discount"}


async def test_an_order_that_is_not_the_sum_of_its_items_and_shipping_is_found(books: Books) -> None:
    package = await books.imported()
    order = books.order(package)
    books.hub.touch("order", order, amount=f"{float(order['amount']) + 0.01:.2f}")
    assert await books.settle() == {package["number"]: "order_amount"}


async def test_shipping_that_is_counted_for_two_packages_is_found_once_until_it_is_corrected(books: Books) -> None:
    one, two = books.buy_parcels(Line(books.skus[0]), Line(books.skus[1], parcel=1), shipping_amount=20)
    await books.run()
    (second,) = [books.order(each) for each in (one, two) if books.order(each)["shipping_amount"] == "0.00"]
    books.hub.touch("order", second, shipping_amount="20.00", amount=f"{float(second['amount']) + 20:.2f}")
    await books.settle()
    (row,) = await books.differences()
    assert (
        row.text
        == f"The shipping of order {one['order_number']} costs 20.00 at Fashfed; its orders in Omnitron count 40.00"
    )
    books.hub.touch("order", second, shipping_amount="0.00", amount=f"{float(second['amount']) - 20:.2f}")
    assert await books.settle() == {}


async def test_shipping_waits_for_the_sister_that_has_it(books: Books) -> None:
    one, two = books.buy_parcels(Line(books.skus[0]), Line(books.skus[1], parcel=1), shipping_amount=20)
    books.kit.sandbox.faults.add("error", path="*/create_orders/", next=1, status=400)
    await books.try_run()
    assert len(books.orders(one)) + len(books.orders(two)) == 1
    assert await books.settle() == {}
    if await books.found("order_waiting"):
        assert set((await books.found("order_waiting")).values()) == {"order_shipping"}
    await books.kit.later(hours=9)
    assert await books.settle() == {}
    assert await books.found("order_waiting") == {}


async def test_shipping_that_is_too_much_waits_for_no_sister(books: Books) -> None:
    one, two = books.buy_parcels(
        Line(books.skus[0]), Line(books.skus[1], parcel=1), address={"township": "Atlantis"}, shipping_amount=20
    )
    two["shipping_address"]["township"] = two["billing_address"]["township"] = "Beşiktaş"
    await books.run()
    assert not books.orders(one)
    order = books.order(two)
    books.hub.touch("order", order, shipping_amount="20.01", amount=f"{float(order['amount']) + 0.01:.2f}")
    assert await books.settle() == {two["number"]: "order_shipping"}


# --- returns --------------------------------------------------------------------------------------------------
async def test_a_refund_that_fashfed_knows_nothing_of_is_found(books: Books) -> None:
    package = await books.delivered()
    (item,) = books.items(package)
    request = Returns.by_hand(books, item)
    books.kit.sandbox.hands.decide(request, "completed")
    assert await books.settle() == {package["number"]: "refund_without_return"}


async def test_a_refund_is_known_by_what_its_request_says_or_by_its_action(books: Books) -> None:
    first, second = await books.asked(), await books.asked(books.skus[1])
    for claim in (first, second):
        books.decide(claim, "completed")
    books.hub.actions.set_remote(books.hub.actions.get("cancellationrequest", books.request(first)["pk"]), None)
    books.request(second)["description"] = "Müşteri aradı"
    assert await books.settle() == {}
    assert (await books.figures())["units"]["refunded"] == 2


async def test_a_claim_that_is_in_no_inbox_is_found_until_it_is_there(books: Books) -> None:
    package = await books.delivered()
    claim = books.ask(package)

    def hidden(request: Request) -> Response | None:
        """What Order Refund asks for is answered with nothing."""
        none = b'{"count": 0, "next": null, "results": []}'
        return Response(200, {}, none) if "status__in" in dict(request.query) else None

    books.kit.wire.interceptors.append(hidden)
    for _ in range(3):
        assert await books.settle() == {claim["id"]: "claim_missing"}
        await books.kit.later(days=1)
    books.kit.wire.interceptors.clear()
    assert await books.settle() == {}


async def test_only_claims_that_our_flows_have_to_read_are_missed(books: Books) -> None:
    books.set(refund_start_date="2026-03-02T12:00:00Z")
    package = await books.imported(books.skus[0], books.skus[1])
    reason = books.market.identity("reason", "changed-mind")
    books.market.ask_to_cancel(books.line(package), by=1, reason=reason)
    books.ask(await books.delivered())
    assert await books.settle() == {}


@pytest.mark.parametrize(
    ("there", "here", "code"),
    [("approved", "rejected", "return_only_at_fashfed"), ("rejected", "completed", "return_only_in_omnitron")],
)
@pytest.mark.parametrize("told", [True, False])
async def test_a_return_that_both_sides_have_decided_differently_waits_for_whom_is_told_of_it(
    books: Books, there: str, here: str, code: str, told: bool
) -> None:
    books.set(feature_flags={**ALL_ON["feature_flags"], "send_refund_order_status": told})
    claim = await books.asked()
    books.market.decide_claim(claim, there, by_owner=True)
    books.decide(claim, here)
    kinds = ["order_waiting", "order"] if told else ["order", "order_waiting"]
    for _ in range(3):
        await books.settle()
        assert [await books.found(kind) for kind in kinds] == [{claim["id"]: code}, {}]
        await books.kit.later(days=1)
    for request in books.requests(claim):
        books.hub.touch("cancellationrequest", request, status="rejected" if there == "rejected" else "approved")
    await books.settle()
    assert [await books.found(kind) for kind in kinds] == [{}, {}]


async def test_a_request_that_omnitron_does_not_have_any_more_decides_nothing(books: Books) -> None:
    claim = await books.asked()
    books.market.decide_claim(claim, "approved", by_owner=True)
    books.hub.cancellation_requests.remove(books.request(claim))
    assert await books.settle() == {}


async def test_a_return_that_was_decided_before_it_was_seen_is_accounted_for(books: Books) -> None:
    claim = books.ask(await books.delivered())
    books.market.decide_claim(claim, "rejected")
    assert await books.settle() == {}
    assert (await books.figures())["excluded"] == {"decided at Fashfed before Omnitron had a request": 1}


# --- when, and in spite of what -------------------------------------------------------------------------------
async def test_what_has_changed_just_now_is_put_off_until_the_flows_had_their_turns(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    await books.turn()
    books.kit.sandbox.hands.complete_plan(books.kit.sandbox.hands.cancel([books.items(package)[1]], reason=2))
    await books.compare()
    assert await books.found() == {}
    assert (await books.figures())["put_off"] == 1
    assert await books.settle() == {package["number"]: "line_only_at_fashfed"}


async def test_a_package_that_has_changed_just_now_is_put_off_as_well(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    await books.turn()
    books.cancel(package, 2)
    await books.compare()
    assert await books.found() == {}
    assert (await books.figures())["put_off"] == 1
    await books.kit.later(minutes=15)
    assert await books.settle() == {}


async def test_after_an_outage_nothing_is_said_before_the_flows_have_read_what_happened(books: Books) -> None:
    package = await books.imported(books.skus[0], books.skus[1])
    assert await books.settle() == {}
    books.cancel(package, 2)
    books.buy()
    await books.kit.later(hours=13)
    await books.compare()
    assert await books.found() == {}
    await books.run()
    await books.compare()
    assert await books.found() == {}, "Order Cancel has not read yet"
    for flow in READERS[1:]:
        await books.kit.run(flow)
    await books.compare()
    assert await books.found() == {}
    assert await books.settle() == {}


async def test_a_flow_that_stands_still_while_comparisons_go_on_is_not_waited_for(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    await books.turn()
    package = books.buy()
    for _ in range(4):
        await books.kit.later(minutes=35)
        await books.compare()
        assert (await books.figures())["to"] == "2026-03-02T09:11:00+00:00"
    await books.turn(*READERS[1:])
    await books.compare()
    assert await books.found() == {package["number"]: "package_missing"}
    assert "Order Create has read nothing since 2026-03-02T09:31:00+00:00" in caplog.text


async def test_a_flow_that_has_never_read_is_waited_for_from_when_we_began(books: Books) -> None:
    await books.missed()
    assert await books.settle(READERS[0], *READERS[2:]) == {}
    assert (await books.figures())["to"] == "2026-03-02T08:40:00+00:00"


async def test_with_order_create_off_nothing_is_compared(books: Books) -> None:
    books.set(feature_flags={**ALL_ON["feature_flags"], "get_orders": False})
    recorder = books.record()
    await books.compare()
    assert not recorder.calls("GET", "/packages/")
    assert not await books.kit.store().comparisons(CHANNEL, "order_ledger", 1)


async def test_claims_of_flows_that_are_off_are_nobodys(books: Books) -> None:
    books.set(feature_flags={**ALL_ON["feature_flags"], "get_refund_orders": False, "get_cancel_orders": False})
    package = await books.imported(books.skus[0], books.skus[1])
    books.cancel(package, 2)
    other = await books.delivered()
    books.ask(other)
    assert await books.settle(READERS[0], READERS[3]) == {package["number"]: "line_only_in_omnitron"}


async def test_trouble_with_one_order_keeps_no_other_from_being_compared_and_nothing_is_passed_over(
    books: Books,
) -> None:
    packages = [await books.imported() for _ in range(3)]
    books.hub.touch("order", books.order(packages[0]), amount="1.00")
    bad = f"/packages/{packages[1]['number']}/items/"

    def broken(request: Request) -> Response | None:
        return Response(502, {}, b"") if request.url.endswith(bad) else None

    await books.turn()
    books.kit.wire.interceptors.append(broken)
    with pytest.raises(RemoteUnavailable):
        await books.compare()
    assert await books.found() == {packages[0]["number"]: "order_amount"}
    assert await books.kit.store().watermark(CHANNEL, "order_ledger") is None
    books.kit.wire.interceptors.clear()
    recorder = books.record()
    await books.compare()
    assert {request.url.split("/")[-3] for request in recorder.calls("GET", "/items/")} == {
        packages[0]["number"],
        packages[1]["number"],
    }
    assert await books.kit.store().watermark(CHANNEL, "order_ledger")


async def test_a_span_of_which_a_list_hides_packages_is_read_again(books: Books) -> None:
    for _ in range(120):
        books.buy()
    await books.turn()
    books.kit.sandbox.faults.add("shifting_page", remote="fashfed", path="*/packages/", rows=-1)
    await books.compare()
    figures = await books.figures()
    reached = await books.kit.store().watermark(CHANNEL, "order_ledger")
    assert figures["packages"] == 119
    assert reached == datetime.fromisoformat(figures["to"]) - timedelta(hours=24)
    books.kit.sandbox.faults.clear()
    await books.compare()
    assert (await books.figures())["packages"] == 120


async def test_a_package_whose_lines_cannot_be_read_is_told_and_holds_nothing_up(books: Books) -> None:
    package = await books.imported()
    books.market.items.change(books.line(package), quantity=0)
    assert await books.settle() == {package["number"]: "not_comparable"}
    assert await books.kit.store().watermark(CHANNEL, "order_ledger")
    books.market.items.change(books.line(package), quantity=1)
    assert await books.settle() == {}


async def test_a_run_without_time_leaves_the_rest_to_the_next_which_goes_on_there(books: Books) -> None:
    for _ in range(200):
        books.buy()
    await books.turn()
    books.kit.sandbox.faults.add("latency", path="*items/", milliseconds=18_000)
    await books.compare()
    first = (await books.figures())["lines"]
    assert 0 < first < 200
    assert await books.kit.store().watermark(CHANNEL, "order_ledger") is None
    books.kit.sandbox.faults.clear()
    await books.compare()
    assert (await books.figures())["lines"] == 200 - first
    assert await books.kit.store().watermark(CHANNEL, "order_ledger")


async def test_what_is_said_of_many_differences_fits_on_a_screen(
    books: Books, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_book, "_PAGE", 7)
    await books.run()
    for _ in range(60):
        books.market.move(books.buy(), 3)
    assert len(await books.settle()) == 60
    assert (await books.figures())["differences"] == 60
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 51
    assert said[-1] == "10 more: python -m include.run differences order"
