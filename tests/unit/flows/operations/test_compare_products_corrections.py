"""Prices and stocks that differ: found, sent again by their own flows, and confirmed by reading back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from include.clients.transport import TransportError
from include.domain.run import Outcome, RunReport
from include.flows.operations import corrections
from include.flows.operations.second_look import SecondLook
from include.state.store import Incoming
from tests.unit.flows.catalog.shelf import action, brand
from tests.unit.flows.operations.shop import Shop
from tests.worldkit import CHANNEL

WRITES = ("POST", "PATCH", "PUT", "DELETE")


@pytest.fixture
async def shop() -> Shop:
    return await Shop.opened()


def written(shop: Shop) -> list[str]:
    """What was written to either remote, but for the login."""
    return [
        f"{request.method} {request.url}"
        for request in shop.kit.wire.requests
        if request.method in WRITES and "/auth/" not in request.url
    ]


# --- nothing to correct ---------------------------------------------------------------------------------------------
async def test_a_settled_world_is_not_touched(shop: Shop) -> None:
    for _ in range(3):
        await shop.compare()
        await shop.send()
    assert await shop.corrections() == await shop.corrections("price") == []
    assert [request for request in written(shop) if "batch_requests" not in request] == []
    assert await shop.tally("stock") == (0, 0, 0, 0)


# --- end to end -----------------------------------------------------------------------------------------------------
async def test_what_changed_behind_our_back_is_found_sent_again_and_confirmed(shop: Shop) -> None:
    dear, scarce = shop.skus[:2]
    shop.at_market(dear, price=1.0)
    shop.at_market(scarce, stock=99)
    await shop.compare()
    assert await shop.tally("price") == await shop.tally("stock") == (1, 1, 1, 0)
    assert await shop.codes() == {dear: "price_differs", scarce: "stock_differs"}
    (found,) = await shop.corrections()
    assert (found.sku, found.hub_value, found.market_value, found.times) == (scarce, "17", "99", 1)
    assert (await shop.corrections("price"))[0].market_value == "1.00"
    assert shop.offer(scarce)["stock"] == 99  # it sends nothing itself
    await shop.send()
    assert shop.offer(scarce)["stock"] == 17
    assert shop.offer(dear)["price"] == 100.0
    await shop.compare()
    assert await shop.tally("price") == await shop.tally("stock") == (0, 0, 0, 1)
    assert await shop.codes() == {}
    (confirmed,) = await shop.corrections()
    assert confirmed.confirmed_at
    assert confirmed.queued_at
    assert confirmed.confirmed_at > confirmed.queued_at
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 0)


async def test_a_stock_that_was_never_agreed_is_corrected_too(shop: Shop) -> None:
    """Omnitron has forgotten that it was sent, so it is due among the inserts."""
    sku, hub = shop.skus[0], shop.kit.sandbox.omnitron
    row = shop.kit.sandbox.stock_row(sku)
    hub.actions.remove(action(shop.kit, "productstock", sku))
    hub.feeds.refresh("productstock", row["pk"])
    shop.at_market(sku, stock=4)
    await shop.compare()
    await shop.send("stock")
    assert shop.offer(sku)["stock"] == 17
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 1)


async def test_a_new_buffer_reaches_every_sku(shop: Shop) -> None:
    """Nothing changes in Omnitron, so no feed shows a stock; the comparison does."""
    shop.kit.conf["buffer_stock"] = 5
    await shop.compare()
    assert await shop.tally("stock") == (6, 6, 6, 0)
    await shop.send("stock")
    assert {offer["stock"] for offer in shop.kit.sandbox.fashfed.offers.rows.values()} == {15}
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 6)


async def test_a_difference_that_goes_by_itself_was_no_correction(shop: Shop) -> None:
    shop.kit.conf["feature_flags"]["stock"] = False
    shop.at_market(shop.skus[0], stock=99)
    await shop.compare()
    assert await shop.tally("stock") == (1, 1, 0, 0)
    assert await shop.codes() == {shop.skus[0]: "flow_stopped"}
    shop.at_market(shop.skus[0], stock=17)
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 0)
    assert await shop.corrections() == []


# --- never endless --------------------------------------------------------------------------------------------------
async def test_what_differs_again_and_again_is_sent_once_a_comparison_and_ages(shop: Shop) -> None:
    sku = shop.skus[0]
    began = shop.kit.clock.now()
    for _ in range(4):
        shop.at_market(sku, stock=99)
        await shop.compare()
        await shop.send("stock")
    (found,) = await shop.corrections()
    assert found.times == 4
    assert found.found_at
    assert found.found_at - began < timedelta(hours=1)
    state = (await shop.states())[sku]
    assert state.code == "correction_in_vain"
    assert "sent again 3 times since 20" in str(state.reason)
    sent = [item for body in shop.kit.wire.bodies("POST", "/offers/stocks/") for item in body["items"]]
    assert sent == [{"sku": sku, "stock": 17}] * 4


async def test_what_still_waits_for_its_flow_is_not_queued_again(shop: Shop) -> None:
    shop.at_market(shop.skus[0], stock=99)
    await shop.compare()
    shop.kit.wire.requests.clear()
    for _ in range(4):
        await shop.compare()
    assert written(shop) == []
    assert await shop.tally("stock") == (1, 0, 0, 0)
    assert await shop.codes() == {shop.skus[0]: "change_unsent"}
    await shop.send("stock")
    await shop.compare()
    (confirmed,) = await shop.corrections()
    assert (confirmed.times, bool(confirmed.confirmed_at)) == (1, True)


async def test_a_change_that_its_flow_has_not_sent_says_so(shop: Shop) -> None:
    report = RunReport("stock", CHANNEL, shop.kit.clock.now())
    report.outcome, report.reason = Outcome.FAILED, "Fashfed did not answer"
    await shop.kit.store().finish_run(report, run_id="1", step="send", now=shop.kit.clock.now())
    brand(shop.kit).set_stock(shop.skus[0], 9)
    await shop.compare()
    state = (await shop.states())[shop.skus[0]]
    assert state.code == "change_unsent"
    assert str(state.reason).endswith("Stock has not sent it yet; The last run of Stock failed: Fashfed did not answer")


async def test_of_very_many_some_are_corrected_at_once_and_the_others_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "AT_ONCE", 2)
    for sku in shop.skus:
        shop.at_market(sku, stock=99)
    for left in (4, 2, 0):
        await shop.compare()
        codes = await shop.codes()
        assert len(codes) == 6
        assert sum(row.times == 0 for row in await shop.corrections()) == left
    await shop.send("stock")
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 6)


# --- what must not be sent again ------------------------------------------------------------------------------------
async def test_a_change_that_a_brake_holds_is_left_to_it(shop: Shop) -> None:
    sku = shop.skus[0]
    shop.kit.conf["price_brake"] = {"change_percent": 20}
    brand(shop.kit).set_price(sku, "10.00")
    await shop.send("price")
    await shop.compare()
    assert await shop.tally("price") == (1, 1, 0, 0)
    state = (await shop.states())[sku]
    assert state.code == "change_held"
    assert state.hub_price == Decimal("10.00")
    await shop.send("price")
    assert shop.offer(sku)["price"] == 100.0


async def test_a_run_that_a_brake_holds_is_left_to_it(shop: Shop) -> None:
    """Somebody zeroes all stocks in Omnitron: the comparison must not make that look like corrections."""
    shop.kit.conf["stock_brake"] = {"zero_percent": 50}
    for sku in shop.skus:
        brand(shop.kit).set_stock(sku, 0)
    for _ in range(2):
        await shop.compare()
        with pytest.raises(Exception, match="Stock Brake holds back a run"):
            await shop.send("stock")
    assert {offer["stock"] for offer in shop.kit.sandbox.fashfed.offers.rows.values()} == {17}


async def test_a_price_that_must_not_be_sent_is_not(shop: Shop) -> None:
    sku = shop.skus[0]
    brand(shop.kit).set_price(sku, "0.00")
    await shop.compare()
    assert await shop.codes() == {sku: "price_invalid"}
    assert await shop.tally("price") == (1, 1, 0, 0)


async def test_what_fashfed_refuses_says_so(shop: Shop) -> None:
    sku = shop.skus[0]
    shop.kit.sandbox.fashfed.refused_skus[sku] = "The SKU is blocked."
    brand(shop.kit).set_stock(sku, 9)
    await shop.send("stock")
    await shop.compare()
    state = (await shop.states())[sku]
    assert (state.code, state.stock_differs) == ("market_refused", True)
    assert "The SKU is blocked." in str(state.reason)
    assert await shop.tally("stock") == (1, 1, 0, 0)


async def test_pieces_of_an_order_that_is_not_in_omnitron_yet_are_not_offered_twice(shop: Shop) -> None:
    sku, store = shop.skus[0], shop.kit.store()
    await store.receive(CHANNEL, "package", [Incoming("31", shop.kit.clock.now(), {})], now=shop.kit.clock.now())
    await store.doubt_sent(CHANNEL, "productstock", [sku])
    shop.at_market(sku, stock=16)
    await shop.compare()
    assert await shop.codes() == {sku: "sale_not_imported"}
    assert await shop.tally("stock") == (1, 1, 0, 0)
    await store.finish(CHANNEL, "package", ["31"], now=shop.kit.clock.now())
    await shop.compare()
    assert await shop.tally("stock") == (1, 0, 1, 0)


async def test_a_sale_that_nobody_has_read_is_no_difference_to_correct(shop: Shop) -> None:
    """Order Create stands still; a buyer has taken the stock that Omnitron still has."""
    shop.reading = False
    sku, more = shop.skus[:2]
    shop.at_market(sku, stock=16)
    shop.at_market(more, stock=18)
    for _ in range(2):
        await shop.compare()
        assert await shop.codes() == {sku: "sale_not_imported", more: "stock_differs" if _ == 0 else "change_unsent"}
    shop.reading = True
    await shop.compare()
    await shop.send("stock")
    assert shop.offer(sku)["stock"] == 17


async def test_a_sale_that_was_read_and_not_tried_is_no_difference_to_correct(shop: Shop) -> None:
    """Packages come into the inbox and nothing works them off."""
    shop.reading = False
    shop.kit.sandbox.place_order([shop.skus[0]])
    await shop.kit.run("get_orders", "pull")
    for _ in range(2):
        await shop.kit.later(minutes=30)
        await shop.kit.run("get_orders", "pull")
        await shop.compare(minutes=0)
        assert await shop.codes() == {shop.skus[0]: "sale_not_imported"}
    assert shop.offer(shop.skus[0])["stock"] == 16


async def test_what_changes_between_two_looks_is_no_difference(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the lists and the second look Stock has brought the value over."""
    sku = shop.skus[0]
    shop.at_market(sku, stock=99)
    look = SecondLook.look

    async def late(self: SecondLook, skus: list[str]) -> object:
        shop.offer(sku)["stock"] = 17
        return await look(self, skus)

    monkeypatch.setattr(SecondLook, "look", late)
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 0)
    assert (await shop.states())[sku].market_stock == 17


async def test_a_correction_that_cannot_be_queued_comes_again(shop: Shop) -> None:
    shop.at_market(shop.skus[0], stock=99)
    shop.kit.wire.interceptors.append(
        lambda request: TransportError("gone", reached=False) if request.method == "PATCH" else None
    )
    with pytest.raises(Exception, match="Omnitron did not answer"):
        await shop.compare()
    (found,) = await shop.corrections()
    assert found.times == 0
    shop.kit.wire.interceptors.clear()
    await shop.compare()
    await shop.send("stock")
    await shop.compare()
    assert await shop.tally("stock") == (0, 0, 0, 1)


async def test_a_correction_whose_sku_goes_off_sale_ends(shop: Shop) -> None:
    sku = shop.skus[0]
    shop.at_market(sku, stock=99)
    await shop.compare()
    shop.at_market(sku, is_active=False)
    await shop.compare()
    assert await shop.corrections() == []
