"""The outside view: where Omnitron and Fashfed do not agree on the life of an order."""

from collections.abc import Callable

import pytest

from include.sandbox import Line, Sandbox
from include.sandbox.routing import Row
from include.sandbox.seed.catalogue import agree
from include.sandbox.seed.imported import import_package
from tests.unit.sandbox.callers import HandClock
from tests.unit.sandbox.imports import Imported, imported, reason_of


@pytest.fixture
def sandbox(clock: HandClock) -> Sandbox:
    """Nobody has bought anything yet."""
    return Sandbox.seeded(seed=7, size=100, packages=0, clock=clock)


def _whats(sandbox: Sandbox, package: Row | None = None) -> list[str]:
    """The differences, which are all of one package."""
    found = sandbox.order_differences()
    assert package is None or {number for number, _ in found} <= {package["number"]}
    return [what for _, what in found]


def _cancel(order: Imported, quantity: int | None = None) -> Row:
    reason = reason_of(order.sandbox, "cancel")
    return order.sandbox.fashfed.cancel_item(order.lines[0], by=1, reason=reason, quantity=quantity)


def _cancel_in_hub(order: Imported, *places: int, reason: int | None = None) -> None:
    order.sandbox.hands.complete_plan(
        order.sandbox.hands.cancel([order.items[place] for place in places], reason=reason)
    )


def _name(sandbox: Sandbox, item: Row, line: str) -> None:
    """The connector has learnt that an item is of another line now."""
    action = sandbox.omnitron.actions.get("orderitem", item["pk"])
    assert action
    sandbox.omnitron.actions.set_remote(action, line)


def test_orders_as_they_were_made_agree(sandbox: Sandbox) -> None:
    skus = sandbox.skus_on_sale()
    for _ in range(2):
        for package in sandbox.place_order([Line(skus[0], 3, 33.33, 10.0), Line(skus[1], parcel=1)]):
            import_package(sandbox.omnitron, sandbox.fashfed, package)
    assert sandbox.order_differences() == []


def test_a_package_without_an_order_is_told_line_by_line(sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([Line(sandbox.skus_on_sale()[0], 2)])
    assert _whats(sandbox, package) == [
        f"line {package['number']}-1: 2 units at Fashfed, 0 living in Omnitron (no items)"
    ]


def test_what_was_cancelled_before_anybody_read_it_and_what_was_before_us_needs_no_order(sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    item = sandbox.fashfed.items.find("package", package["number"])[0]
    sandbox.fashfed.cancel_item(item, by=1, reason=reason_of(sandbox, "cancel"))
    (older,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    sandbox.fashfed.before_us.add(older["number"])
    assert sandbox.order_differences() == []


def test_a_package_with_two_orders_is_told(sandbox: Sandbox) -> None:
    order = imported(sandbox)
    twin = sandbox.omnitron.create("order", {**order.order, "pk": 77, "number": "twin"})
    assert "has 2 orders in Omnitron" in _whats(sandbox, order.package)
    twin["extra_field"] = {"id": "4711"}
    assert "is not at Fashfed, but an order in Omnitron" in _whats(sandbox)


@pytest.mark.parametrize(("cancelled", "agreed"), [((), False), ((0,), False), ((0, 1), True), ((0, 1, 2), False)])
def test_units_cancelled_by_the_buyer_are_cancelled_in_the_hub(
    sandbox: Sandbox, cancelled: tuple[int, ...], agreed: bool
) -> None:
    order = imported(sandbox, 3, discount=10.0)
    _cancel(order, 2)
    if cancelled:
        _cancel_in_hub(order, *cancelled, reason=4)
    assert (_whats(sandbox, order.package) == []) is agreed


def test_a_cancelled_package_has_no_living_item(sandbox: Sandbox) -> None:
    order = imported(sandbox, 2)
    _cancel(order)
    assert "0 units at Fashfed, 2 living" in _whats(sandbox, order.package)[0]
    sandbox.hands.cancel(order.items, reason=4)
    assert sandbox.order_differences() == []


def test_nothing_lives_in_a_package_that_is_cancelled_as_a_whole(sandbox: Sandbox) -> None:
    order = imported(sandbox)
    sandbox.fashfed.move(order.package, 1)
    assert "0 units at Fashfed, 1 living" in _whats(sandbox, order.package)[0]


def test_a_cancel_of_the_brand_is_at_the_market_unless_it_is_of_a_part_that_no_call_can_name(sandbox: Sandbox) -> None:
    order = imported(sandbox, 2)
    _cancel_in_hub(order, 0)
    assert sandbox.order_differences() == []
    _cancel_in_hub(order, 1)
    assert "2 units at Fashfed, 0 living" in _whats(sandbox, order.package)[0]
    sandbox.fashfed.cancel_item(order.lines[0], by=2, reason=reason_of(sandbox, "cancel"))
    assert sandbox.order_differences() == []


def test_a_buyer_may_cancel_what_the_brand_cancelled_in_part(sandbox: Sandbox) -> None:
    order = imported(sandbox, 3)
    _cancel_in_hub(order, 0, 1)
    _cancel(order, 1)
    assert sandbox.order_differences() == []
    _cancel(order, 2)
    assert "0 units at Fashfed, 1 living" in _whats(sandbox, order.package)[0]


def test_the_lines_of_a_split_package_stay_in_their_order_under_their_new_names(sandbox: Sandbox) -> None:
    order = imported(sandbox, 3, 1, discount=10.0)
    (part,) = sandbox.fashfed.split(order.package, [[(order.lines[0], 2)]])
    assert len(_whats(sandbox)) == 2
    for item in order.items[:2]:
        _name(sandbox, item, f"{part['number']}-1")
    assert sandbox.order_differences() == []
    assert sandbox.fashfed.items.rows[f"{part['number']}-1"]["discount_amount"] == 6.66
    import_package(sandbox.omnitron, sandbox.fashfed, part)
    assert any("are in the orders" in what for what in _whats(sandbox))


def test_parts_of_a_package_that_was_split_before_it_was_read_have_orders_of_their_own(sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([Line(sandbox.skus_on_sale()[0], 3, 50.0, 10.0)])
    item = sandbox.fashfed.items.find("package", package["number"])[0]
    (part,) = sandbox.fashfed.split(package, [[(item, 2)]])
    for each in (package, part):
        import_package(sandbox.omnitron, sandbox.fashfed, each)
    assert sandbox.order_differences() == []


def test_of_equal_units_nobody_can_tell_which_parcel_they_came_out_of(sandbox: Sandbox) -> None:
    sku = sandbox.skus_on_sale()[0]
    parcels = sandbox.place_order([Line(sku, 3, 50.0), Line(sku, 2, 50.0, parcel=1)])
    orders = [
        Imported(sandbox, parcel, import_package(sandbox.omnitron, sandbox.fashfed, parcel)) for parcel in parcels
    ]
    (line,) = orders[0].lines
    (part,) = sandbox.fashfed.split(parcels[0], [[(line, 1)]])
    for order in orders:  # all but the part is cancelled; a unit of the second order is taken for it
        sandbox.hands.report(order.order)
        _cancel(order)
    _cancel_in_hub(orders[0], 0, 1, 2)
    _cancel_in_hub(orders[1], 1)
    _name(sandbox, orders[1].items[0], f"{part['number']}-1")
    assert sandbox.order_differences() == []
    orders[1].items[0].update(discount_amount="1.00")
    assert any("have a discount of" in what for what in _whats(sandbox))


@pytest.mark.parametrize(
    ("brand_ships", "there", "here", "agreed"),
    [
        (False, 4, "400", False), (False, 4, "500", True), (False, 5, "500", False), (False, 5, "550", True),
        (False, 2, "500", False), (False, 3, "450", True), (False, 6, "500", True),
        (True, 2, "500", False), (True, 4, "500", True), (True, 4, "550", False), (True, 5, "550", True),
        (True, 4, "450", False), (True, 4, "540", True), (True, 2, "450", True),
    ],
)  # fmt: skip
def test_neither_is_behind_nor_ahead_of_who_ships(
    sandbox: Sandbox, brand_ships: bool, there: int, here: str, agreed: bool
) -> None:
    sandbox.omnitron.channel["conf"]["send_shipping_info"] = brand_ships
    order = imported(sandbox, 2)
    sandbox.fashfed.move(order.package, there)
    for item in order.items:
        sandbox.omnitron.touch("orderitem", item, status=here)
    assert (_whats(sandbox, order.package) == []) is agreed


def test_where_the_market_ships_no_item_is_ahead_of_its_package(sandbox: Sandbox) -> None:
    order = imported(sandbox, 2)
    sandbox.fashfed.move(order.package, 4)
    for item, status in zip(order.items, ("500", "550"), strict=True):
        sandbox.omnitron.touch("orderitem", item, status=status)
    assert _whats(sandbox, order.package) == ["status 4 at Fashfed, 500, 550 in Omnitron"]


def test_what_remains_decides_and_where_the_brand_ships_the_slowest(sandbox: Sandbox) -> None:
    sandbox.omnitron.channel["conf"]["send_shipping_info"] = True
    order = imported(sandbox, 3)
    _cancel_in_hub(order, 0)
    sandbox.hands.ship(order.items[1:2], "77")
    assert sandbox.order_differences() == []
    sandbox.hands.ship(order.items, "77")
    assert "status 2 at Fashfed, 500 in Omnitron" in _whats(sandbox, order.package)


def test_an_invoice_is_at_the_market(sandbox: Sandbox) -> None:
    order = imported(sandbox)
    sandbox.hands.invoice(order.items, "FTR1")
    assert _whats(sandbox, order.package) == ["invoice None at Fashfed, FTR1 in Omnitron"]
    sandbox.fashfed.move(order.package, 2, invoice_number="FTR1")
    assert sandbox.order_differences() == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda order: order.order.update(amount="1.00"), "costs 1.00"),
        (lambda order: order.order.update(shipping_amount="0.00", amount="140.00"), "shipping of order"),
        (lambda order: order.items[0].update(price="49.00", discount_amount="4.00"), "item"),
        (lambda order: order.items[0].update(discount_amount="4.00"), "a discount of"),
    ],
)
def test_money_is_the_same_on_both_sides(sandbox: Sandbox, change: Callable[[Imported], None], word: str) -> None:
    order = imported(sandbox, 3, discount=10.0)
    assert sandbox.order_differences() == []
    change(order)
    assert any(word in what for what in _whats(sandbox, order.package))


def test_shipping_is_paid_once_for_all_parcels_of_an_order(sandbox: Sandbox) -> None:
    skus = sandbox.skus_on_sale()
    packages = sandbox.place_order([Line(skus[0]), Line(skus[1], parcel=1)])
    orders = [import_package(sandbox.omnitron, sandbox.fashfed, package) for package in packages]
    assert [order["shipping_amount"] for order in orders] == ["39.90", "0.00"]
    assert sandbox.order_differences() == []
    orders[1].update(shipping_amount="39.90", amount="139.90")
    assert _whats(sandbox) == [
        f"shipping of order {packages[0]['order_number']} is 39.90 at Fashfed, 79.80 in Omnitron"
    ]


def test_orders_and_items_are_named_by_their_actions(sandbox: Sandbox) -> None:
    order = imported(sandbox)
    for model, row in (("orderitem", order.items[0]), ("order", order.order)):
        action = sandbox.omnitron.actions.get(model, row["pk"])
        assert action
        sandbox.omnitron.actions.remove(action)
    assert [what.rpartition(" has ")[2] for what in _whats(sandbox, order.package)] == [
        "no action that names its package",
        "no action that names its line",
    ]


def _returned(sandbox: Sandbox, quantity: int = 1) -> tuple[Imported, Row]:
    order = imported(sandbox, quantity)
    sandbox.fashfed.move(order.package, 5)
    sandbox.hands.deliver(order.items)
    return order, sandbox.fashfed.return_item(order.lines[0], reason=reason_of(sandbox, "refund"))


def _asked(order: Imported, claim: Row | None, place: int = 0) -> Row:
    """A return request in the hub, linked to its claim."""
    hub = order.sandbox.omnitron
    facts = {"order_item": order.items[place]["pk"], "status": "waiting", "cancellation_type": "refund", "reason": 7}
    request = hub.create("cancellationrequest", facts)
    if claim:
        agree(hub, "cancellationrequest", request, claim["id"])
    return request


def test_a_return_has_its_request(sandbox: Sandbox) -> None:
    order, claim = _returned(sandbox)
    assert _whats(sandbox, order.package) == [f"return {claim['id']}: open at Fashfed, 0 requests in Omnitron"]
    _asked(order, claim)
    assert sandbox.order_differences() == []
    _asked(order, claim)
    assert _whats(sandbox, order.package) == [f"return {claim['id']}: open at Fashfed, 2 requests in Omnitron"]


def test_a_request_that_names_no_return_is_told(sandbox: Sandbox) -> None:
    order, claim = _returned(sandbox)
    _asked(order, claim)
    stray = _asked(order, None)
    assert _whats(sandbox, order.package) == [f"request {stray['pk']} in Omnitron names no return at Fashfed"]


@pytest.mark.parametrize(
    ("there", "here", "agreed"),
    [
        (["approved"], ["completed"], True), (["approved", "completed"], ["completed"], True),
        (["approved"], ["approved"], True), (["rejected"], ["rejected"], True), ([], ["completed"], False),
        (["approved"], [], False), (["rejected"], ["completed"], False), (["approved"], ["rejected"], False),
        ([], ["confirmed"], True),
    ],
)  # fmt: skip
def test_a_return_is_decided_alike_on_both_sides(
    sandbox: Sandbox, there: list[str], here: list[str], agreed: bool
) -> None:
    order, claim = _returned(sandbox)
    request = _asked(order, claim)
    for status in there:
        sandbox.fashfed.decide_claim(claim, status)
    for status in here:
        sandbox.hands.decide(request, status)
    assert (_whats(sandbox, order.package) == []) is agreed


def test_what_the_owner_decided_himself_and_what_is_older_than_refund_start_date_is_left_out(
    sandbox: Sandbox, clock: HandClock
) -> None:
    order, claim = _returned(sandbox)
    sandbox.fashfed.decide_claim(claim, "approved", by_owner=True)
    assert sandbox.order_differences() == []
    sandbox.hands.decide(_asked(order, claim), "rejected")
    assert sandbox.order_differences() == []
    _returned(sandbox)
    assert len(sandbox.order_differences()) == 1
    clock.pass_time(60)
    sandbox.omnitron.channel["conf"]["refund_start_date"] = clock.now().isoformat()
    assert sandbox.order_differences() == []


def test_a_refunded_item_belongs_to_a_completed_request_of_its_line(sandbox: Sandbox) -> None:
    order, claim = _returned(sandbox)
    request = _asked(order, claim)
    sandbox.omnitron.touch("orderitem", order.items[0], status="600")
    assert _whats(sandbox, order.package) == [f"return {claim['id']}: its request is waiting, its item of status 600"]
    other = imported(sandbox)
    request["order_item"] = other.items[0]["pk"]
    assert any("its request of line" in what for what in _whats(sandbox))


def test_several_units_merged_into_one_item_are_counted_and_paid_as_several(sandbox: Sandbox) -> None:
    sandbox.omnitron.channel["conf"]["order_item_quantity_key"] = "adet"
    order = imported(sandbox, 3)
    for item in order.items[1:]:
        sandbox.omnitron.order_items.remove(item)
    assert len(_whats(sandbox, order.package)) > 1
    order.items[0].update(attributes={"adet": 3}, price="150.00")
    assert sandbox.order_differences() == []
