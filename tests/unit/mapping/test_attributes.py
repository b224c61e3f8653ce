"""Fashfed's attributes in the words of Omnitron's Mapper."""

import pytest

from include.clients.fashfed.schemas import CategoryAttribute
from include.clients.omnitron.mapper_schemas import AttributeConfig
from include.mapping.attributes import (
    BULK_ATTRIBUTES,
    BULK_VALUES,
    TEXT_LIMIT,
    Held,
    Value,
    Wanted,
    bulk_requests,
    change,
    is_named,
    names,
    rule_texts,
    set_names,
    wanted,
)


def attribute(*values: str, key: str = "SIZE", name: str = "Beden", required: bool = False) -> Wanted:
    return Wanted(key, name, required, False, tuple(Value(one, one.lower(), f"id-{one}") for one in values))


def config(**facts: object) -> AttributeConfig:
    return AttributeConfig.model_validate(
        {"pk": 1, "attribute_set": 1, "attribute": 2, "attribute_remote_id": "SIZE", **facts}
    )


def row(**facts: object) -> CategoryAttribute:
    return CategoryAttribute.model_validate({"key": "SIZE", "name": "Beden", "data_type": "dropdown", **facts})


def test_a_value_without_a_list_is_free_text():
    assert wanted([row(is_required=True)])["SIZE"].flags == {
        "attribute_remote_id": "SIZE",
        "is_required": True,
        "is_variant": False,
        "is_custom": True,
    }
    assert wanted([row(values=[{"id": "1", "label": "M", "value": "M"}])])["SIZE"].flags["is_custom"] is False


def test_what_stands_twice_counts_once():
    twice = [{"id": "1", "label": "Medium", "value": "M"}, {"id": "2", "label": "Orta", "value": "M"}]
    found = wanted([row(values=twice), row(name="Ölçü")])
    assert found.keys() == {"SIZE"}
    assert (found["SIZE"].name, found["SIZE"].values) == ("Beden", (Value("M", "Medium", "1"),))


def test_names_are_tidy_and_fit():
    found = wanted([row(name="  Kalıp \n tipi "), row(key="LONG", name="x" * 300), row(key="NONE", name=" ")])
    assert found["SIZE"].name == "Kalıp tipi"
    assert len(found["LONG"].name) == TEXT_LIMIT
    assert found["NONE"].name == "NONE"


def test_a_value_without_an_id_is_known_by_itself():
    (value,) = wanted([row(values=[{"label": "", "value": "M"}])])["SIZE"].values
    assert value == Value("M", "M", "M")


def test_a_second_name_carries_the_key_and_still_fits():
    assert names("Beden", "SHOE_SIZE") == ("Beden", "Beden (SHOE_SIZE)")
    assert len(names("x" * TEXT_LIMIT, "SHOE_SIZE")[1]) == TEXT_LIMIT
    assert names("x" * TEXT_LIMIT, "SHOE_SIZE")[1].endswith(" (SHOE_SIZE)")


def test_sets_of_one_name_are_told_apart_by_the_way_to_them():
    assert set_names(["Kadın", "Giyim", "Gömlek"], "c1") == ("Gömlek", "Kadın > Giyim > Gömlek", "Gömlek (c1)")
    assert all(len(one) <= TEXT_LIMIT for one in set_names(["a" * 200, "b" * 300], "c" * 36))


def test_a_new_attribute_whose_list_is_all_values_names_none():
    found = change(attribute("S", "M"), Held(known={"S"}))
    assert found.is_new
    assert [one.value for one in found.create] == ["M"]
    assert (found.lists, found.allow) == (False, ())


def test_a_new_attribute_with_some_of_the_values_names_them():
    found = change(attribute("S", "M"), Held(known={"S", "36"}))
    assert (found.lists, found.allow, found.surplus) == (True, ("S", "M"), ())


def test_equal_content_needs_nothing():
    same = {"S", "M"}
    assert not change(attribute("S", "M"), Held(config(), same, set(), same))
    assert not change(attribute("S", "M"), Held(config(), same | {"36"}, same, same))


def test_values_of_other_categories_that_came_later_make_a_set_name_its_own():
    found = change(attribute("S", "M"), Held(config(), {"S", "M", "36"}, set(), {"S", "M"}))
    assert (found.allow, found.surplus, found.added) == (("S", "M"), (), ())


def test_a_value_that_is_gone_is_surplus_and_stays_allowed():
    found = change(attribute("S"), Held(config(), {"S", "M"}, set(), {"S", "M"}))
    assert (found.surplus, found.lists, bool(found)) == (("M",), False, False)
    listed = change(attribute("S"), Held(config(), {"S", "M", "36"}, {"S", "M"}, {"S", "M"}))
    assert (listed.surplus, listed.allow) == (("M",), ())
    widened = change(attribute("S"), Held(config(), {"S", "M", "36"}, set(), {"S", "M"}))
    assert widened.allow == ("S", "M")


def test_an_attribute_that_became_free_text_keeps_its_values():
    found = change(attribute(), Held(config(), {"S", "M"}, {"S"}, {"S"}))
    assert (dict(found.flags), found.surplus, found.allow) == ({"is_custom": True}, (), ())


def test_flags_and_key_that_differ_are_named():
    found = change(attribute("S", required=True), Held(config(attribute_remote_id="OLD"), {"S"}, set(), {"S"}))
    assert found.flags == {"attribute_remote_id": "SIZE", "is_required": True}


def test_bulk_requests_keep_their_limits_and_lose_nothing():
    long = attribute(*(f"v{number}" for number in range(2 * BULK_VALUES + 1)))
    free = [("Ek", attribute(key=f"K{number}")) for number in range(BULK_ATTRIBUTES)]
    requests = bulk_requests([("Beden", long), *free])
    assert [len(one) for one in requests] == [BULK_ATTRIBUTES, 3]
    entries = [entry for one in requests for entry in one]
    assert max(len(entry["values"]) for entry in entries) == BULK_VALUES
    sent = [value["value"] for entry in entries if entry["remote_id"] == "SIZE" for value in entry["values"]]
    assert sent == [one.value for one in long.values]
    assert {entry["is_custom"] for entry in entries if entry["remote_id"] == "SIZE"} == {False}
    assert {entry["is_custom"] for entry in entries if entry["remote_id"] != "SIZE"} == {True}


@pytest.mark.parametrize(
    ("rules", "is_there"),
    [
        ({}, False),
        (None, False),
        ({"source": "beden"}, False),
        ({"values": {"M": "medium"}}, True),
        ([{"from": " MEDIUM "}], True),
        ({"value": 17}, True),
        ({"17": True}, True),
    ],
)
def test_rules_of_any_shape_name_a_value_by_its_text_its_label_or_its_pk(rules: object, is_there: bool):
    assert is_named("M", "Medium", 17, rule_texts(rules)) is is_there
