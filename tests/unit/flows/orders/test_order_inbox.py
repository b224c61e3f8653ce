"""Nothing that Fashfed ever showed is lost: window, watermark, inbox, parking (design.md section 7)."""

from datetime import timedelta

import pytest

from include.clients.transport import Request, Response
from include.domain.run import Window
from include.errors import RemoteUnavailable
from tests.unit.flows.orders.shop import Record, Shop
from tests.virtual_time import START
from tests.worldkit import CHANNEL


def no_second_page(request: Request) -> Response | None:
    """Only first pages can be read."""
    if dict(request.query).get("page", "1") == "1":
        return None
    return Response(502, {"content-type": "text/html"}, b"<html>Bad Gateway</html>")


def asked(recorder: Record) -> list[tuple[str, str | None]]:
    """From when to when each package list was asked for; None: to whatever the market shows."""
    found = [dict(request.query) for request in recorder.calls("GET", "/packages/") if "/items" not in request.url]
    return [(query["updated_at__gte"], query.get("updated_at__lte")) for query in found]


async def test_the_first_run_reads_twelve_hours_back(shop: Shop) -> None:
    recorder = shop.record()
    report = await shop.run("pull")
    assert asked(recorder) == [("2026-03-01T21:00:00Z", None)]
    assert report.window == Window(START - timedelta(hours=12), START)


async def test_later_runs_still_read_twelve_hours_back_while_the_watermark_is_younger(shop: Shop) -> None:
    await shop.run("pull")
    await shop.kit.later(minutes=5)
    recorder = shop.record()
    await shop.run("pull")
    assert asked(recorder)[0][0] == "2026-03-01T21:05:00Z"


async def test_after_an_outage_the_run_reads_from_the_watermark_and_an_overlap(shop: Shop) -> None:
    await shop.run("pull")
    await shop.kit.later(hours=1)
    package = shop.buy()
    await shop.kit.later(days=3)
    recorder = shop.record()
    report = await shop.run()
    assert asked(recorder)[0][0] == "2026-03-02T08:00:00Z"
    assert report.window is not None
    assert report.window.start == START - timedelta(hours=1)
    assert shop.order(package)


async def test_a_package_is_read_at_once_although_the_clock_of_fashfed_is_ahead(shop: Shop) -> None:
    package = shop.buy()
    package["updated_at"] = package["created_at"] = "2026-03-02T09:15:00.000Z"
    await shop.run()
    assert shop.order(package)


async def test_the_watermark_stays_when_a_later_page_cannot_be_read(shop: Shop) -> None:
    await shop.run("pull")
    before = await shop.kit.store().watermark(CHANNEL, "get_orders")
    await shop.kit.later(hours=1)
    packages = [shop.buy() for _ in range(120)]
    shop.kit.wire.interceptors.append(no_second_page)
    with pytest.raises(RemoteUnavailable):
        await shop.run("pull")
    assert (await shop.inbox(packages[0])).state == "new"
    assert await shop.kit.store().watermark(CHANNEL, "get_orders") == before
    shop.kit.wire.interceptors.clear()
    await shop.run("pull")
    assert {(await shop.inbox(package)).state for package in packages} == {"new"}


async def test_what_the_very_first_run_could_not_read_is_read_when_the_outage_is_over(shop: Shop) -> None:
    package = shop.buy()
    shop.kit.sandbox.faults.add("error", remote="fashfed")
    with pytest.raises(RemoteUnavailable):
        await shop.run("pull")
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(days=3)
    await shop.run()
    assert shop.order(package)


async def test_pages_that_shift_while_they_are_read_lose_nothing(shop: Shop) -> None:
    packages = [shop.buy() for _ in range(230)]
    shop.kit.sandbox.faults.add("shifting_page", path="/api/i2/packages/", rows=7)
    shop.kit.sandbox.faults.add("repeated_page", path="/api/i2/packages/", every=3)
    await shop.run("pull")
    assert {(await shop.inbox(package)).state for package in packages} == {"new"}


async def test_a_window_that_somebody_asks_for_is_read_as_it_is_and_leaves_the_watermark(shop: Shop) -> None:
    old = shop.buy()
    await shop.kit.later(days=30)
    await shop.run("pull")
    mark = await shop.kit.store().watermark(CHANNEL, "get_orders")
    recorder = shop.record()
    window = Window(START - timedelta(hours=1), START + timedelta(hours=1))
    report = await shop.run(window=window, fixed_window=True)
    assert asked(recorder) == [("2026-03-02T08:00:00Z", "2026-03-02T10:00:00Z")]
    assert report.window == window
    assert shop.order(old)
    assert await shop.kit.store().watermark(CHANNEL, "get_orders") == mark


async def test_a_later_window_that_somebody_asks_for_leaves_no_hole_behind_the_watermark(shop: Shop) -> None:
    await shop.run("pull")
    await shop.kit.later(hours=20)
    missed = shop.buy()
    await shop.kit.later(hours=20)
    end = START + timedelta(hours=40)
    recorder = shop.record()
    await shop.run("pull", window=Window(end - timedelta(hours=1), end), fixed_window=True)
    assert asked(recorder) == [("2026-03-04T00:00:00Z", "2026-03-04T01:00:00Z")]
    await shop.run()
    assert shop.order(missed)


async def test_a_window_read_again_changes_nothing_that_is_done(shop: Shop) -> None:
    package = shop.buy()
    await shop.run()
    before = dict(shop.order(package))
    window = Window(START - timedelta(hours=1), START + timedelta(hours=1))
    for _ in range(3):
        report = await shop.run(window=window, fixed_window=True)
        assert (report.counts["read"], report.counts["created"]) == (0, 0)
    assert shop.order(package) == before


async def test_a_list_that_hides_a_package_is_read_again_and_keeps_nobody_else_waiting(shop: Shop) -> None:
    await shop.run("pull")
    packages = [shop.buy() for _ in range(120)]
    await shop.kit.later(hours=1)
    shop.kit.sandbox.faults.add("shifting_page", remote="fashfed", path="*/packages/", rows=-1)
    report = await shop.run("pull")
    assert report.errors == {"list_unsteady": 1}
    await shop.run("apply")
    assert sorted(len(shop.orders(package)) for package in packages) == [0, *[1] * 119]
    assert await shop.kit.store().watermark(CHANNEL, "get_orders") == START
    shop.kit.sandbox.faults.clear()
    await shop.run()
    assert {len(shop.orders(package)) for package in packages} == {1}
    assert await shop.kit.store().watermark(CHANNEL, "get_orders") == START + timedelta(hours=1)


async def test_a_list_that_is_always_counted_wrong_does_not_make_the_windows_longer_than_a_day(shop: Shop) -> None:
    await shop.run("pull")
    await shop.kit.later(days=10)
    for _ in range(120):
        shop.buy()
    shop.kit.sandbox.faults.add("shifting_page", remote="fashfed", path="*/packages/", rows=-1)
    await shop.run("pull")
    await shop.kit.later(minutes=5)
    report = await shop.run("pull")
    assert report.window is not None
    assert report.window.start == START + timedelta(days=9) - timedelta(hours=1)
