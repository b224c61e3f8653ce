"""The market: batches, packages, orders and claims (api/fashfed.md section 4)."""

from typing import Any

import pytest

from include.sandbox import Line, Sandbox
from tests.unit.sandbox.callers import Caller, HandClock


async def _send(market: Caller, items: list[dict[str, Any]], kind: str = "stocks") -> dict[str, Any]:
    status, ticket = await market.post(f"offers/{kind}/", {"items": items})
    assert status == 202, ticket
    return dict(ticket)


async def test_a_batch_waits_works_and_completes_with_a_result_per_sku(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    sku = sandbox.skus_on_sale()[0]
    ticket = await _send(market, [{"sku": sku, "stock": 4321}, {"sku": "NO-SUCH-SKU", "stock": 1}])
    states = [ticket["status"]]
    for _ in range(2):
        clock.pass_time(0.5)
        _, batch = await market.get(f"batches/{ticket['id']}/")
        states.append(batch["status"])
    assert states == ["waiting", "processing", "completed"]
    assert [item["status"] for item in batch["items"]] == ["success", "failed"]
    assert batch["items"][1]["errors"] == {"sku": ["Unknown SKU."]}
    assert [offer["stock"] for offer in await market.rows("offers/", sku=sku)] == [4321]


async def test_batches_take_effect_in_the_order_of_submission(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    sku = sandbox.skus_on_sale()[0]
    for value in (5, 9, 7):
        await _send(market, [{"sku": sku, "stock": value}])
    clock.pass_time(1)
    assert [offer["stock"] for offer in await market.rows("offers/", sku__in=sku)] == [7]


@pytest.mark.parametrize(
    "items",
    [
        [],
        None,
        [{"sku": "a", "stock": 1}] * 51,
        [{"sku": "a", "stock": 1}, {"sku": "b", "stock": -1}],
        [{"sku": "a"}],
        [{"sku": "a", "stock": 1.5}],
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(market: Caller, sandbox: Sandbox, items: object) -> None:
    status, data = await market.post("offers/stocks/", {"items": items})
    assert (status, list(data)) == (400, ["items"])
    assert not sandbox.fashfed.batches.rows


@pytest.mark.parametrize(
    ("fate", "status", "state"), [("failed", 200, "failed"), ("lost", 404, None), ("stuck", 200, "waiting")]
)
async def test_batches_can_fail_get_lost_and_get_stuck(
    market: Caller, sandbox: Sandbox, clock: HandClock, fate: str, status: int, state: str | None
) -> None:
    sandbox.fashfed.next_batches.append(fate)
    sku = sandbox.skus_on_sale()[0]
    before = sandbox.fashfed.offers.rows[sku]["stock"]
    ticket = await _send(market, [{"sku": sku, "stock": before + 1}])
    clock.pass_time(60)
    answered, batch = await market.get(f"batches/{ticket['id']}/")
    assert (answered, batch.get("status")) == (status, state)
    assert sandbox.fashfed.offers.rows[sku]["stock"] == before


async def test_prices_and_products_go_the_same_way(market: Caller, sandbox: Sandbox, clock: HandClock) -> None:
    sku = sandbox.skus_on_sale()[0]
    await _send(market, [{"sku": sku, "price": 99.9, "retail_price": 120}], "prices")
    leaf = sandbox.fashfed.categories[0]["children"][0]["children"][0]["id"]
    suggestion = {
        "sku": "NEW-1", "base_code": "NEW", "name": "Yeni Elbise", "category": leaf, "images": ["https://x/1.jpg"],
        "attributes": {"COLOR": "SYH", "SIZE": "M"}, "offer": {"stock": 3, "price": 10},
    }  # fmt: skip
    incomplete = {**suggestion, "sku": "NEW-2", "attributes": {"COLOR": "SYH"}}
    _, ticket = await market.post("products/batch/", {"items": [suggestion, incomplete]})
    clock.pass_time(1)
    _, batch = await market.get(f"batches/{ticket['id']}/")
    assert batch["items"][1]["errors"] == {"attributes": {"SIZE": ["This attribute is required."]}}
    assert [offer["price"] for offer in await market.rows("offers/", sku__in=f"{sku},NEW-1")] == [99.9, 10]


async def test_packages_are_listed_by_one_status_and_by_window(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    before = {row["number"] for row in await market.rows("packages/", status=2, limit=100)}
    clock.pass_time(60)
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    clock.pass_time(60)
    window = {"updated_at__gte": "2026-03-02T10:01:00Z", "updated_at__lte": "2026-03-02T13:01:00+03:00"}
    assert [row["number"] for row in await market.rows("packages/", status=2, **window)] == [package["number"]]
    assert package["number"] not in before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "2,4"}, "status"),
        ({"status": "Preparing"}, "status"),
        ({"updated_at__gte": "today"}, "updated_at__gte"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(market: Caller, query: dict[str, str], field: str) -> None:
    status, data = await market.get("packages/", **query)
    assert (status, list(data)) == (400, [field])


async def test_lists_are_paged_ten_at_a_time_and_at_most_a_hundred(market: Caller, sandbox: Sandbox) -> None:
    _, page = await market.get("packages/")
    assert (len(page["results"]), page["previous"]) == (10, None)
    assert page["next"].startswith("https://fashfed.sandbox/api/i2/packages/?page=2")
    for _ in range(100):
        sandbox.place_order([sandbox.skus_on_sale()[0]])
    assert len(await market.rows("packages/", limit=1000)) == 100
    assert (await market.get("packages/", page=999))[0] == 404


async def test_items_are_paged_and_the_order_names_all_its_packages_and_its_shipping_amount(
    market: Caller, sandbox: Sandbox
) -> None:
    first, second, *_ = sandbox.skus_on_sale()
    lines = [*(Line(first) for _ in range(12)), Line(second, quantity=3, parcel=1)]
    packages = sandbox.place_order(lines, shipping_amount=49.9)
    _, page = await market.get(f"packages/{packages[0]['number']}/items/")
    assert (page["count"], len(page["results"])) == (12, 10)
    (item,) = await market.rows(f"packages/{packages[1]['number']}/items/")
    assert (item["product"], item["quantity"]) == (second, 3)
    _, order = await market.get(f"orders/{packages[0]['order_number']}/")
    assert order["shipping_amount"] == 49.9
    assert [package["number"] for package in order["packages"]] == [package["number"] for package in packages]


async def test_a_package_only_moves_forward(market: Caller, sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    path = f"packages/{package['number']}/"
    assert (await market.patch(path, {"status": 4, "tracking_number": "77"}))[0] == 200
    assert (await market.patch(path, {"status": 4}))[0] == 200
    assert (await market.patch(path, {"status": 2}))[0] == 400
    assert (await market.patch(path, {"status": 1}))[0] == 400
    assert (await market.patch(path, {}))[0] == 400
    (item,) = await market.rows(path + "items/")
    assert (item["status"], item["tracking_number"]) == (4, "77")


async def test_a_split_makes_new_packages_and_leaves_at_least_one_line(market: Caller, sandbox: Sandbox) -> None:
    skus = sandbox.skus_on_sale()[:2]
    (package,) = sandbox.place_order([Line(skus[0], quantity=3), Line(skus[1])])
    number = package["number"]
    all_lines = [{"number": f"{number}-1"}, {"number": f"{number}-2"}]
    assert (await market.post(f"packages/{number}/split/", {"packages": [{"items": all_lines}]}))[0] == 400
    body = {"packages": [{"items": [{"number": f"{number}-1", "quantity": 2}]}]}
    status, data = await market.post(f"packages/{number}/split/", body)
    assert status == 200
    parts = [await market.rows(f"packages/{part['number']}/items/") for part in data["packages"]]
    assert [[(item["product"], item["quantity"]) for item in part] for part in parts] == [
        [(skus[0], 1), (skus[1], 1)],
        [(skus[0], 2)],
    ]
    await market.patch(f"packages/{number}/", {"status": 4})
    assert (await market.post(f"packages/{number}/split/", body))[0] == 400


async def test_a_seller_cancel_comes_back_as_a_claim_and_empties_the_package(market: Caller, sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    reason = (await market.rows("claims/reasons/", type="cancel"))[0]["id"]
    body = {"items": [{"number": f"{package['number']}-1", "reason": reason, "detail": "Stokta yok"}]}
    status, _ = await market.post(f"packages/{package['number']}/cancel/", body)
    assert status == 200
    (claim,) = await market.rows("claims/", type="cancel", status="completed", cancelled_by=2)
    assert claim["package_item"] == f"{package['number']}-1"
    assert await market.rows(f"packages/{package['number']}/items/") == []
    assert [row["number"] for row in await market.rows("packages/", status=1, number=package["number"])]


async def test_a_refund_is_decided_once(market: Caller, sandbox: Sandbox) -> None:
    item = next(iter(sandbox.fashfed.items.rows.values()))
    reason = (await market.rows("claims/reasons/", type="refund"))[0]["id"]
    claim = sandbox.fashfed.claim(item, "refund", "waiting", reason=reason, detail="Küçük", cancelled_by=None)
    (found,) = await market.rows("claims/", type="refund", status__in="open,waiting")
    assert found["reason"]["translations"]["tr-tr"] == "Küçük geldi"
    assert (await market.post(f"claims/{claim['id']}/reject/", {}))[0] == 400
    assert (await market.post(f"claims/{claim['id']}/reject/", {"reason": "Damaged"}))[1]["status"] == "rejected"
    assert (await market.post(f"claims/{claim['id']}/approve/"))[0] == 400


async def test_a_label_is_a_pdf(market: Caller, sandbox: Sandbox) -> None:
    (package,) = sandbox.place_order([sandbox.skus_on_sale()[0]])
    answer = await market.raw("GET", f"packages/{package['number']}/label/")
    assert (answer.headers["content-type"], answer.body[:5]) == ("application/pdf", b"%PDF-")
