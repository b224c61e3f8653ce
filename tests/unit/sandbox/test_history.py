"""The past month: packages that are over on both sides, and known to the hub by name."""

from collections import Counter
from datetime import timedelta

import pytest

from include.sandbox import Sandbox
from include.sandbox.timeline import Timeline, micro, parse
from tests.unit.sandbox.callers import START, Caller, HandClock


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    """As a new installation: nothing was ever sent."""
    return Sandbox.seeded(size=100, packages=0, on_sale=0, bare=True, history=40, clock=clock)


def test_both_sides_agree_on_what_is_over(sandbox: Sandbox) -> None:
    hub, market = sandbox.omnitron, sandbox.fashfed
    assert sandbox.order_differences() == []
    assert len(market.packages) == len(hub.orders) == 40
    assert {package["status"] for package in market.packages.rows.values()} == {1, 5}
    assert Counter(item["status"] for item in hub.order_items.rows.values()).keys() == {"100", "550", "600"}
    assert Counter((claim["type"], claim["status"]) for claim in market.claims.rows.values()).keys() == {
        ("cancel", "completed"),
        ("refund", "completed"),
    }
    assert {row["status"] for row in hub.cancellation_requests.rows.values()} == {"completed"}
    assert {plan["status"] for plan in hub.cancellation_plans.rows.values()} == {"completed"}
    assert any(len(market.packages.find("order_number", number)) > 1 for number in market.orders.rows)
    assert any(item["quantity"] > 1 for item in market.items.rows.values())


def test_everything_happened_in_the_past_month_and_in_its_order(sandbox: Sandbox) -> None:
    hub, market = sandbox.omnitron, sandbox.fashfed
    month = START - timedelta(days=30)
    for package in market.packages.rows.values():
        order = sandbox.hands.order_of(package["number"])
        moments = [package["created_at"], package["updated_at"]]
        if order:
            moments += [order["date_placed"], order["created_date"], order["modified_date"]]
        assert all(month < parse(moment) < START - timedelta(hours=12) for moment in moments)
        assert moments[0] <= moments[1]
    rows = [*market.claims.rows.values(), *market.items.rows.values(), *market.orders.rows.values()]
    assert all(parse(row["created_at"]) < START for row in rows)
    for table in (hub.cancellation_plans, hub.cancellation_requests, hub.order_items, hub.customers, hub.addresses):
        assert all(
            month < parse(row["created_date"]) <= parse(row["modified_date"]) < START for row in table.rows.values()
        )


async def test_the_hub_has_nothing_new_to_tell_about_them(hub: Caller, sandbox: Sandbox) -> None:
    assert await hub.rows("orders/updates/") == []
    assert await hub.rows("cancellation_requests/updates/") == []
    (package, *_) = sandbox.fashfed.packages.rows
    found = await hub.rows(
        "integration_actions/", content_type_name="order", remote_id__exact=package, status="success"
    )
    assert len(found) == 1
    for item in sandbox.fashfed.items.find("package", package):
        units = await hub.rows("integration_actions/", content_type_name="orderitem", remote_id__in=item["number"])
        assert len(units) == item["quantity"]


@pytest.mark.parametrize("bare", [True, False])
def test_orders_are_numbered_as_the_channel_wants_it(clock: HandClock, bare: bool) -> None:
    sandbox = Sandbox.seeded(size=50, packages=0, bare=bare, history=3, clock=clock)
    for number, package in sandbox.fashfed.packages.rows.items():
        order = sandbox.hands.order_of(number)
        assert order
        assert order["number"] == ("" if bare else "FD-") + f"{package['order_number']}-{number}"


def test_a_history_changes_nothing_else(clock: HandClock) -> None:
    without, with_it = (Sandbox.seeded(size=100, packages=20, history=count, clock=clock) for count in (0, 15))
    for name in ("offers", "products"):
        assert getattr(without.fashfed, name).rows == getattr(with_it.fashfed, name).rows
    assert without.omnitron.stocks.rows == with_it.omnitron.stocks.rows
    packages = list(without.fashfed.packages.rows.values())
    assert list(with_it.fashfed.packages.rows.values())[: len(packages)] == packages
    assert len(with_it.fashfed.packages) == len(packages) + 15


def test_what_is_stamped_earlier_leaves_the_present_alone(clock: HandClock) -> None:
    timeline = Timeline(clock)
    before = timeline.stamp()
    with timeline.earlier(timedelta(days=2)):
        first, second = timeline.stamp(), timeline.stamp()
        assert timeline.now() == START - timedelta(days=2)
    assert micro(START - timedelta(days=2)) == first < second < before < timeline.stamp()
