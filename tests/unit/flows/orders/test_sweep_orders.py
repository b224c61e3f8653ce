"""What the five-minute flows missed comes in, and a window that was read before changes nothing (issue: flow 8)."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.domain.run import RunReport, Window
from include.errors import RemoteUnavailable, RunInProgress
from include.flows.inbox_work import InboxRow
from include.sandbox.fashfed import Line
from include.sandbox.seed.channel import FLAGS
from include.sandbox.seed.imported import import_package
from include.state.store import InboxState
from tests.unit.flows.orders.returns import Returns
from tests.virtual_time import START
from tests.worldkit import CHANNEL, Kit

Row = dict[str, Any]
ALL_ON = {"feature_flags": dict.fromkeys(FLAGS, True)}
CANCELLED_BEFORE = "cancelled before it was imported"
FINISHED_BEFORE = "finished before this connector knew the channel"
TRACKED = {"tracking_number": "7700112233", "tracking_url": "https://cargo.example.com/t/7700112233"}


class Market(Returns):
    """A market that went on while nobody looked."""

    async def sweep(self, *steps: str, **facts: Any) -> RunReport:
        return await self.kit.run("sweep_orders", *steps, **facts)

    async def begin(self) -> None:
        """The connector knows the channel from now on."""
        await self.kit.store().born_at(CHANNEL, self.kit.clock.now())
        await self.kit.later(minutes=5)

    async def rows(self, kind: str) -> dict[str, InboxRow]:
        found = await self.kit.store().inbox_rows(CHANNEL, kind=kind, states=tuple(InboxState), limit=1000)
        return {row.market_id: row for row in found}

    async def why_not(self, package: Row) -> str | None:
        """The rule by which a package has no order."""
        assert not self.orders(package)
        row = await self.inbox(package)
        assert row.state == "excluded"
        return row.reason

    def statuses(self, package: Row) -> list[str]:
        return [item["status"] for item in self.items(package)]

    def cancel(self, package: Row, index: int = 1) -> Row:
        """The buyer cancels a line."""
        reason = self.market.identity("reason", "changed-mind")
        claim: Row = self.market.cancel_item(self.line(package, index), by=1, reason=reason)
        return claim


@pytest.fixture
def market(kit: Kit) -> Market:
    """A shop with every flow on."""
    kit.sandbox.omnitron.channel["conf"] |= ALL_ON
    return Market(kit)


# --- missed packages ------------------------------------------------------------------------------------------
async def test_a_package_that_nobody_saw_in_preparing_becomes_an_order_and_gets_its_status(market: Market) -> None:
    await market.begin()
    package = market.buy(Line(market.skus[0], 2))
    market.market.move(package, 4, **TRACKED)
    await market.sweep()
    assert market.statuses(package) == ["500", "500"]
    assert {item["tracking_number"] for item in market.items(package)} == {TRACKED["tracking_number"]}


async def test_one_sweep_brings_a_missed_order_in_cancels_delivers_and_returns_it(market: Market) -> None:
    await market.begin()
    package = market.buy(market.skus[0], market.skus[1])
    market.cancel(package, 2)
    market.market.move(package, 4, **TRACKED)
    market.market.move(package, 5)
    claim = market.ask(package)
    await market.sweep()
    assert market.statuses(package) == ["550"]
    assert market.request(claim)["status"] == "waiting"
    (cancelled,) = (await market.rows("cancel")).values()
    assert (cancelled.state, cancelled.reason) == ("excluded", "the line was cancelled before its order was imported")


async def test_a_package_that_was_cancelled_before_anybody_saw_it_is_kept_and_never_created(market: Market) -> None:
    await market.begin()
    package = market.buy()
    market.cancel(package)
    await market.sweep()
    assert await market.why_not(package) == CANCELLED_BEFORE


async def test_a_cancelled_package_that_still_shows_its_lines_is_not_created_either(market: Market) -> None:
    await market.begin()
    package = market.buy()
    market.market.packages.change(package, status=1)
    await market.sweep()
    assert await market.why_not(package) == CANCELLED_BEFORE


@pytest.mark.parametrize("status", [4, 5, 6])
async def test_what_had_left_the_brand_before_the_connector_knew_the_channel_is_kept_and_never_created(
    market: Market, status: int
) -> None:
    package = market.buy()
    market.market.move(package, status, **TRACKED)
    await market.kit.later(minutes=5)
    await market.sweep()
    assert await market.why_not(package) == FINISHED_BEFORE
    moved = (await market.rows("movement")).values()
    assert {row.reason for row in moved} <= {"its package needs no order in Omnitron"}
    assert len(moved) == (status != 6)
    await market.kit.later(hours=12)
    market.market.move(package, 5)
    await market.sweep()
    assert not market.orders(package)


async def test_an_old_package_that_omnitron_has_is_adopted(market: Market) -> None:
    package = market.buy()
    order = import_package(market.hub, market.market, package)
    market.market.move(package, 4, **TRACKED)
    await market.kit.later(minutes=5)
    await market.sweep()
    assert (await market.inbox(package)).state == "done"
    assert market.order(package)["pk"] == order["pk"]
    assert market.statuses(package) == ["500"]


async def test_an_old_package_that_was_seen_before_it_left_the_brand_still_becomes_an_order(market: Market) -> None:
    waiting = market.buy(address={"township": "Atlantis"})
    unread = market.buy()
    await market.kit.later(minutes=5)
    await market.run("pull")
    market.kit.sandbox.faults.add("error", path="*/create_orders/", next=1000)
    await market.try_run()
    for package in (waiting, unread):
        market.market.move(package, 4, **TRACKED)
    market.kit.sandbox.faults.clear()
    await market.kit.later(hours=12)
    await market.sweep()
    assert market.statuses(unread) == ["500"]
    assert (await market.parked(waiting))[0] == "address_not_valid"


async def test_a_package_that_cannot_be_read_is_kept_and_parked(market: Market) -> None:
    await market.begin()
    package = market.buy()
    market.market.packages.change(package, order_number=None)
    await market.sweep()
    assert (await market.parked(package))[0] == "record_unreadable"


# --- claims ---------------------------------------------------------------------------------------------------
async def test_a_cancellation_that_was_missed_cancels_its_items(market: Market) -> None:
    package = market.buy(market.skus[0], market.skus[1])
    await market.run()
    market.kit.sandbox.hands.report(market.order(package))
    market.cancel(package, 2)
    await market.kit.later(days=2)
    await market.sweep(window=Window(START - timedelta(hours=1), START + timedelta(hours=1)), fixed_window=True)
    assert market.statuses(package) == ["400", "50"]


async def test_a_cancellation_that_nobody_has_decided_about_is_left_alone(market: Market) -> None:
    package = market.buy()
    reason = market.market.identity("reason", "changed-mind")
    market.market.ask_to_cancel(market.line(package), by=1, reason=reason)
    await market.sweep()
    assert not await market.rows("cancel")


async def test_a_claim_that_cannot_be_read_is_kept_and_parked(market: Market) -> None:
    package = market.buy(market.skus[0], market.skus[1])
    claim = market.cancel(package)
    market.market.claims.change(claim, package_item=None)
    await market.sweep()
    row = (await market.rows("cancel"))[claim["id"]]
    assert (row.state, row.code) == ("parked", "record_unreadable")


@pytest.mark.parametrize("status", ["approved", "rejected"])
async def test_a_return_that_was_decided_before_anybody_saw_it_asks_nothing_of_omnitron(
    market: Market, status: str
) -> None:
    claim = market.ask(await market.delivered())
    market.market.decide_claim(claim, status)
    await market.sweep()
    assert not market.requests(claim)
    rule = f"decided at Fashfed before Omnitron had a request: {status}"
    assert await market.state(claim) == ("excluded", rule)


async def test_a_decision_of_fashfed_about_a_return_that_still_waits_here_is_seen(market: Market) -> None:
    package = market.buy()
    await market.run()
    market.arrive(package)
    claim = market.ask(package)
    await market.pull()
    assert (await market.state(claim))[0] == "parked"
    await market.kit.later(minutes=1)
    market.market.decide_claim(claim, "approved")
    await market.sweep()
    assert (await market.state(claim))[0] == "excluded"


async def test_returns_from_before_refund_start_date_are_not_ours(market: Market) -> None:
    market.set(refund_start_date="2026-03-02T12:00:00Z")
    market.ask(await market.delivered())
    await market.sweep()
    assert not await market.rows("refund")


# --- who takes part -------------------------------------------------------------------------------------------
async def test_only_flows_that_are_on_are_given_anything(market: Market) -> None:
    market.set(feature_flags={**ALL_ON["feature_flags"], "get_orders": False, "get_refund_orders": False})
    package = market.buy()
    market.arrive(package)
    market.ask(package)
    await market.sweep()
    assert not await market.rows("package")
    assert not await market.rows("refund")
    assert set(await market.rows("movement")) == {f"{package['number']}:5"}


async def test_with_every_flow_off_nothing_is_read_and_nothing_counts_as_read(market: Market) -> None:
    market.set(feature_flags=dict.fromkeys(FLAGS, False))
    recorder = market.record()
    await market.sweep()
    assert not recorder.calls("GET", "/packages/")
    assert await market.kit.store().watermark(CHANNEL, "sweep_orders") is None


async def test_a_flow_whose_settings_are_missing_is_named_and_the_others_go_on(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    market.set(cancellation_reason_id="")
    package = market.buy(market.skus[0], market.skus[1])
    market.cancel(package, 2)
    report = await market.sweep()
    assert market.order(package)
    assert not await market.rows("cancel")
    assert "Order Cancel is left out" in caplog.text
    assert "Cancellation Reason ID" in caplog.text
    assert report.errors["settings_invalid"]


async def test_while_the_brand_ships_nothing_is_read_of_what_fashfed_says_of_shipping(market: Market) -> None:
    market.set(send_shipping_info=True)
    await market.begin()
    package = market.buy()
    market.market.move(package, 4, **TRACKED)
    await market.sweep()
    assert not await market.rows("movement")
    assert market.statuses(package) == ["400"]


# --- trouble --------------------------------------------------------------------------------------------------
async def test_a_flow_that_is_at_work_already_keeps_no_other_from_its_own(market: Market) -> None:
    claim = market.ask(await market.delivered())
    missed = market.buy()
    async with market.kit.store().lock(CHANNEL, "order", wait=0):
        with pytest.raises(RunInProgress):
            await market.sweep()
    assert market.requests(claim)
    assert (await market.inbox(missed)).state == "new"
    await market.sweep("apply")
    assert market.order(missed)


async def test_nothing_counts_as_read_before_all_of_it_is_in_the_inbox(market: Market) -> None:
    package = market.buy()
    await market.kit.later(minutes=1)

    def no_claims(request: Request) -> Response | None:
        return Response(502, {}, b"") if "/claims/" in request.url else None

    market.kit.wire.interceptors.append(no_claims)
    with pytest.raises(RemoteUnavailable):
        await market.sweep("pull")
    assert (await market.inbox(package)).state == "new"
    assert await market.kit.store().watermark(CHANNEL, "sweep_orders") is None
    market.kit.wire.interceptors.clear()
    await market.sweep("pull")
    assert await market.kit.store().watermark(CHANNEL, "sweep_orders")


async def test_a_window_of_which_a_list_hides_packages_is_swept_again(market: Market) -> None:
    await market.sweep()
    before = await market.kit.store().watermark(CHANNEL, "sweep_orders")
    packages = [market.buy() for _ in range(120)]
    await market.kit.later(hours=1)
    market.kit.sandbox.faults.add("shifting_page", remote="fashfed", path="*/packages/", rows=-1)
    report = await market.sweep("pull")
    assert report.errors["list_unsteady"]
    assert len(await market.rows("package")) == 119
    assert await market.kit.store().watermark(CHANNEL, "sweep_orders") == before
    market.kit.sandbox.faults.clear()
    await market.sweep("pull")
    assert set(await market.rows("package")) == {package["number"] for package in packages}


async def test_a_backfill_of_a_list_with_gaps_keeps_what_it_shows_and_fails(market: Market) -> None:
    for _ in range(120):
        market.buy()
    await market.kit.later(hours=1)
    market.kit.sandbox.faults.add("shifting_page", remote="fashfed", path="*/packages/", rows=-1)
    with pytest.raises(RemoteUnavailable, match="counts 120 rows"):
        await market.sweep("pull", window=Window(START - timedelta(hours=1), START), fixed_window=True)
    assert len(await market.rows("package")) == 119
    market.kit.sandbox.faults.clear()
    await market.sweep("pull", window=Window(START - timedelta(hours=1), START), fixed_window=True)
    assert len(await market.rows("package")) == 120


async def test_after_an_outage_of_days_the_next_sweep_reads_from_where_the_last_one_was(market: Market) -> None:
    await market.sweep()
    await market.kit.later(hours=1)
    package = market.buy()
    market.market.move(package, 4, **TRACKED)
    await market.kit.later(days=4)
    report = await market.sweep()
    assert report.window == Window(START - timedelta(hours=1), START + timedelta(days=4, hours=1))
    assert market.statuses(package) == ["500"]


async def test_a_window_that_reaches_into_the_future_counts_as_read_up_to_now(market: Market) -> None:
    now = market.kit.clock.now()
    window = Window(now - timedelta(days=1), now + timedelta(days=365))
    await market.sweep("pull", window=window, fixed_window=True)
    assert await market.kit.store().watermark(CHANNEL, "sweep_orders") == now


# --- backfill -------------------------------------------------------------------------------------------------
async def test_a_month_that_is_backfilled_again_writes_nothing() -> None:
    """60 runs over a world with a past: some packages were orders before, some are over, some have to wait."""
    market = Market(Kit.made(packages=60, conf=ALL_ON))
    for package in list(market.market.packages.rows.values())[:30]:
        with suppress(LookupError):  # a place that has to be mapped first
            import_package(market.hub, market.market, package)
    for package in market.market.packages.find("status", 5)[:4]:
        market.ask(package)
    backfill = [
        {"window": Window(end - timedelta(hours=12), end), "fixed_window": True}
        for end in (START - timedelta(days=30) + timedelta(hours=12 * number) for number in range(1, 61))
    ]
    for window in backfill:
        await market.sweep(**window)
    kept = {kind: await market.rows(kind) for kind in ("package", "movement", "refund")}
    assert kept["package"].keys() == market.market.packages.rows.keys()
    assert {row.state for row in kept["package"].values()} == {"done", "excluded", "parked"}
    assert any(row.state == "done" for row in kept["refund"].values())
    recorder = market.record()
    for window in backfill:
        report = await market.sweep(**window)
        assert not report.counts.total()
    written = [(request.method, request.url) for request in recorder.requests if request.method != "GET"]
    assert {url for method, url in written} <= {"https://omnitron.sandbox/api/v1/auth/login/"}
    assert {kind: await market.rows(kind) for kind in kept} == kept
