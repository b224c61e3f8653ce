"""Orders in whose making or changing a process is killed."""

import json
from typing import Any

import psycopg

from include.mapping.split_request import SplitRequest
from include.sandbox.fashfed import Line
from include.sandbox.omnitron.orders import change_item
from tests.crash.stage import Stage

Row = dict[str, Any]
_SHIPPED, _DELIVERED = 4, 5


# --- what happens ------------------------------------------------------------------------------------------------
def _at_work(stage: Stage) -> None:
    """We have begun: what is bought from now on nobody can have imported before us."""
    stage.must_run("get_orders")
    stage.later(minutes=10)


def _sold(stage: Stage) -> list[Row]:
    """Two packages whose orders ERP knows, one of them with several lines and units."""
    _at_work(stage)
    one, two = stage.sandbox.skus_on_sale()[:2]
    buy = stage.sandbox.place_order
    packages = [*buy([Line(one, 2, price=50), Line(two, price=30)], shipping_amount=20), *buy([one], _other())]
    stage.must_run("get_orders")
    for order in stage.sandbox.omnitron.orders.rows.values():
        stage.sandbox.hands.report(order)
    stage.later(minutes=5)
    return packages


def _other() -> Row:
    return {"email": "second@example.com", "phone_number": "+905320000002"}


def _delivered(stage: Stage) -> list[Row]:
    packages = _sold(stage)
    for package in packages:
        for status in (_SHIPPED, _DELIVERED):
            stage.sandbox.fashfed.move(package, status, tracking_number="7700000001")
    stage.must_run("get_updated_orders")
    stage.later(minutes=5)
    return packages


def _lines(stage: Stage, package: Row) -> list[Row]:
    return stage.sandbox.fashfed.items.find("package", package["number"])


def _reason(stage: Stage, name: str) -> str:
    return stage.sandbox.fashfed.identity("reason", name)


def buyers_buy(stage: Stage) -> None:
    """Two parcels of one order, and one that has to wait for its township."""
    _at_work(stage)
    one, two = stage.sandbox.skus_on_sale()[:2]
    stage.sandbox.place_order([Line(one, 2, price=50), Line(two, price=30, parcel=1)], shipping_amount=20)
    stage.sandbox.place_order([one], {"township": "Nowhere", **_other()})


def a_township_is_mapped(stage: Stage) -> None:
    """What a parked package waits for has happened, and somebody buys something new."""
    buyers_buy(stage)
    stage.must_run("get_orders")
    stage.later(minutes=5)
    stage.control.map_location({"city": "İstanbul", "name": "Kadıköy", "text": "Nowhere"})
    stage.sandbox.place_order([stage.sandbox.skus_on_sale()[2]], {"email": "third@example.com"})


def buyers_cancel(stage: Stage) -> None:
    """A buyer cancels one of two units, another a whole package."""
    several, single = _sold(stage)
    market = stage.sandbox.fashfed
    market.cancel_item(_lines(stage, several)[0], by=1, reason=_reason(stage, "late"), quantity=1)
    market.cancel_item(_lines(stage, single)[0], by=1, reason=_reason(stage, "changed-mind"))


def buyers_send_back(stage: Stage) -> None:
    """Two lines come back."""
    several, single = _delivered(stage)
    market = stage.sandbox.fashfed
    for line in (_lines(stage, several)[1], _lines(stage, single)[0]):
        market.return_item(line, reason=_reason(stage, "too-small"), detail="Küçük geldi")


def the_brand_decides(stage: Stage) -> None:
    """One return is taken, the other turned down."""
    buyers_send_back(stage)
    stage.must_run("get_refund_orders")
    hands = stage.sandbox.hands
    for request, decision in zip(hands.open_requests(), ("completed", "rejected"), strict=True):
        hands.decide(request, decision)


def fashfed_ships(stage: Stage) -> None:
    """One package is shipped by another carrier than was named, the other has arrived."""
    shipped, arrived = _sold(stage)
    market = stage.sandbox.fashfed
    market.packages.change(shipped, shipping_company="aras")
    market.move(shipped, _SHIPPED, tracking_number="7700000001")
    market.move(arrived, _SHIPPED, tracking_number="7700000002")
    market.move(arrived, _DELIVERED)


def the_brand_ships(stage: Stage) -> None:
    """The brand ships and invoices."""
    stage.sandbox.omnitron.channel["conf"]["send_shipping_info"] = True
    hands = stage.sandbox.hands
    for number, package in enumerate(_sold(stage)):
        items = hands.items_of(package["number"])
        hands.invoice(items, f"FTR{number}")
        hands.ship(items, f"770000000{number}")


def the_brand_cancels(stage: Stage) -> None:
    """The brand cancels a line with two units, and some other plan is Fashfed's own."""
    buyers_cancel(stage)
    stage.must_run("get_cancel_orders")
    hands = stage.sandbox.hands
    package = next(iter(stage.sandbox.fashfed.packages.rows.values()))
    hands.cancel(hands.units_of(f"{package['number']}-2"))


def a_split_is_asked_for(stage: Stage) -> None:
    """The OMS wants a line, and a unit of another, in a package of their own."""
    package, _ = _sold(stage)
    first, second = (line["number"] for line in _lines(stage, package))
    _ask(stage, package, [{"item_id": first, "quantity": 1}, {"item_id": second}])


def a_split_is_made_by_hand(stage: Stage) -> None:
    """Somebody splits a package in Fashfed's panel, and a buyer buys something new."""
    package, _ = _sold(stage)
    stage.sandbox.fashfed.split(package, [[(_lines(stage, package)[0], 1)]])
    stage.sandbox.place_order([stage.sandbox.skus_on_sale()[1]], _other())


def _ask(stage: Stage, package: Row, items: list[Row]) -> None:
    body = {"channel_id": 137, "package_number": package["number"], "packages": [{"items": items}]}
    asked = SplitRequest.model_validate(body)
    with psycopg.connect(stage.database, autocommit=True) as connection:
        connection.execute(
            "insert into inbox (channel, kind, market_id, state, changed_at, payload, first_seen_at, due_at)"
            " values ('default', 'split', %s, 'new', now(), %s, now(), now())",
            (asked.correlation_id("default"), json.dumps(asked.model_dump(mode="json"))),
        )


def much_was_missed(stage: Stage) -> None:
    """Half a day in which none of the order flows ran."""
    packages = _delivered(stage)
    one, two = stage.sandbox.skus_on_sale()[:2]
    market = stage.sandbox.fashfed
    (new,) = stage.sandbox.place_order([Line(one), Line(two)], _other())
    market.cancel_item(_lines(stage, new)[0], by=1, reason=_reason(stage, "late"))
    (moved,) = stage.sandbox.place_order([one], _other())
    market.move(moved, _SHIPPED, tracking_number="7700000003")
    market.return_item(_lines(stage, packages[1])[0], reason=_reason(stage, "damaged"))


def something_differs(stage: Stage) -> None:
    """Somebody changed a price in Omnitron; an older difference has been put right."""
    _sold(stage)
    hub = stage.sandbox.omnitron
    first, last = hub.order_items.rows[1], hub.order_items.rows[len(hub.order_items)]
    right = first["price"]
    change_item(hub, first, price="1.00")
    _an_hour_passes(stage)
    stage.must_run("reconcile")
    assert stage.ask("select count(*) from differences") == [(1,)]
    change_item(hub, first, price=right)
    change_item(hub, last, price="2.00")
    _an_hour_passes(stage)


def _an_hour_passes(stage: Stage) -> None:
    """The flows have read both sides: what they have not read is not compared."""
    stage.later(hours=1)
    for flow in ("get_orders", "get_cancel_orders", "get_refund_orders", "send_cancel_order_items"):
        stage.must_run(flow)


def much_is_old(stage: Stage) -> None:
    """Everything that is there is older than what is kept."""
    _sold(stage)
    stage.later(days=120)


# --- what must be true ---------------------------------------------------------------------------------------------
def orders_are_right(stage: Stage) -> None:
    """One whole order of each parcel, the shipping counted once, and the third waits."""
    hub = stage.sandbox.omnitron
    assert len(hub.orders) == 2
    assert sorted(str(order["shipping_amount"]) for order in hub.orders.rows.values()) == ["0.00", "20.00"]
    assert sorted(len(hub.order_items.find("order", pk)) for pk in hub.orders.rows) == [1, 2]
    states = stage.ask("select state, count(*) from inbox where kind = 'package' group by state order by state")
    assert states == [("done", 2), ("parked", 1)]


def both_agree(stage: Stage) -> None:
    """Omnitron and Fashfed tell the same of every order, and nothing is owed or unclear."""
    hands = stage.sandbox.hands
    for plan in hands.open_plans():
        hands.complete_plan(plan)
    assert stage.sandbox.order_differences() == []
    assert stage.ask("select kind, market_id, code from inbox where state in ('new', 'parked')") == []
    assert (
        stage.ask(
            "select action, key from claims where state = 'open' and action not in ('shipping_amount', 'shipping_info')"
        )
        == []
    )
    hub = stage.sandbox.omnitron
    assert not hub.backward_moves


def requests_agree(stage: Stage) -> None:
    """The same, and each return has one request."""
    both_agree(stage)
    assert len(stage.sandbox.omnitron.cancellation_requests) == 2


def one_difference_stands(stage: Stage) -> None:
    """The one is known, the other is gone, and both were events."""
    assert stage.ask("select code from differences") == [("line_price",)]
    events = stage.ask(
        "select after, count(*) from events where subject = 'difference:order' group by after order by after"
    )
    assert events == [("found", 2), ("gone", 1)]


def nothing_old_is_left(stage: Stage) -> None:
    """Buyers' data is gone, and what was seen once is still known."""
    assert stage.ask("select count(*) from inbox where payload::text <> '{}'") == [(0,)]
    assert stage.ask("select count(*) from inbox where kind = 'package'") == [(2,)]
