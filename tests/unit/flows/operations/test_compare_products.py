"""The comparison of products: figures, states of SKUs, and what must be read before anything is said."""

from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.errors import FashfedError
from tests.unit.flows.catalog.shelf import brand
from tests.unit.flows.operations.shop import Shop
from tests.worldkit import CHANNEL


@pytest.fixture
async def shop() -> Shop:
    return await Shop.opened()


def answering(part: str, *, status: int = 200, body: bytes = b"{}") -> Any:
    """Fashfed or Omnitron answers calls to such paths itself."""

    def answer(request: Request) -> Response | None:
        if request.method == "GET" and part in request.url:
            return Response(status, {"content-type": "application/json"}, body)
        return None

    return answer


# --- figures --------------------------------------------------------------------------------------------------------
async def test_the_eight_figures_of_a_small_catalogue(shop: Shop) -> None:
    """Six SKUs of 20 pieces; Fashfed has 17 of each (Buffer Stock 3)."""
    await shop.compare()
    assert await shop.eight() == [6, 6, 0, 0, 120, 102, 0, 0]
    sold_out, off_sale, cheap, many, left, inactive = shop.skus
    hands = brand(shop.kit)
    hands.set_stock(sold_out, 0)
    await shop.send("stock")
    shop.at_market(off_sale, is_active=False)
    shop.at_market(cheap, price=99.0)
    shop.at_market(many, stock=25)
    hands.leave_catalogue(left)
    hands.change(inactive, is_active=False)
    await shop.compare()
    # in the catalogue: the first four, with 0 + 20 + 20 + 20; on sale: all but off_sale, with 0 + 17 + 25 + 17 + 17
    assert await shop.eight() == [4, 5, 1, 1, 60, 76, 20, 1]


async def test_what_lacks_something_is_no_sku_that_could_be_on_sale(shop: Shop) -> None:
    hands = brand(shop.kit)
    for sku in shop.skus:
        shop.at_market(sku, is_active=False)
    hands.remove_price(shop.skus[0])
    hands.set_stock(shop.skus[1], 0)
    hands.set_categories(shop.skus[2])
    hands.remove_images(shop.skus[3])
    await shop.compare()
    assert await shop.eight() == [6, 0, 2, 0, 100, 0, 100, 0]
    saleable = [sku for sku, row in (await shop.states()).items() if row.saleable]
    assert saleable == sorted(shop.skus[4:])


async def test_the_buffer_counts(shop: Shop) -> None:
    brand(shop.kit).set_stock(shop.skus[0], 2)
    await shop.send("stock")
    assert shop.offer(shop.skus[0])["stock"] == 0
    await shop.compare()
    assert await shop.eight() == [6, 6, 0, 0, 102, 85, 0, 0]
    state = (await shop.states())[shop.skus[0]]
    assert (state.hub_stock, state.due_stock, state.market_stock, state.stock_differs) == (2, 0, 0, False)


async def test_a_buffer_that_cannot_be_read_compares_nothing(shop: Shop) -> None:
    shop.kit.conf["buffer_stock"] = "three"
    with pytest.raises(FashfedError, match="Buffer Stock"):
        await shop.compare()
    assert await shop.kit.store().comparisons(CHANNEL, "products", 1) == []


async def test_figures_of_the_past_stay(shop: Shop) -> None:
    await shop.compare()
    brand(shop.kit).leave_catalogue(shop.skus[0])
    await shop.compare()
    past = await shop.kit.store().comparisons(CHANNEL, "products", 9)
    assert [row.figures["catalog_skus"] for row in past] == [5, 6]


async def test_while_product_price_and_stock_are_off_nothing_is_compared(shop: Shop) -> None:
    shop.kit.conf["feature_flags"] |= {"product": False, "price": False, "stock": False}
    await shop.compare()
    assert await shop.kit.store().comparisons(CHANNEL, "products", 1) == []


# --- what is in flight ----------------------------------------------------------------------------------------------
async def test_what_is_on_its_way_does_not_differ(shop: Shop) -> None:
    first, second = shop.skus[:2]
    shop.kit.sandbox.fashfed.processing_seconds = 7200
    brand(shop.kit).set_stock(first, 10)
    brand(shop.kit).set_price(second, "90.00")
    await shop.kit.run("stock", "send")
    await shop.kit.run("price", "send")
    await shop.compare()
    assert (await shop.eight())[3::4] == [0, 0]
    assert [sku for sku, row in (await shop.states()).items() if row.in_flight] == sorted([first, second])


async def test_what_was_changed_just_now_is_on_its_way(shop: Shop) -> None:
    brand(shop.kit).set_stock(shop.skus[0], 10)
    shop.at_market(shop.skus[1], price=1.0)
    await shop.compare(minutes=1)
    assert (await shop.eight())[3::4] == [0, 0]
    assert await shop.corrections() == []
    await shop.compare()
    assert (await shop.eight())[3::4] == [1, 1]


# --- states ---------------------------------------------------------------------------------------------------------
async def test_each_sku_says_why_it_is_not_on_sale(shop: Shop) -> None:
    market, hands = shop.kit.sandbox.fashfed, brand(shop.kit)
    unpriced, empty, placeless, unseen, removed, inactive = shop.skus
    for sku in shop.skus:
        shop.at_market(sku, is_active=False)
    market.offers.remove(market.offers.rows[removed])
    for sku in (unpriced, empty, placeless, unseen):  # never sent
        hub = shop.kit.sandbox.omnitron
        market.offers.remove(market.offers.rows[sku])
        hub.actions.remove(hub.actions.get("product", hands.product(sku)["pk"]))
    hands.remove_price(unpriced)
    hands.set_stock(empty, 0)
    hands.set_categories(placeless)
    hands.remove_images(unseen)
    await shop.compare()
    assert await shop.codes() == {
        unpriced: "price_not_found", empty: "out_of_stock", placeless: "category_missing", unseen: "image_missing",
        removed: "offer_missing", inactive: "offer_inactive",
    }  # fmt: skip
    assert (await shop.figures())["reasons"]["price_not_found"] == 1


@pytest.mark.parametrize("price", ["0.00", "-5.00"])
async def test_a_product_without_an_offer_whose_price_is_not_above_zero_says_so(shop: Shop, price: str) -> None:
    sku, hub = shop.skus[0], shop.kit.sandbox.omnitron
    shop.kit.sandbox.fashfed.offers.remove(shop.kit.sandbox.fashfed.offers.rows[sku])
    hub.actions.remove(hub.actions.get("product", brand(shop.kit).product(sku)["pk"]))
    brand(shop.kit).set_price(sku, price)
    await shop.compare()
    assert (await shop.states())[sku].reason == f"Price {price} of {sku} is not above zero"


async def test_a_new_product_goes_its_way_to_sale(shop: Shop) -> None:
    kit, market = shop.kit, shop.kit.sandbox.fashfed
    waiting, rejected, refused, due = shop.skus[:4]
    for sku in (waiting, rejected, refused, due):
        market.offers.remove(market.offers.rows[sku])
        hub = kit.sandbox.omnitron
        hub.actions.remove(hub.actions.get("product", brand(kit).product(sku)["pk"]))
        hub.feeds.refresh("product", brand(kit).product(sku)["pk"])
    await shop.compare()
    assert await shop.codes() == dict.fromkeys((waiting, rejected, refused, due), "product_due")
    market.approval_seconds, market.rejected_skus[rejected] = 7200, "The picture is blurred."
    market.refused_skus[refused] = "The brand is not allowed."
    market.products.remove(market.products.find("sku", waiting)[0])
    await kit.run("product")
    await shop.compare()
    reasons = {sku: row.reason for sku, row in (await shop.states()).items() if row.code}
    assert (await shop.codes())[waiting] == "approval_waits"
    assert "The brand is not allowed." in str(reasons[refused])
    await kit.later(hours=2)
    await kit.run("product")
    await shop.compare()
    assert waiting not in await shop.codes()
    reason = (await shop.states())[rejected].reason
    assert reason
    assert "The picture is blurred." in reason


async def test_what_is_on_sale_and_has_lost_its_price_or_its_stock_says_so(shop: Shop) -> None:
    unpriced, unstocked, odd = shop.skus[:3]
    hands = brand(shop.kit)
    hands.remove_price(unpriced)
    hands.remove_stock(unstocked)
    shop.kit.sandbox.stock_row(odd)["stock"] = "2.5"
    await shop.compare()
    assert await shop.codes() == {unpriced: "price_not_found", unstocked: "stock_not_found", odd: "stock_invalid"}
    assert await shop.eight() == [6, 6, 0, 0, 80, 102, 0, 0]
    assert await shop.corrections() == await shop.corrections("price") == []


async def test_a_flow_that_is_off_is_a_reason(shop: Shop) -> None:
    hub, sku = shop.kit.sandbox.omnitron, shop.skus[0]
    shop.kit.sandbox.fashfed.offers.remove(shop.offer(sku))
    hub.actions.remove(hub.actions.get("product", brand(shop.kit).product(sku)["pk"]))
    shop.kit.conf["feature_flags"]["product"] = False
    await shop.compare()
    state = (await shop.states())[sku]
    assert (state.code, state.reason) == ("flow_stopped", "Product does not run: feature flag product is false")


async def test_what_left_the_catalogue_is_shown_until_it_is_off_sale(shop: Shop) -> None:
    sku = shop.skus[0]
    brand(shop.kit).leave_catalogue(sku)
    await shop.compare()
    assert await shop.codes() == {sku: "left_catalogue"}
    await shop.send("delete_product")
    await shop.compare()
    assert sku not in await shop.states()
    assert await shop.eight() == [5, 5, 0, 0, 100, 85, 0, 0]


# --- half a reading says nothing ------------------------------------------------------------------------------------
async def compared_in_vain(shop: Shop, code: str) -> None:
    """A comparison that finds the two sides unreadable; nothing that was known has changed, and nothing is written."""
    shop.at_market(shop.skus[0], stock=1, price=1.0)
    before = await shop.states(), await shop.figures()
    shop.kit.wire.requests.clear()
    with pytest.raises(FashfedError) as trouble:
        await shop.compare()
    assert trouble.value.code == code
    assert [request.url for request in shop.kit.wire.requests if request.method != "GET"] == []
    assert (await shop.states(), await shop.figures()) == before
    assert await shop.corrections() == []


@pytest.mark.parametrize(
    "part", ["/offers/", "/products/", "/product_prices/", "/product_stocks/", "/product_categories/", "/catalogs/"]
)
async def test_a_side_that_cannot_be_read_changes_nothing(shop: Shop, part: str) -> None:
    await shop.compare()
    shop.kit.wire.interceptors.append(answering(part, status=500))
    await compared_in_vain(shop, "remote_failed")


async def test_a_side_that_is_cut_short_changes_nothing(shop: Shop) -> None:
    await shop.compare()
    body = b'{"count": 500, "next": null, "previous": null, "results": [{"sku": "A", "stock": 1}]}'
    shop.kit.wire.interceptors.append(answering("/offers/", body=body))
    await compared_in_vain(shop, "list_unsteady")


@pytest.mark.parametrize("part", ["/offers/", "/137/products/"])
async def test_a_side_that_shows_nothing_at_all_changes_nothing(shop: Shop, part: str) -> None:
    await shop.compare()
    shop.kit.wire.interceptors.append(answering(part, body=b'{"count": 0, "next": null, "results": []}'))
    await compared_in_vain(shop, "comparison_one_sided")


async def test_offers_that_nobody_can_read_change_nothing(shop: Shop) -> None:
    await shop.compare()
    body = b'{"count": 1, "next": null, "results": [{"sku": "A", "stock": "many"}]}'
    shop.kit.wire.interceptors.append(answering("/offers/", body=body))
    await compared_in_vain(shop, "answer_unreadable")


async def test_a_run_without_time_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.compare()
    monkeypatch.setattr("include.flows.context.FlowContext.out_of_time", lambda self: True)
    await compared_in_vain(shop, "comparison_unfinished")


async def test_a_user_without_authority_over_catalogues_compares_what_omnitron_lists(shop: Shop) -> None:
    shop.kit.wire.interceptors.append(answering("/catalog_items/", status=403))
    await shop.compare()
    assert await shop.eight() == [6, 6, 0, 0, 120, 102, 0, 0]


async def test_trouble_with_orders_does_not_hide_the_products_and_the_reverse(shop: Shop) -> None:
    await shop.compare()
    shop.reading = False
    brand(shop.kit).leave_catalogue(shop.skus[0])
    shop.kit.wire.interceptors.append(answering("/packages/", status=500))
    with pytest.raises(FashfedError):
        await shop.compare()
    assert (await shop.figures())["catalog_skus"] == 5
    shop.kit.wire.interceptors[:] = [answering("/offers/", status=500)]
    with pytest.raises(FashfedError):
        await shop.compare()
    assert len(await shop.kit.store().comparisons(CHANNEL, "order_ledger", 9)) == 2
