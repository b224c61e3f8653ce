"""Country, city, township and neighbourhood: by name, else by mapping, each exactly one (api/omnitron.md section 7)."""

from typing import Any

import pytest

from tests.unit.flows.orders.shop import Shop

VILLAGE = "Şehit Bülent Aydın Köyü"


def map_township(shop: Shop, city: str, township: str, code: str) -> None:
    """An operator maps what Fashfed writes to a township of Omnitron."""
    city_pk = next(row["pk"] for row in shop.hub.cities.rows.values() if row["name"] == city)
    row = next(row for row in shop.hub.townships.find("city", city_pk) if row["name"] == township)
    shop.hub.location_codes["township"].setdefault(row["pk"], []).append((code, "sales_channel"))


@pytest.mark.parametrize(
    ("city", "township", "found"),
    [
        ("İstanbul", "Kadıköy", "Kadıköy"),
        ("İSTANBUL", "KADIKÖY", "Kadıköy"),
        ("istanbul", "kadıköy", "Kadıköy"),
        ("ISTANBUL", "ŞİŞLİ", "Şişli"),
        ("İzmir", "ÇİĞLİ", "Çiğli"),
        ("IĞDIR", "TUZLUCA", "Tuzluca"),
        ("  Ankara ", " Çankaya", "Çankaya"),
        ("Ankara", "ÇANKAYA", "Çankaya"),
    ],
)
async def test_a_township_is_found_by_its_name_however_turkish_letters_are_cased(
    shop: Shop, city: str, township: str, found: str
) -> None:
    package = shop.buy(address={"city": city, "township": township})
    await shop.run()
    assert shop.township(package) == found


@pytest.mark.parametrize("country", [{"country_code": "TR"}, {"country_code": "tr"}, {"country_code": None}])
async def test_a_country_is_found_by_its_code_in_either_case_or_by_its_name(
    shop: Shop, country: dict[str, Any]
) -> None:
    package = shop.buy(address=country)
    await shop.run()
    assert shop.address(package)["country"] == 1


async def test_a_country_with_an_unknown_code_is_found_by_its_name(shop: Shop) -> None:
    package = shop.buy(address={"country_code": "TUR", "country": "Türkiye"})
    await shop.run()
    assert shop.address(package)["country"] == 1


async def test_a_name_that_omnitron_lacks_is_found_by_its_mapping_below_the_parent(shop: Shop) -> None:
    package = shop.buy(address={"city": "İstanbul", "township": "Eyüp"})
    elsewhere = shop.buy(address={"city": "Ankara", "township": "Eyüp"})
    await shop.run()
    assert shop.township(package) == "Eyüpsultan"
    assert (await shop.parked(elsewhere))[0] == "address_not_valid"


@pytest.mark.parametrize(("with_channel", "code"), [(False, VILLAGE), (True, f"137_{VILLAGE}")])
async def test_the_mapping_code_bears_the_channel_only_if_the_setting_says_so(
    shop: Shop, with_channel: bool, code: str
) -> None:
    shop.set(use_channel_id_in_address_mapping=with_channel)
    package = shop.buy(address={"city": "Iğdır", "township": VILLAGE})
    await shop.run()
    await shop.parked(package)
    assert shop.hub.location_reports[0]["remote_code"] == code
    map_township(shop, "Iğdır", "Tuzluca", VILLAGE if with_channel else f"137_{VILLAGE}")
    await shop.kit.later(hours=8)
    await shop.run("apply")
    await shop.parked(package)
    map_township(shop, "Iğdır", "Tuzluca", code)
    await shop.kit.later(hours=8)
    await shop.run("apply")
    assert shop.township(package) == "Tuzluca"


async def test_an_unknown_township_parks_the_order_with_the_specs_message(shop: Shop) -> None:
    package = shop.buy(address={"city": "Iğdır", "township": VILLAGE})
    await shop.run()
    city = next(row["pk"] for row in shop.hub.cities.rows.values() if row["name"] == "Iğdır")
    message = f"Address is not valid. channel: 137 code: {VILLAGE} model: Township city id: {city}, city name: Iğdır"
    assert await shop.parked(package) == ("address_not_valid", message)


async def test_a_place_is_reported_once_a_run_however_many_orders_wait_for_it(shop: Shop) -> None:
    packages = [shop.buy(address={"city": "Iğdır", "township": VILLAGE, "email": f"b{n}@x.de"}) for n in range(60)]
    report = await shop.run()
    assert (report.counts["parked"], report.errors) == (60, {"address_not_valid": 60})
    assert len(shop.hub.location_reports) == 1
    told = shop.hub.location_reports[0]
    assert (told["type"], told["name"], told["remote_code"]) == ("township", VILLAGE, VILLAGE)
    assert {report["action_object_id"] for report in shop.hub.error_reports.rows.values()} == {0}
    assert all([(await shop.parked(package))[0] == "address_not_valid" for package in packages])


async def test_an_order_waits_for_the_township_also_when_its_report_cannot_be_written(shop: Shop) -> None:
    shop.kit.sandbox.faults.add("error", path="*/error_reports/*")
    package = shop.buy(address={"city": "Iğdır", "township": VILLAGE})
    await shop.run()
    assert (await shop.parked(package))[0] == "address_not_valid"


async def test_two_rows_of_one_name_are_no_match_until_one_is_mapped(shop: Shop) -> None:
    city = next(row["pk"] for row in shop.hub.cities.rows.values() if row["name"] == "Iğdır")
    twins = [shop.hub.townships.add({"name": "Yeni", "city": city, "postcode": "", "is_active": True}) for _ in "ab"]
    package = shop.buy(address={"city": "Iğdır", "township": "Yeni"})
    await shop.run()
    code, reason = await shop.parked(package)
    assert code == "address_ambiguous"
    assert reason is not None
    assert reason.endswith("(2 rows match)")
    shop.hub.location_codes["township"][twins[1]["pk"]] = [("Yeni", "sales_channel")]
    await shop.kit.later(hours=8)
    await shop.run("apply")
    assert shop.address(package)["township"] == twins[1]["pk"]


async def test_an_inactive_township_is_not_used(shop: Shop) -> None:
    city = next(row["pk"] for row in shop.hub.cities.rows.values() if row["name"] == "İstanbul")
    next(row for row in shop.hub.townships.find("city", city) if row["name"] == "Kadıköy")["is_active"] = False
    package = shop.buy()
    await shop.run()
    assert (await shop.parked(package))[0] == "address_not_valid"


async def test_the_neighbourhood_is_left_out_while_the_setting_is_off(shop: Shop) -> None:
    package = shop.buy(address={"district": "No such place"})
    await shop.run()
    assert shop.address(package)["district"] is None


async def test_the_neighbourhood_is_looked_up_when_the_setting_is_on(shop: Shop) -> None:
    shop.set(use_neighborhood=True)
    known, unknown = shop.buy(), shop.buy(address={"district": "No such place"})
    shouted, none = shop.buy(address={"district": "MODA"}), shop.buy(address={"district": None})
    await shop.run()
    moda = next(pk for pk, row in shop.hub.districts.rows.items() if row["name"] == "Moda")
    assert shop.address(known)["district"] == moda
    assert shop.address(shouted)["district"] == moda
    assert shop.address(none)["district"] is None
    code, reason = await shop.parked(unknown)
    assert code == "address_not_valid"
    assert "code: No such place model: District" in str(reason)
    assert shop.hub.location_reports[0]["type"] == "district"


async def test_the_same_place_is_looked_up_once_and_remembered_for_a_day(shop: Shop) -> None:
    recorder = shop.record()
    for number in range(6):
        shop.buy(address={"email": f"b{number}@x.de"})
    await shop.run()
    assert len(recorder.calls("GET", "/townships/")) == 1
    shop.buy(address={"email": "later@x.de"})
    await shop.run()
    assert len(recorder.calls("GET", "/townships/")) == 1
    await shop.kit.later(hours=25)
    shop.buy(address={"email": "tomorrow@x.de"})
    await shop.run()
    assert len(recorder.calls("GET", "/townships/")) == 2


async def test_an_address_without_a_city_waits_and_says_so(shop: Shop) -> None:
    package = shop.buy(address={"city": None})
    await shop.run()
    assert await shop.parked(package) == ("address_incomplete", "The shipping address has no city")


async def test_a_country_may_have_no_townships_that_omnitron_knows(shop: Shop) -> None:
    city = shop.hub.cities.add({"name": "Berlin", "country": 2, "postcode": None, "is_active": True})
    package = shop.buy(address={"country": "Almanya", "country_code": "DE", "city": "Berlin", "township": None})
    await shop.run()
    assert (shop.address(package)["city"], shop.address(package)["township"]) == (city["pk"], None)
