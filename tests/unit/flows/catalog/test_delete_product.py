"""Products that left the catalogue (reference/flows.md 4.6)."""

from tests.unit.flows.catalog.shelf import brand, offer, skus
from tests.worldkit import Kit

MODELS = ("product", "productprice", "productstock", "productimage", "integrationaction")


def _actions(kit: Kit, sku: str) -> set[str]:
    return {one.model for one in kit.sandbox.omnitron.actions.by_pk.values() if one.remote_id == sku}


async def test_a_product_that_left_the_catalogue_goes_to_stock_0_and_is_forgotten(listed: Kit) -> None:
    gone, stays = skus(listed)[:2]
    brand(listed).set_stock(gone, 40)
    await listed.run("stock")
    brand(listed).leave_catalogue(gone)
    report = await listed.run("delete_product")
    assert offer(listed, gone)["stock"] == 0
    assert _actions(listed, gone) == set()
    assert _actions(listed, stays) >= set(MODELS[:4])
    assert (report.counts["sent"], report.counts["updated"]) == (1, 1)
    assert (await listed.run("delete_product")).counts["read"] == 0


async def test_when_fashfed_does_not_take_the_0_everything_stays_and_it_is_tried_after_the_penalty(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    await listed.run("stock")
    brand(listed).leave_catalogue(sku)
    listed.sandbox.fashfed.refused_skus[sku] = "This offer is under review."
    report = await listed.run("delete_product")
    assert report.errors == {"market_refused": 1}
    assert _actions(listed, sku) >= set(MODELS[:4])
    assert (await listed.run("delete_product")).counts["read"] == 0
    listed.sandbox.fashfed.refused_skus.clear()
    await listed.later(hours=8, minutes=1)
    await listed.run("delete_product")
    assert offer(listed, sku)["stock"] == 0
    assert _actions(listed, sku) == set()


async def test_a_product_put_back_is_sent_as_new_with_its_stock(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    await listed.run("stock")
    brand(listed).leave_catalogue(sku)
    await listed.run("delete_product")
    brand(listed).return_to_catalogue(sku)
    for flow in ("stock", "price", "product", "stock"):
        assert not (await listed.run(flow)).errors
    assert offer(listed, sku)["stock"] == 37
    assert _actions(listed, sku) >= set(MODELS[:4])


async def test_a_product_put_back_before_fashfed_answered_ends_on_sale(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    await listed.run("stock")
    brand(listed).leave_catalogue(sku)
    await listed.run("delete_product", "send")
    brand(listed).return_to_catalogue(sku)
    await listed.run("stock")
    await listed.run("delete_product", "settle")
    await listed.run("product")
    await listed.run("stock")
    assert offer(listed, sku)["stock"] == 37


async def test_a_product_that_never_got_to_fashfed_is_just_forgotten(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.refused_skus[sku] = "no"
    await drawn.run("product")
    brand(drawn).leave_catalogue(sku)
    report = await drawn.run("delete_product")
    assert report.counts["sent"] == 0
    pk = brand(drawn).product(sku)["pk"]
    assert drawn.sandbox.omnitron.actions.get("product", pk) is None


async def test_a_dry_run_names_what_would_be_taken_off_sale_and_writes_nothing(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).leave_catalogue(sku)
    listed.wire.requests.clear()
    await listed.run("delete_product", dry_run=True, run_id="dry")
    rows = await listed.store().findings("default", "delete_product")
    assert [(row.key, row.verdict, row.value) for row in rows] == [(sku, "send", "0")]
    assert {request.method for request in listed.wire.requests} <= {"GET"}


async def test_a_product_whose_stock_is_just_being_sent_is_neither_broken_nor_left_at_0_when_it_comes_back(
    listed: Kit,
) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    listed.sandbox.fashfed.processing_seconds = 120
    await listed.run("stock", "send")
    brand(listed).leave_catalogue(sku)
    await listed.run("delete_product", "send")
    listed.sandbox.fashfed.processing_seconds = 1
    await listed.later(minutes=1)
    brand(listed).return_to_catalogue(sku)
    await listed.later(minutes=3)
    await listed.run("delete_product", "settle")
    for flow in ("stock", "delete_product", "product", "stock", "price"):
        assert not (await listed.run(flow)).errors, flow
    assert offer(listed, sku)["stock"] == 37
    assert _actions(listed, sku) >= set(MODELS[:4])


async def test_a_product_whose_stock_was_just_being_sent_is_forgotten_by_the_next_run(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    await listed.run("stock", "send")
    brand(listed).leave_catalogue(sku)
    await listed.later(seconds=5)
    await listed.run("delete_product")
    assert "product" in _actions(listed, sku)
    await listed.run("stock")
    await listed.run("delete_product")
    assert _actions(listed, sku) == set()
    assert offer(listed, sku)["stock"] == 0
