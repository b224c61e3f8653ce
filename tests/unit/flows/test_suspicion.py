"""Records that transport trouble hits alone: bad luck at first, their own fault when it goes on."""

from typing import Any

import pytest

from include.clients.transport import Request, Response
from include.errors import RemoteUnavailable, RetryNow
from tests.worldkit import CHANNEL, Kit

_PAGE = Response(502, {"content-type": "text/html"}, b"<html>Bad Gateway</html>")


async def test_the_product_of_a_line_that_cannot_be_asked_for_is_no_unknown_product(kit: Kit) -> None:
    odd, good = kit.sandbox.skus_on_sale()[:2]
    [waiting], [fine] = kit.sandbox.place_order([odd]), kit.sandbox.place_order([good])
    kit.wire.interceptors.append(lambda request: _spoil(request, odd))
    for _ in range(2):
        with pytest.raises(RetryNow):
            await kit.run("get_orders")
        row = await kit.store().inbox_row(CHANNEL, "package", waiting["number"])
        assert row is not None
        assert (row.state, row.penalty) == ("new", None)
        kit.sandbox.place_order([good])
        await kit.store().uncache(f"products:{CHANNEL}", [good])
    numbers = {order["extra_field"]["id"] for order in kit.sandbox.omnitron.orders.rows.values()}
    assert fine["number"] in numbers
    await kit.run("get_orders")
    row = await kit.store().inbox_row(CHANNEL, "package", waiting["number"])
    assert row is not None
    assert (row.state, row.code) == ("parked", "record_unreadable")


def _spoil(request: Request, sku: str) -> Response | None:
    query: dict[str, Any] = dict(request.query)
    asked = query.get("remote_id__in", "") + "," + query.get("sku__in", "")
    return _PAGE if sku in asked.split(",") else None


async def test_a_refusal_that_cannot_be_read_leaves_the_package_to_the_next_run_until_it_goes_on(kit: Kit) -> None:
    [package] = kit.sandbox.place_order([kit.sandbox.skus_on_sale()[0]])
    page = Response(400, {"content-type": "text/html"}, b"<html>blocked</html>")
    kit.wire.interceptors.append(
        lambda request: page if request.method == "POST" and request.url.endswith("/addresses/") else None
    )
    for _ in range(2):
        with pytest.raises(RemoteUnavailable, match="not a refusal in JSON"):
            await kit.run("get_orders")
        await kit.later(minutes=5)
    await kit.run("get_orders")
    row = await kit.store().inbox_row(CHANNEL, "package", package["number"])
    assert row is not None
    assert (row.state, row.code) == ("parked", "refused")


async def test_bad_luck_is_forgotten_after_an_hour(kit: Kit) -> None:
    [package] = kit.sandbox.place_order([kit.sandbox.skus_on_sale()[0]])
    page = Response(400, {"content-type": "text/html"}, b"<html>blocked</html>")
    kit.wire.interceptors.append(
        lambda request: page if request.method == "POST" and request.url.endswith("/addresses/") else None
    )
    for _ in range(4):
        with pytest.raises(RemoteUnavailable):
            await kit.run("get_orders")
        await kit.later(minutes=61)
    kit.wire.interceptors.clear()
    await kit.run("get_orders")
    assert [order["extra_field"]["id"] for order in kit.sandbox.omnitron.orders.rows.values()] == [package["number"]]
