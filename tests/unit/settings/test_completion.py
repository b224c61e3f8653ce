"""What a new channel gets, and what of a filled-in one is left alone."""

import copy
from typing import Any

import pytest

from include.settings import FIELDS, REQUIRED, ChannelSettings
from include.settings.completion import completed


def rows() -> dict[str, Any]:
    return completed({}, {}).form


def test_an_empty_channel_gets_every_field_and_every_default() -> None:
    whole = completed({}, {})
    assert whole.form["base_url"] == {"key": "base_url", "label": "Base Url", "required": True, "data_type": "text"}
    assert set(whole.form) == {field.key for field in FIELDS} == set(whole.added)
    assert whole.conf == {
        "category_ids": [],
        "FAILED_INTEGRATION": {
            "order": {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 3},
            **{
                name: {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2}
                for name in ("DEFAULT", "product", "productprice", "productstock")
            },
            "sent_to_remote": {"EXPIRATION_HOUR": 6},
        },
        "ATTRIBUTE_SET_STRATEGY": "CategoryNode",
        "feature_flags": dict.fromkeys(REQUIRED, False),
        "cargo_company_mapping": {"default": ""},
    }
    assert (set(whole.filled), whole.restored) == (set(whole.conf), ())


def test_a_complete_channel_lacks_nothing() -> None:
    whole = completed({}, {})
    again = completed(copy.deepcopy(whole.form), copy.deepcopy(whole.conf))
    assert (again.form, again.conf) == (whole.form, whole.conf)
    assert (again.added, again.restored, again.filled) == ((), (), ())


def test_the_defaults_are_read_as_what_an_empty_form_means() -> None:
    def read(conf: dict[str, Any]) -> ChannelSettings:
        return ChannelSettings.parse(conf, channel_id=1, is_active=True)

    filled, left_empty = read(completed({}, {}).conf), read({})
    assert filled.penalty_for("order") == left_empty.penalty_for("order")
    assert filled.penalty_for("product") == left_empty.penalty_for("product")
    assert filled.sent_to_remote_limit == left_empty.sent_to_remote_limit
    assert {problem.setting for problem in filled.problems} == {problem.setting for problem in left_empty.problems}


def test_fields_a_person_added_stay_and_ours_are_restored() -> None:
    form = rows() | {"erp_code": {"key": "erp_code", "label": "ERP", "data_type": "text"}, "note": "free text"}
    form["buffer_stock"] = {"key": "stock", "label": "Puffer", "required": True, "data_type": "text", "help": "x"}
    form["base_url"] = "broken"
    whole = completed(form, {})
    assert (whole.form["erp_code"], whole.form["note"]) == (form["erp_code"], "free text")
    ours = {"key": "buffer_stock", "label": "Buffer Stock", "required": False, "data_type": "integer"}
    assert whole.form["buffer_stock"] == {**ours, "help": "x"}
    assert whole.form["base_url"] == rows()["base_url"]
    assert set(whole.restored) == {"buffer_stock", "base_url"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("FAILED_INTEGRATION", {"DEFAULT": {"RETRY_INTERVAL": 60}}),
        ("failed_integration", {"DEFAULT": {"RETRY_INTERVAL": 60}}),
        ("FAILED_INTEGRATION", "{broken"),
        ("ATTRIBUTE_SET_STRATEGY", "None"),
        ("attribute_set_strategy", "CategoryNode"),
        ("category_ids", ["a"]),
        ("Category_Ids", "a, b"),
        ("category_ids", []),
        ("feature_flags", "{broken"),
        ("feature_flags", ["stock"]),
        ("cargo_company_mapping", {"Default": "3"}),
        ("cargo_company_mapping", "{broken"),
        ("base_url", "ftp://nowhere"),
        ("erp_code", {"any": ["thing"]}),
    ],
)
def test_what_a_person_set_is_not_touched_also_when_it_is_wrong(key: str, value: object) -> None:
    conf = completed({}, {}).conf
    conf = {name: kept for name, kept in conf.items() if name.lower() != key.lower()} | {key: value}
    whole = completed({}, conf)
    assert whole.conf == conf
    assert whole.filled == ()


@pytest.mark.parametrize("left", ["", "  ", None, {}, []])
def test_a_setting_that_was_left_empty_gets_its_default(left: object) -> None:
    whole = completed({}, {"failed_integration": left})
    assert whole.conf["failed_integration"]["order"]["MAX_RETRY_COUNT"] == 3
    assert "FAILED_INTEGRATION" not in whole.conf


def test_missing_flags_are_added_as_false_and_set_ones_stay() -> None:
    flags = {"STOCK": True, "price": "sometimes", "send_split_packages": True, "own_flag": True}
    whole = completed({}, {"feature_flags": flags})
    added = whole.conf["feature_flags"]
    assert {name: added[name] for name in flags} == flags
    lacking = set(REQUIRED) - {"stock", "price", "split_packages"}
    assert set(added) == set(flags) | lacking
    assert not any(added[name] for name in lacking)
    assert {name for name in whole.filled if name.startswith("feature_flags")} == {
        f"feature_flags.{name}" for name in lacking
    }


def test_flags_typed_as_text_are_completed_too() -> None:
    whole = completed({}, {"feature_flags": '{"stock": true,}'})
    assert whole.conf["feature_flags"]["stock"] is True
    assert whole.conf["feature_flags"]["price"] is False


def test_a_cargo_mapping_without_its_default_key_gets_it_empty() -> None:
    assert completed({}, {"cargo_company_mapping": {"aras": "2"}}).conf["cargo_company_mapping"] == {
        "aras": "2",
        "default": "",
    }


def test_a_key_keeps_the_spelling_it_has_so_that_no_setting_stands_there_twice() -> None:
    form = {"failed_integration": {"key": "failed_integration", "label": "x", "required": False, "data_type": "text"}}
    whole = completed(form, {"Attribute_Set_Strategy": "CategoryNode"})
    assert whole.form["failed_integration"]["label"] == "Failed Integration"
    assert "FAILED_INTEGRATION" not in whole.form
    assert "FAILED_INTEGRATION" not in whole.conf
    assert "Attribute_Set_Strategy" in whole.form
    lowered = [key.lower() for key in whole.form] + [key.lower() for key in whole.conf]
    assert len(set(lowered)) == len(FIELDS)


def test_a_setting_in_two_spellings_of_which_one_is_empty_counts_as_set() -> None:
    conf = {"feature_flags": "", "FEATURE_FLAGS": dict.fromkeys(REQUIRED, True)}
    whole = completed({}, conf)
    assert (whole.conf["feature_flags"], whole.conf["FEATURE_FLAGS"]) == ("", conf["FEATURE_FLAGS"])
