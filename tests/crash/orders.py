"""Orders in whose making or changing a process is killed."""

from include.sandbox.fashfed import Line
from tests.crash.stage import Stage


def _at_work(stage: Stage) -> None:
    """We have begun: what is bought from now on nobody can have imported before us."""
    stage.must_run("get_orders")
    stage.later(minutes=10)


def buyers_buy(stage: Stage) -> None:
    """Two parcels of one order, and one that has to wait for its township."""
    _at_work(stage)
    one, two = stage.sandbox.skus_on_sale()[:2]
    stage.sandbox.place_order([Line(one, 2, price=50), Line(two, price=30, parcel=1)], shipping_amount=20)
    stage.sandbox.place_order([one], {"township": "Nowhere", "email": "second@example.com"})


def orders_are_right(stage: Stage) -> None:
    """One whole order of each parcel, the shipping counted once, and the third waits."""
    hub = stage.sandbox.omnitron
    assert len(hub.orders) == 2
    assert sorted(str(order["shipping_amount"]) for order in hub.orders.rows.values()) == ["0.00", "20.00"]
    assert sorted(len(hub.order_items.find("order", pk)) for pk in hub.orders.rows) == [1, 2]
    states = stage.ask("select state, count(*) from inbox where kind = 'package' group by state order by state")
    assert states == [("done", 2), ("parked", 1)]
