"""Lifting penalties by a list of SKUs (spec section 8, api/omnitron.md section 3.5)."""

import pytest

from include.clients.transport import Request, Response
from include.domain.sku_list import SkuList
from include.errors import ConfigurationError
from include.flows.context import Tuning
from tests.unit.flows.operations.worklist import RELEASE, asked, counted, hold, penalise, penalties, verdicts
from tests.worldkit import Kit, Wire


class Busy(Wire):
    """Knows how many requests were on their way at once."""

    under_way = most = 0

    async def send(self, request: Request) -> Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await super().send(request)
        finally:
            self.under_way -= 1


async def test_the_penalties_of_a_product_and_its_price_and_stock_are_lifted(kit: Kit, sold: list[str]) -> None:
    penalise(kit, sold[0])
    penalise(kit, sold[1], "productprice")
    penalise(kit, sold[2])
    report = await kit.run(RELEASE, sku_list=asked(sold[0], sold[1], sold[3]))
    released = {sold[0]: "released", sold[1]: "released", sold[3]: "nothing_to_release"}
    assert await verdicts(kit, RELEASE) == released
    assert counted(report) == {"read": 3, "updated": 2, "unchanged": 1}
    assert penalties(kit) == 3, "those of the SKU that was not asked for"


async def test_a_stock_that_is_released_is_due_at_once(kit: Kit, sold: list[str]) -> None:
    await kit.run("stock")
    await kit.run("stock")
    kit.sandbox.touch_stock(sold[0], 77)
    penalise(kit, sold[0])
    await kit.run("stock")
    assert [sku for sku, _, _ in kit.sandbox.stock_differences()] == [sold[0]]
    await kit.run(RELEASE, sku_list=asked(sold[0]))
    await kit.run("stock")
    assert kit.sandbox.stock_differences() == []


@pytest.mark.parametrize("model", ["product", "productprice", "productstock"])
async def test_a_sku_with_a_record_in_a_batch_keeps_its_penalties(kit: Kit, sold: list[str], model: str) -> None:
    penalise(kit, sold[0])
    hold(kit, sold[0], model)
    penalise(kit, sold[1])
    report = await kit.run(RELEASE, sku_list=asked(sold[0], sold[1]))
    assert await verdicts(kit, RELEASE) == {sold[0]: "record_busy", sold[1]: "released"}
    assert counted(report) == {"read": 2, "updated": 1, "failed": 1}
    assert penalties(kit) == 3


async def test_penalties_that_are_over_are_none(kit: Kit, sold: list[str]) -> None:
    penalise(kit, sold[0])
    for row in list(kit.sandbox.omnitron.penalties.table.rows.values()):
        kit.sandbox.omnitron.penalties.apply(row, {"is_active": False})
    await kit.run(RELEASE, sku_list=asked(sold[0]))
    assert await verdicts(kit, RELEASE) == {sold[0]: "nothing_to_release"}


async def test_a_penalty_that_somebody_else_lifts_meanwhile_is_as_good_as_lifted(kit: Kit, sold: list[str]) -> None:
    penalise(kit, sold[0])
    kit.sandbox.faults.add("timeout_after", method="DELETE", path="*/failed_integrations/*", next=1)
    await kit.run(RELEASE, sku_list=asked(sold[0]))
    assert await verdicts(kit, RELEASE) == {sold[0]: "released"}
    assert penalties(kit) == 0


async def test_never_more_calls_at_a_time_than_the_deployment_allows(kit: Kit, sold: list[str]) -> None:
    for sku in sold:
        penalise(kit, sku)
    kit.sandbox.faults.set_latency(20)
    kit.wire = busy = Busy(kit.sandbox.transport())
    await kit.run(RELEASE, sku_list=asked(*sold, "NO-1", "A,B", "C,D", "E,F"), tuning=Tuning(concurrency=3))
    assert penalties(kit) == 0
    assert busy.most == 3


async def test_a_channel_without_a_catalogue_is_said_readably(kit: Kit, sold: list[str]) -> None:
    kit.sandbox.omnitron.channel["catalog"] = None
    with pytest.raises(ConfigurationError, match="no catalogue"):
        await kit.run(RELEASE, sku_list=SkuList((sold[0],)))
