"""Customers found, corrected or created, and addresses reused (api/omnitron.md section 7)."""

from typing import Any

import pytest

from tests.unit.flows.orders.shop import Shop

COMPANY = {
    "company_name": "Yıldız Tekstil A.Ş.", "tax_office": "Kadıköy", "tax_no": "1234567890", "e_bill_taxpayer": True,
    "first_name": None, "last_name": None, "line": "Plaza 4", "identity_number": None,
}  # fmt: skip


def customer(shop: Shop, package: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shop.hub.customers.rows[shop.order(package)["customer"]]
    return found


async def known(shop: Shop, **facts: Any) -> dict[str, Any]:
    """A customer that Omnitron has from elsewhere."""
    row = {"email": "ayse.yilmaz@example.com", "phone_number": "+905320000001", "first_name": "Ayşe",
           "last_name": "Yılmaz", "channel": 137, "channel_code": "elsewhere", "is_active": True}  # fmt: skip
    added: dict[str, Any] = shop.hub.customers.add(row | facts)
    return added


async def test_a_new_buyer_becomes_a_customer_of_the_channel(shop: Shop) -> None:
    package = shop.buy()
    await shop.run()
    made = customer(shop, package)
    assert {name: made[name] for name in ("email", "first_name", "last_name", "phone_number", "is_active")} == {
        "email": "ayse.yilmaz@example.com", "first_name": "Ayşe", "last_name": "Yılmaz",
        "phone_number": "+905320000001", "is_active": True,
    }  # fmt: skip
    assert len(shop.hub.customers) == 1


async def test_a_buyer_that_omnitron_knows_is_found_by_mail_and_left_as_it_is(shop: Shop) -> None:
    before = await known(shop)
    recorder = shop.record()
    package = shop.buy()
    await shop.run()
    assert customer(shop, package)["pk"] == before["pk"]
    assert not recorder.calls("PATCH", "/customers/")


async def test_a_known_buyer_with_a_new_name_and_phone_is_corrected(shop: Shop) -> None:
    before = await known(shop, first_name="Ayse", phone_number=None)
    package = shop.buy()
    recorder = shop.record()
    await shop.run()
    assert customer(shop, package) is before
    assert (before["first_name"], before["phone_number"]) == ("Ayşe", "+905320000001")
    assert recorder.bodies("PATCH", "/customers/") == [{"first_name": "Ayşe", "phone_number": "+905320000001"}]


async def test_a_returning_buyer_costs_no_look_up_and_a_renamed_one_is_corrected(shop: Shop) -> None:
    shop.buy()
    await shop.run()
    recorder = shop.record()
    shop.buy()
    await shop.run()
    assert not recorder.calls("GET", "/customers/")
    assert not recorder.calls("POST", "/customers/")
    package = shop.buy(address={"last_name": "Kaya"})
    await shop.run()
    assert customer(shop, package)["last_name"] == "Kaya"
    assert len(shop.hub.customers) == 1


async def test_a_buyer_may_be_known_by_phone_instead_of_mail(shop: Shop) -> None:
    shop.set(CUSTOMER_IDENTIFIER_FIELD="phone_number")
    before = await known(shop, email="old@example.com")
    package = shop.buy()
    await shop.run()
    assert customer(shop, package)["pk"] == before["pk"]


async def test_many_orders_of_one_new_buyer_make_one_customer_and_one_address(shop: Shop) -> None:
    packages = [shop.buy() for _ in range(8)]
    await shop.run()
    assert len({customer(shop, package)["pk"] for package in packages}) == 1
    assert (len(shop.hub.customers), len(shop.hub.addresses)) == (1, 1)


async def test_a_buyer_without_a_mail_makes_the_order_wait_and_says_why(shop: Shop) -> None:
    package = shop.buy(address={"email": None})
    await shop.run()
    assert await shop.parked(package) == ("customer_incomplete", "The buyer has no email")


async def test_shipping_and_billing_addresses_are_two_when_they_differ(shop: Shop) -> None:
    package = shop.buy(billing={**shop.buy()["billing_address"], "line": "Fatura Cad. 1"})
    await shop.run()
    assert shop.address(package)["line"] == "Gül Sok. No: 5 D: 3"
    assert shop.address(package, "billing")["line"] == "Fatura Cad. 1"


@pytest.mark.parametrize("billing", [None, {}, {"email": "ayse.yilmaz@example.com", "line": "", "city": None}])
async def test_an_empty_billing_address_is_the_shipping_address(shop: Shop, billing: dict[str, Any] | None) -> None:
    package = shop.buy()
    package["billing_address"] = billing
    await shop.run()
    assert shop.order(package)["billing_address"] == shop.order(package)["shipping_address"]


async def test_a_company_buys_with_its_name_and_tax_number(shop: Shop) -> None:
    package = shop.buy(billing={**shop.buy()["shipping_address"], **COMPANY})
    await shop.run()
    billing = shop.address(package, "billing")
    assert {name: billing[name] for name in ("company_name", "tax_office", "tax_no", "e_bill_taxpayer", "line")} == {
        name: COMPANY[name] for name in ("company_name", "tax_office", "tax_no", "e_bill_taxpayer", "line")
    }


async def test_an_address_that_omnitron_has_already_is_found_by_its_hash_and_reused(shop: Shop) -> None:
    first = shop.buy()
    await shop.run()
    shop.kit.database.identities.clear()
    recorder = shop.record()
    second = shop.buy()
    await shop.run()
    assert shop.order(second)["shipping_address"] == shop.order(first)["shipping_address"]
    assert len(recorder.calls("POST", "/addresses/")) == 1
    assert len(recorder.calls("GET", "/addresses/")) == 1


async def test_a_known_address_costs_no_call_in_later_runs(shop: Shop) -> None:
    shop.buy()
    await shop.run()
    recorder = shop.record()
    package = shop.buy()
    await shop.run()
    assert not recorder.calls("POST", "/addresses/")
    assert not recorder.calls("GET", "/addresses/")
    assert shop.address(package)["line"] == "Gül Sok. No: 5 D: 3"


async def test_the_same_door_of_another_buyer_is_another_address(shop: Shop) -> None:
    mine, yours = shop.buy(), shop.buy(address={"email": "mehmet@example.com"})
    await shop.run()
    assert shop.address(mine)["pk"] != shop.address(yours)["pk"]
    assert shop.address(yours)["customer"] == customer(shop, yours)["pk"]


async def test_an_address_line_is_never_cut_the_order_waits_instead(shop: Shop) -> None:
    package = shop.buy(address={"line": "x" * 256})
    await shop.run()
    code, reason = await shop.parked(package)
    assert code == "address_too_long"
    assert reason == "line of the shipping address has 256 characters; Omnitron takes 255"


async def test_remarks_are_shortened_with_a_warning(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    package = shop.buy(address={"notes": "n" * 600})
    await shop.run()
    assert len(shop.address(package)["notes"]) == 512
    assert "The shipping address is shortened in: notes" in caplog.text


async def test_a_package_without_a_shipping_address_waits(shop: Shop) -> None:
    package = shop.buy()
    package["shipping_address"] = {}
    await shop.run()
    assert await shop.parked(package) == ("address_incomplete", "The shipping address has no line, city")
