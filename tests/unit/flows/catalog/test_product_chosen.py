"""The trigger form of ``product``: a list of SKUs, create only (spec section 10)."""

from include.domain.sku_list import BadLine, SkuList
from tests.unit.flows.catalog.shelf import action, brand, offer, skus, suggested
from tests.worldkit import CHANNEL, Kit


async def _verdicts(kit: Kit) -> dict[str, tuple[str, str]]:
    rows = await kit.store().findings(CHANNEL, "product", run_id="by hand")
    return {row.key: (row.verdict, row.text) for row in rows}


async def test_only_the_chosen_products_go_out_each_once(drawn: Kit) -> None:
    one, two, *_ = skus(drawn)
    report = await drawn.run("product", sku_list=SkuList((two, one)), run_id="by hand")
    assert {item["sku"] for item in suggested(drawn)} == {one, two}
    assert report.counts["sent"] == report.counts["updated"] == 2


async def test_unknown_busy_and_sent_skus_and_bad_rows_are_refused_by_name(drawn: Kit) -> None:
    busy, sent, good, *_ = skus(drawn)
    await drawn.run("product", sku_list=SkuList((sent,)))
    drawn.sandbox.fashfed.next_batches.append("stuck")
    await drawn.run("product", sku_list=SkuList((busy,)))
    drawn.wire.requests.clear()
    asked = SkuList(("NO-SUCH-SKU", busy, sent, good), (BadLine(3, "several values"),))
    report = await drawn.run("product", sku_list=asked, run_id="by hand")
    found = await _verdicts(drawn)
    held = action(drawn, "product", busy).local_batch_id
    assert found["NO-SUCH-SKU"][1].startswith("The relevant SKU not exists in omnitron. Request URL: https://")
    assert found[busy][1] == f"The relevant record is processing in another queue, LocalBatchId: {held}"
    assert "already" in found[sent][1]
    assert found["row 3"][0] == "refused"
    assert found[good][0] == "chosen"
    assert [item["sku"] for item in suggested(drawn)] == [good]
    assert report.counts["failed"] == 4


async def test_a_chosen_product_is_tried_although_it_is_under_penalty(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.refused_skus[sku] = "no"
    await drawn.run("product")
    drawn.sandbox.fashfed.refused_skus.clear()
    assert (await drawn.run("product")).counts["read"] == 0
    await drawn.run("product", sku_list=SkuList((sku,)))
    assert offer(drawn, sku)["is_active"]
    assert action(drawn, "product", sku).status == "success"


async def test_a_chosen_product_that_cannot_be_sent_says_why(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    brand(drawn).remove_price(sku)
    report = await drawn.run("product", sku_list=SkuList((sku,)))
    assert report.errors == {"price_not_found": 1}
