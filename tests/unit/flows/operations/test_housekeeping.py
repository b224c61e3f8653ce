"""What is over is kept for a set time only: buyers' data for 30 days, what runs did for 90 (``worldkit.KEPT``)."""

import logging
from datetime import timedelta

import pytest

from include.domain.run import Window
from include.flows.context import Retention
from include.state.store import InboxState
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL, Kit

STREET = "Gizli Sokak 7"


@pytest.fixture
def shop(kit: Kit) -> Shop:
    return Shop(kit)


async def test_buyers_data_of_a_finished_package_is_removed_after_its_time(shop: Shop) -> None:
    package = shop.buy(address={"line": STREET})
    await shop.run()
    await shop.kit.later(days=29)
    assert (await shop.kit.run("housekeeping")).counts["updated"] == 0
    assert STREET in str((await shop.inbox(package)).payload)
    await shop.kit.later(days=2)
    assert (await shop.kit.run("housekeeping")).counts["updated"] == 1
    assert STREET not in str(shop.kit.database.inbox)
    assert (await shop.kit.run("housekeeping")).counts["updated"] == 0


async def test_a_package_whose_data_is_gone_is_never_imported_again(shop: Shop) -> None:
    package = shop.buy(address={"line": STREET})
    await shop.run()
    await shop.kit.later(days=31)
    await shop.kit.run("housekeeping")
    await shop.run(window=Window.back_from(shop.kit.clock.now(), timedelta(days=40)))
    assert (await shop.inbox(package)).state is InboxState.DONE
    assert len(shop.orders(package)) == 1
    assert STREET not in str(shop.kit.database.inbox)


async def test_a_package_that_waits_keeps_its_data_however_long(shop: Shop) -> None:
    package = shop.buy(address={"line": STREET, "township": "Atlantis"})
    await shop.run()
    await shop.kit.later(days=60)
    await shop.kit.run("housekeeping")
    row = await shop.inbox(package)
    assert row.state is InboxState.PARKED
    assert STREET in str(row.payload)


async def test_what_runs_did_is_deleted_after_its_time(shop: Shop) -> None:
    shop.buy(address={"township": "Atlantis"})
    await shop.run()
    await shop.kit.later(days=89)
    await shop.kit.run("stock")
    await shop.kit.run("housekeeping")
    store = shop.kit.store()
    assert await store.log_entries(CHANNEL, "get_orders", 10)
    await shop.kit.later(days=2)
    await shop.kit.run("housekeeping")
    assert not await store.log_entries(CHANNEL, "get_orders", 10)


async def test_the_deployment_says_how_long_things_are_kept(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shop.buy(address={"line": STREET})
    shop.buy(address={"township": "Atlantis"})
    await shop.run()
    await shop.kit.later(days=8)
    await shop.kit.run("housekeeping", retention=Retention(payloads=timedelta(days=7), history=timedelta(days=3)))
    assert STREET not in str(shop.kit.database.inbox)
    assert "Buyers' data removed of records that were over for 7 days: 1" in caplog.text
    assert "Deleted what is older than 3 days: 3 record_log" in caplog.text
