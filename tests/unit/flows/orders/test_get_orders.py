"""A run of ``get_orders`` as a whole: its parts, its limits, what it says, and its manners towards others."""

import asyncio
import logging
from typing import Any

import pytest

from include.errors import AuthenticationError, ConfigurationError, RemoteUnavailable, RunInProgress
from include.flows.context import Tuning
from include.flows.orders import order_desk
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.shop import Shop
from tests.worldkit import CHANNEL

CANARY = {
    "email": "kanarya.kuş@example.com", "phone_number": "+905551234567", "first_name": "Kanaryacan",
    "last_name": "Kuşçuoğlu", "line": "Gizli Bahçe Sok. 77", "identity_number": "12345678950", "tax_no": "9876543210",
    "company_name": "Kanarya Holding", "notes": "Zile üç kez basın", "postcode": "34777",
}  # fmt: skip


def said(caplog: pytest.LogCaptureFixture) -> str:
    """Everything a log may show, on any level."""
    format_it = logging.Formatter("%(name)s %(message)s").format
    return "\n".join(format_it(record) for record in caplog.records)


async def test_pull_keeps_and_apply_makes_and_either_works_alone(shop: Shop) -> None:
    package = shop.buy()
    pulled = await shop.run("pull")
    assert not shop.hub.orders.rows
    assert pulled.counts["read"] == 0
    applied = await shop.run("apply")
    assert (applied.counts["read"], applied.counts["created"]) == (1, 1)
    assert shop.order(package)


async def test_a_run_without_news_opens_no_batch_and_changes_nothing(shop: Shop) -> None:
    recorder = shop.record()
    report = await shop.run()
    assert not any(report.counts.values())
    assert not [request.url for request in recorder.requests if request.method != "GET" and "/auth/" not in request.url]


async def test_everything_that_is_due_is_worked_off_in_one_run_page_by_page(shop: Shop) -> None:
    packages = [shop.buy(address={"email": f"b{number}@example.com"}) for number in range(130)]
    recorder = shop.record()
    report = await shop.run()
    assert (report.counts["read"], report.counts["created"]) == (130, 130)
    assert all(shop.order(package) for package in packages)
    assert len(recorder.calls("POST", "/batch_requests/")) == 3, "orders of a page share one batch"


async def test_a_new_order_costs_at_most_eight_requests(shop: Shop) -> None:
    await shop.kit.store().born_at(CHANNEL, shop.kit.clock.now())
    await shop.kit.later(minutes=5)
    for number in range(50):
        shop.buy(shop.skus[number % 20], address={"email": f"b{number}@example.com"})
    recorder = shop.record()
    await shop.run()
    assert len(recorder.requests) / 50 <= 8


async def test_a_run_that_is_out_of_time_ends_well_and_leaves_the_rest_to_the_next_one(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fashfed")
    packages = [shop.buy() for _ in range(20)]
    shop.kit.sandbox.faults.add("latency", milliseconds=20_000)
    report = await shop.run(tuning=Tuning(orders_at_once=1))
    assert 0 < len(shop.hub.orders) == report.counts["read"] == report.counts["created"] < 20
    assert "The time of this run is used up" in caplog.text
    shop.kit.sandbox.faults.clear()
    await shop.run()
    assert [len(shop.orders(package)) for package in packages] == [1] * 20


async def test_the_log_says_window_progress_totals_and_each_cause_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fashfed")
    for number in range(7):
        shop.buy(address={"township": "No such place", "email": f"b{number}@example.com"})
    shop.buy()
    await shop.run()
    lines = [record.getMessage() for record in caplog.records if record.name == "fashfed"]
    assert "Reading what Fashfed changed from 2026-03-01T21:00:00+00:00 to 2026-03-02T09:00:00+00:00" in lines
    assert "Done: 8 new, 0 changed (package)" in lines
    assert "Done: 8 packages taken up, 1 created, 7 parked" in lines
    (cause,) = [line for line in lines if "address_not_valid" in line]
    assert cause.startswith("7 packages parked: ")
    assert "Address is not valid. channel: 137 code: No such place model: Township" in cause
    assert "Next step: Complete the township mapping of this address in Omnitron" in cause


@pytest.mark.parametrize("spoil", ["nothing", "township", "line", "refusal", "fault", "quoted", "exception"])
async def test_no_personal_data_is_in_any_log_line_report_or_record(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    caplog.set_level(logging.DEBUG)
    facts: dict[str, Any] = {"township": {"township": "No such"}, "line": {"line": CANARY["line"] * 20}}.get(spoil, {})
    package = shop.buy(address=CANARY | facts)
    if spoil == "refusal":
        shop.hub.customers.add({"email": "old@example.com", "channel": 137, "channel_code": "1", "phone_number": None})
        shop.market.items.rows[f"{package['number']}-1"]["currency"] = CANARY["first_name"]
    if spoil == "fault":
        shop.kit.sandbox.faults.add("reset_after", path="*/customers/", next=3)
        shop.kit.sandbox.faults.add("html", path="*/addresses/", next=20)
    if spoil == "quoted":
        shop.kit.sandbox.faults.add("error", method="POST", path="*/addresses/", status=400, quotes=True)
    if spoil == "exception":
        monkeypatch.setattr(order_desk, "order_payload", _quoting_fault)
    await shop.try_run()
    store = shop.kit.store()
    written = "\n".join(
        [
            said(caplog),
            *(str(entry) for entry in await store.log_entries(CHANNEL, "get_orders", 100)),
            *(str(report) for report in shop.hub.error_reports.rows.values()),
            *(str(report) for report in shop.hub.location_reports),
            str((await shop.inbox(package)).reason),
            str(shop.kit.database.identities),
            str(shop.kit.database.cache),
            str(shop.kit.database.claims),
        ]
    )
    assert written
    assert not [name for name, value in CANARY.items() if value in written]


def _quoting_fault(package: Any, *_: Any) -> Any:
    address = package.shipping_address
    raise ValueError(f"{address!r} of {address.first_name} {address.last_name}, {address.line}, is no address")


async def test_the_record_log_and_omnitron_are_told_of_each_parked_package(shop: Shop) -> None:
    package = shop.buy(Line("NO-SUCH-SKU"))
    await shop.run()
    (entry,) = await shop.kit.store().log_entries(CHANNEL, "get_orders", 10)
    assert (entry.key, entry.code, entry.ok) == (package["number"], "product_unknown", False)
    (report,) = shop.hub.error_reports.rows.values()
    assert report["error_code"].startswith(package["number"])
    assert (report["error_desc"], report["is_ok"]) == ("get_orders", False)
    reason, remedy = report["raw_response"].splitlines()
    assert reason == "mapping-Product not found: remote_id=NO-SUCH-SKU"
    assert remedy.startswith("Next step: Send the product through this channel")


async def test_a_batch_of_another_program_in_commit_is_named_and_nothing_is_lost(shop: Shop) -> None:
    first = shop.buy()
    await shop.run()
    shop.hub.batches.add(
        {
            "channel": 137, "local_batch_id": "somebody-else", "remote_batch_id": None, "content_type": "order",
            "status": "commit", "objects": {("order", 1): {}}, "created_date": shop.hub.now(),
            "modified_date": shop.hub.now(),
        }
    )  # fmt: skip
    package = shop.buy()
    with pytest.raises(RunInProgress, match="Omnitron still holds batch somebody-else of order in commit"):
        await shop.run()
    assert (len(shop.orders(first)), len(shop.orders(package))) == (1, 1)
    row = await shop.inbox(package)
    assert (row.state, row.penalty) == ("new", None)
    shop.hub.batches.change(shop.hub.batches.rows[2], status="fail")
    await shop.run()
    assert len(shop.orders(package)) == 1
    assert (await shop.inbox(package)).state == "done"


async def test_a_second_run_waits_for_the_first_and_then_says_who_holds_the_orders(shop: Shop) -> None:
    shop.buy()
    async with shop.kit.store().lock(CHANNEL, "order", wait=0):
        with pytest.raises(RunInProgress, match="Another run holds order"):
            await shop.run(tuning=Tuning(lock_wait=1))
    assert (await shop.run()).counts["created"] == 1


async def test_a_run_that_is_stopped_leaves_no_batch_open_and_the_next_one_goes_on(shop: Shop) -> None:
    packages = [shop.buy(address={"email": f"b{number}@example.com"}) for number in range(30)]
    shop.kit.sandbox.faults.add("latency", milliseconds=300)
    for seconds in (1, 2, 4, 7, 11):
        task = asyncio.ensure_future(shop.run())
        await shop.kit.later(seconds=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert "commit" not in {batch["status"] for batch in shop.hub.batches.rows.values()}
    shop.kit.sandbox.faults.clear()
    await shop.run()
    assert [len(shop.orders(package)) for package in packages] == [1] * 30


@pytest.mark.parametrize("remote", ["omnitron", "fashfed"])
async def test_an_outage_fails_the_run_penalises_nobody_and_loses_nothing(shop: Shop, remote: str) -> None:
    packages = [shop.buy() for _ in range(5)]
    await shop.run("pull")
    shop.kit.sandbox.faults.add("error", remote=remote, path="/api/*/channel/137/*" if remote == "omnitron" else "*")
    with pytest.raises(RemoteUnavailable):
        await shop.run("apply")
    assert {(await shop.inbox(package)).penalty for package in packages} == {None}
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(minutes=5)
    await shop.run()
    assert [len(shop.orders(package)) for package in packages] == [1] * 5


async def test_an_access_token_that_fashfed_refuses_stops_the_run_and_penalises_nobody(shop: Shop) -> None:
    package = shop.buy()
    await shop.run("pull")
    tokens = set(shop.market.tokens)
    shop.market.tokens.clear()
    with pytest.raises((AuthenticationError, ConfigurationError)):
        await shop.run("apply")
    assert (await shop.inbox(package)).state == "new"
    shop.market.tokens.update(tokens)
    await shop.run()
    assert shop.order(package)


async def test_a_fault_of_ours_with_one_package_costs_only_that_package(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = shop.buy(), shop.buy()
    mapped = order_desk.order_payload

    def faulty(package: Any, items: Any, facts: Any) -> Any:
        return mapped(package, items, facts) if package.number == good["number"] else 1 / 0

    monkeypatch.setattr(order_desk, "order_payload", faulty)
    report = await shop.run()
    assert shop.order(good)
    assert await shop.parked(bad) == (
        "unexpected",
        f"Package {bad['number']} failed unexpectedly (ZeroDivisionError)",
    )
    assert report.counts["failed"] == 1
    assert "failed unexpectedly" in caplog.text


async def test_what_buyers_took_is_sent_again_although_the_hub_has_the_same_stock_as_before(shop: Shop) -> None:
    """The market sold a piece by itself: the value we sent last does not say any more what it has."""
    sku = shop.skus[0]
    shop.kit.sandbox.touch_stock(sku, 20)
    await shop.kit.run("stock")
    shop.buy(sku)
    await shop.run()
    shop.kit.sandbox.touch_stock(sku, 20)
    await shop.kit.run("stock")
    await shop.kit.later(minutes=1)
    shop.kit.sandbox.settle()
    assert not [row for row in shop.kit.sandbox.stock_differences() if row[0] == sku]
