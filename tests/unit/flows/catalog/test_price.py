"""Which prices the flow ``price`` sends (reference/flows.md 4.8)."""

from typing import Any

import pytest

from tests.unit.flows.catalog.shelf import brand, offer, penalties, skus, told
from tests.worldkit import Kit


def sent_prices(kit: Kit) -> list[dict[str, Any]]:
    """What went to Fashfed, in order."""
    return [item for body in kit.wire.bodies("POST", "/offers/prices/") for item in body["items"]]


async def test_a_changed_price_arrives_with_retail_price_currency_and_tax(listed: Kit) -> None:
    sku = skus(listed)[0]
    brand(listed).set_price(sku, "149.905", "199.90")
    report = await listed.run("price")
    assert sent_prices(listed) == [
        {"sku": sku, "price": 149.91, "retail_price": 199.9, "currency": "TRY", "tax_rate": 10.0}
    ]
    assert offer(listed, sku)["price"] == 149.91
    assert (report.counts["sent"], report.counts["updated"]) == (1, 1)


async def test_an_equal_price_is_not_sent_again(listed: Kit) -> None:
    sku = skus(listed)[0]
    row = brand(listed).row("productprice", sku)
    assert row
    brand(listed).set_price(sku, row["price"])
    report = await listed.run("price")
    assert sent_prices(listed) == []
    assert report.counts["unchanged"] == 1
    assert (await listed.run("price")).counts["read"] == 0


@pytest.mark.parametrize(
    ("price", "retail", "code"),
    [
        ("0.00", "100.00", "price_invalid"),
        ("-5.00", "100.00", "price_invalid"),
        ("0.004", "100.00", "price_invalid"),
        ("100.01", "100.00", "price_above_retail"),
    ],
)
async def test_a_wrong_price_is_refused_by_name_and_costs_only_its_sku(
    listed: Kit, price: str, retail: str, code: str
) -> None:
    odd, good = skus(listed)[:2]
    before = offer(listed, odd)["price"]
    brand(listed).set_price(odd, price, retail)
    brand(listed).set_price(good, "50.00", "60.00")
    report = await listed.run("price")
    assert report.errors == {code: 1}
    assert odd in (await told(listed, "price"))[odd]
    assert (offer(listed, odd)["price"], offer(listed, good)["price"]) == (before, 50.0)
    assert len(penalties(listed, "productprice")) == 1


async def test_a_price_without_a_currency_is_refused(listed: Kit) -> None:
    sku = skus(listed)[0]
    row = brand(listed).set_price(sku, "50.00", "60.00")
    row["currency_type"] = None
    assert (await listed.run("price")).errors == {"currency_unknown": 1}


async def test_without_a_retail_price_only_the_price_goes(listed: Kit) -> None:
    sku = skus(listed)[0]
    row = brand(listed).set_price(sku, "50.00", "60.00")
    row["retail_price"] = None
    await listed.run("price")
    assert "retail_price" not in sent_prices(listed)[0]
