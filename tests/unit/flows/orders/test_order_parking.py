"""Packages that cannot be applied yet wait, cost nobody else, and come in by themselves (design.md section 7)."""

from datetime import timedelta
from typing import Any

import pytest

from include.sandbox.fashfed import Line
from include.sandbox.seed.catalogue import Article, add_article
from include.sandbox.seed.places import add_mapping
from tests.unit.flows.orders.shop import Shop
from tests.virtual_time import START
from tests.worldkit import CHANNEL, Kit

SOLD_OUT_LONG_AGO = "ESK-0001"


def strange(shop: Shop) -> dict[str, Any]:
    """A package with an SKU that Omnitron does not know."""
    return shop.buy(Line(SOLD_OUT_LONG_AGO), shop.skus[0])


def send_product(shop: Shop) -> None:
    """The brand sends the missing product through the channel."""
    add_article(shop.hub, Article(SOLD_OUT_LONG_AGO, "ESK", "Eski Sezon Tişört", "", "SYH", "M", 199.9, 199.9), 5)


async def test_an_unknown_sku_parks_its_package_with_the_reason_and_the_others_go_on(shop: Shop) -> None:
    good = [shop.buy() for _ in range(3)]
    bad = strange(shop)
    good += [shop.buy() for _ in range(3)]
    report = await shop.run()
    assert await shop.parked(bad) == ("product_unknown", f"Product not found: remote_id={SOLD_OUT_LONG_AGO}")
    assert all(shop.order(package) for package in good)
    assert {name: report.counts[name] for name in ("read", "created", "parked", "failed")} == {
        "read": 7, "created": 6, "parked": 1, "failed": 0,
    }  # fmt: skip
    assert report.errors == {"product_unknown": 1}


async def test_a_parked_package_is_not_tried_before_its_time(shop: Shop) -> None:
    package = strange(shop)
    await shop.run()
    assert (await shop.inbox(package)).due_at == START + timedelta(hours=8)
    await shop.kit.later(hours=7, minutes=59)
    assert (await shop.run()).counts["read"] == 0
    await shop.kit.later(minutes=2)
    assert (await shop.run()).counts["read"] == 1


async def test_packages_come_in_at_once_when_the_product_they_wait_for_has_been_sent(shop: Shop) -> None:
    packages = [strange(shop) for _ in range(3)]
    other = shop.buy("NOBODY-KNOWS")
    await shop.run()
    send_product(shop)
    await shop.kit.later(minutes=5)
    report = await shop.run()
    assert report.counts["created"] == 3
    assert len(shop.items(packages[0])) == 2
    assert (await shop.inbox(packages[0])).state == "done"
    assert (await shop.parked(other))[0] == "product_unknown"


async def test_packages_come_in_at_once_when_their_township_has_been_mapped(shop: Shop) -> None:
    packages = [shop.buy(address={"township": "Merkez", "email": f"b{number}@example.com"}) for number in range(3)]
    other = shop.buy(address={"township": "Nowhere"})
    await shop.run()
    recorder = shop.record()
    await shop.kit.later(minutes=5)
    assert (await shop.run()).counts["read"] == 0
    assert len(recorder.calls("GET", "/townships/")) <= 12, "each place is looked for once, not for each package"
    assert not recorder.calls("POST", "error_reports"), "what is missing was told before"
    city = next(row for row in shop.hub.cities.rows.values() if row["name"] == "İstanbul")
    add_mapping(shop.hub, "township", shop.hub.townships.find("city", city["pk"])[0]["pk"], "Merkez")
    await shop.kit.later(minutes=5)
    assert (await shop.run()).counts["created"] == 3
    assert all(shop.order(package) for package in packages)
    assert (await shop.parked(other))[0] == "address_not_valid"


async def test_packages_come_in_at_once_when_their_carrier_has_been_mapped(shop: Shop) -> None:
    package = shop.buy(carrier="kargoist")
    await shop.run()
    assert (await shop.parked(package))[0] == "cargo_unmapped"
    shop.set(cargo_company_mapping={"default": "3", "kargoist": "99"})
    await shop.kit.later(minutes=5)
    assert (await shop.run()).counts["read"] == 0, "Omnitron has no company 99"
    shop.set(cargo_company_mapping={"default": "3", "kargoist": "2"})
    await shop.kit.later(minutes=5)
    await shop.run()
    assert shop.order(package)["cargo_company"] == 2


async def test_a_cause_that_cannot_be_looked_at_now_keeps_nobody_from_working(shop: Shop) -> None:
    strange(shop)
    await shop.run()
    good = shop.buy()
    fault = shop.kit.sandbox.faults.add("error", path="*/channel/137/products/")
    await shop.kit.later(minutes=5)
    await shop.run()
    assert fault.strikes
    assert shop.order(good)


async def test_a_parked_package_comes_in_although_the_market_does_not_show_it_any_more(shop: Shop) -> None:
    package = strange(shop)
    await shop.run()
    shop.market.move(package, 4)
    send_product(shop)
    await shop.kit.later(days=2)
    await shop.run()
    assert shop.order(package)


async def test_a_package_that_the_market_changed_is_tried_again_at_once(shop: Shop) -> None:
    package = shop.buy(address={"township": "No such place"})
    await shop.run()
    await shop.kit.later(minutes=5)
    package["shipping_address"]["township"] = package["billing_address"]["township"] = "Kadıköy"
    package["updated_at"] = shop.market.now()
    await shop.run()
    assert shop.township(package) == "Kadıköy"


async def test_after_its_retries_a_package_rests_until_the_failure_expires(shop: Shop) -> None:
    shop.set(FAILED_INTEGRATION={"order": {"RETRY_INTERVAL": 600, "EXPIRATION_DATE": 7200, "MAX_RETRY_COUNT": 2}})
    package = strange(shop)
    tries = []
    for minute in range(0, 180, 10):
        await shop.kit.later(seconds=START.timestamp() + minute * 60 - shop.kit.clock.now().timestamp())
        if (await shop.run()).counts["read"]:
            tries.append(minute)
    assert tries == [0, 10, 20, 120, 130, 140]
    assert await shop.parked(package)


async def test_a_row_that_nobody_can_read_costs_only_itself(shop: Shop) -> None:
    good, bad = shop.buy(), shop.buy()
    shop.market.packages.rows[bad["number"]] |= {"status": 2, "order_number": None}
    report = await shop.run()
    assert shop.order(good)
    code, reason = await shop.parked(bad)
    assert code == "record_unreadable"
    assert reason is not None
    assert reason.startswith(f"Package {bad['number']} cannot be read: order_number")
    assert report.counts["parked"] == 1
    bad["order_number"] = good["order_number"]
    await shop.run()
    assert shop.order(bad), "it is taken up as soon as it can be read, also when its date stayed"


async def test_a_row_without_even_a_key_is_said_in_the_log_and_counted(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = shop.buy(), shop.buy()
    bad["number"] = None
    report = await shop.run()
    assert shop.order(good)
    assert (report.counts["failed"], report.errors["record_unreadable"]) == (1, 1)
    assert "A package without a readable key was shown" in caplog.text


async def test_an_unreadable_line_costs_only_its_package(shop: Shop) -> None:
    good, bad = shop.buy(), shop.buy()
    shop.market.items.rows[f"{bad['number']}-1"]["price"] = "expensive"
    await shop.run()
    assert shop.order(good)
    code, reason = await shop.parked(bad)
    assert code == "record_unreadable"
    assert f"line {bad['number']}-1: price" in str(reason)


async def test_unknown_fields_and_values_of_the_market_disturb_nobody(shop: Shop) -> None:
    package = shop.buy()
    package |= {"gift": {"paper": "red"}, "loyalty": None}
    shop.market.items.rows[f"{package['number']}-1"] |= {"status": 99, "options": [1]}
    await shop.run()
    assert shop.order(package)


@pytest.mark.parametrize("kind", ["html", "error", "invalid_json", "truncated"])
@pytest.mark.parametrize("part", ["packages/{number}/items/", "orders/{order_number}/"])
async def test_a_poisoned_answer_costs_only_its_package_and_this_one_without_a_penalty(
    shop: Shop, kind: str, part: str
) -> None:
    good, bad = [shop.buy() for _ in range(12)], shop.buy()
    shop.kit.sandbox.faults.add(kind, path=f"/api/i2/{part.format(**bad)}")
    await shop.try_run()
    assert all(shop.order(package) for package in good)
    row = await shop.inbox(bad)
    assert (row.state, row.penalty) == ("new", None)
    shop.kit.sandbox.faults.clear()
    await shop.kit.later(minutes=5)
    await shop.run()
    assert shop.order(bad)


@pytest.mark.parametrize("amounts", [{"price": None}, {"price": -5}, {"discount_amount": 10**6}, {"tax_rate": None}])
async def test_amounts_that_cannot_be_make_the_package_wait(shop: Shop, amounts: dict[str, Any]) -> None:
    package = shop.buy()
    shop.market.items.rows[f"{package['number']}-1"] |= amounts
    await shop.run()
    code, reason = await shop.parked(package)
    assert code == "order_amounts"
    assert str(reason).startswith(f"Package {package['number']} does not add up: line {package['number']}-1 has ")


async def test_a_package_cancelled_between_pull_and_apply_needs_no_order(shop: Shop) -> None:
    package = shop.buy()
    await shop.run("pull")
    item = shop.market.items.rows[f"{package['number']}-1"]
    reason = next(row["id"] for row in shop.market.reasons.rows.values() if row["type"] == "cancel")
    shop.market.cancel_item(item, by=1, reason=reason)
    await shop.run("apply")
    row = await shop.inbox(package)
    assert (row.state, row.reason) == ("excluded", "cancelled before it was imported")
    assert not shop.hub.orders.rows


async def test_a_package_that_is_shown_without_lines_waits(shop: Shop) -> None:
    package = shop.buy()
    shop.market.items.remove(shop.market.items.rows[f"{package['number']}-1"])
    await shop.run()
    assert await shop.parked(package) == ("order_empty", f"Package {package['number']} has no items")


async def test_a_package_that_goes_on_before_it_is_applied_still_becomes_an_order(shop: Shop) -> None:
    package = shop.buy()
    await shop.run("pull")
    shop.market.move(package, 4)
    await shop.run("apply")
    assert shop.order(package)


async def test_a_number_that_is_too_long_makes_the_package_wait_and_names_the_setting(shop: Shop) -> None:
    shop.set(order_number_format="F" * 120 + "{id}")
    package = shop.buy()
    await shop.run()
    code, reason = await shop.parked(package)
    assert (code, str(reason)[-38:]) == ("order_number_too_long", "has 136 characters; Omnitron takes 128")


async def test_a_refused_order_is_told_with_the_refusal_penalised_and_tried_again(shop: Shop) -> None:
    sku = shop.skus[0]
    package = shop.buy(sku)
    other = shop.buy(shop.skus[1])
    product = shop.hub.products.find("sku", sku)[0]
    await shop.kit.store().cache(f"products:{CHANNEL}", {sku: 999_999}, expires_at=START + timedelta(days=1))
    report = await shop.run()
    code, reason = await shop.parked(package)
    assert code == "order_refused"
    assert "999999" in str(reason)
    assert (report.counts["failed"], report.counts["created"]) == (1, 1)
    assert shop.order(other)
    await shop.kit.later(hours=8)
    await shop.run()
    assert shop.items(package)[0]["product"] == product["pk"]


async def test_the_inbox_accounts_for_every_package_of_a_lifelike_market() -> None:
    """Of 60 seeded packages those that need a person wait, all others that are in Preparing are orders."""
    shop = Shop(Kit.made(packages=60))
    shown = shop.market.packages.find("status", 2)
    report = await shop.run()
    states = {package["number"]: (await shop.inbox(package)).state for package in shown}
    waiting = [number for number, state in states.items() if state == "parked"]
    assert report.counts["created"] == len(shop.hub.orders) == len(shown) - len(waiting)
    assert set(states.values()) == {"done", "parked"}
    assert set(report.errors) == {"address_not_valid", "cargo_unmapped", "product_unknown"}
    assert sum(report.errors.values()) == report.counts["parked"] == len(waiting)
