"""An older value never overwrites a newer one, whichever flows send them (issue: ordered sends of one SKU)."""

import asyncio

from include.clients.transport import Request
from tests.unit.flows.catalog.shelf import brand, offer, skus
from tests.worldkit import Kit


def _when_sent(kit: Kit, ending: str, act: object) -> None:
    """Do something once, just before a request to a path with this ending leaves."""
    done: list[bool] = []

    def interceptor(request: Request) -> None:
        if request.url.endswith(ending) and not done:
            done.append(True)
            act()  # type: ignore[operator]

    kit.wire.interceptors.append(interceptor)


async def test_a_stock_that_product_read_before_it_was_sold_does_not_come_back(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    await listed.run("stock")
    brand(listed).change(sku, name="Yeni ad")
    sold: list[asyncio.Task[object]] = []

    def sell() -> None:
        # product has read its stock; before it can send it, everything is sold and the stock flow says so
        brand(listed).set_stock(sku, 0)
        sold.append(asyncio.ensure_future(listed.run("stock")))

    _when_sent(listed, f"/mapped_products/{brand(listed).product(sku)['pk']}/", sell)
    listed.sandbox.faults.add("latency", remote="omnitron", path="*mapped_products*", milliseconds=8_000, next=1)
    await listed.run("product")
    await asyncio.gather(*sold)
    await listed.run("stock")
    assert offer(listed, sku)["stock"] == 0


async def test_a_stock_row_that_was_read_early_does_not_overwrite_what_product_sent_since(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_stock(sku, 40)
    later: list[asyncio.Task[object]] = []

    def sell_out_by_product() -> None:
        brand(listed).set_stock(sku, 0)
        brand(listed).change(sku, name="Yeni ad")
        later.append(asyncio.ensure_future(listed.run("product")))

    # the stock flow has read 40 and asks for the name of the product when the product flow overtakes it with 0
    _when_sent(listed, "/integration_actions/", sell_out_by_product)
    listed.sandbox.faults.add("latency", remote="omnitron", path="*integration_actions*", milliseconds=8_000, next=1)
    await listed.run("stock")
    await asyncio.gather(*later)
    listed.sandbox.faults.clear()
    listed.sandbox.settle()
    assert offer(listed, sku)["stock"] == 0
    await listed.run("stock")
    assert offer(listed, sku)["stock"] == 0
