"""The settings of a channel as a whole: what is missing, what collides, how order numbers are made."""

import pytest
from pydantic import ValidationError

from include.errors import RecordParked
from include.settings import FIELDS, REQUIRED, ChannelSettings, readiness, render_text
from include.settings.schema import ALIASES, MUST_BE_FILLED
from tests.unit.settings.conftest import FORM, TOKEN, Parse


def test_the_problems_of_all_keys_are_reported_at_once() -> None:
    settings = ChannelSettings.parse(
        {
            "base_url": "fashfed",
            "buffer_stock": "-3",
            "use_cargo_label": "?",
            "feature_flags": {"stock": 5, "price": []},
        },
        channel_id=137,
        is_active=True,
    )
    assert {problem.key for problem in settings.problems} == {
        "base_url",
        "access_token",
        "buffer_stock",
        "use_cargo_label",
        "feature_flags.stock",
        "feature_flags.price",
        "category_ids",
        "cargo_company_mapping",
        "default_reason_id",
        "cancellation_reason_id",
        "send_cancel_reason_id",
    }


@pytest.mark.parametrize("key", sorted(MUST_BE_FILLED))
def test_a_setting_without_a_default_is_missed_when_left_empty(parse: Parse, key: str) -> None:
    for left in (..., None, "", " ", [], {}):
        (problem,) = parse(**{key: left}).problems
        assert (problem.setting, problem.value) == (key, "")


@pytest.mark.parametrize("conf", [None, {}])
def test_a_form_that_was_never_filled_in_is_read_without_an_error(conf: dict[str, object] | None) -> None:
    settings = ChannelSettings.parse(conf, channel_id="137", is_active=False, catalog_id=9)
    assert {problem.setting for problem in settings.problems} == set(MUST_BE_FILLED)
    assert (settings.channel_id, settings.catalog_id) == ("137", "9")


@pytest.mark.parametrize(
    ("send", "mapping", "refused"),
    [
        ("4", {}, True),
        (1, {"f3909f53": "1"}, True),
        ("10", {"f3909f53": "1"}, False),
    ],
)
def test_the_reason_of_our_own_cancellations_must_not_mark_those_of_fashfed(
    parse: Parse, send: object, mapping: object, refused: bool
) -> None:
    settings = parse(send_cancel_reason_id=send, cancel_reason_mapping=mapping)
    assert bool(settings.problems_for("send_cancel_order_items")) is refused
    assert settings.problems_for("get_cancel_orders") == ()


def test_the_token_is_shown_nowhere(parse: Parse) -> None:
    settings = parse(
        reject_item_reason=TOKEN, buffer_stock=TOKEN, cancel_reason_mapping={TOKEN: "x"}, ErpToken="erp-secret"
    )
    assert settings.access_token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings.problems)
    assert "erp-secret" not in repr(settings)


def test_a_token_that_is_part_of_a_key_hides_no_problem(parse: Parse) -> None:
    assert [problem.key for problem in parse(access_token="stock", buffer_stock=-1).problems_for("stock")] == [
        "buffer_stock"
    ]


def test_half_a_character_in_a_key_does_not_stop_the_reading_or_the_showing(parse: Parse) -> None:
    settings = parse(feature_flags={"\ud800": True, "stock": True}, failed_integration={"\ud800": {}}, **{"\ud800": 1})
    assert settings.flag("stock") is True
    assert settings.problems == ()
    assert render_text(readiness(settings)).encode()


def test_settings_cannot_be_changed_after_they_were_read(parse: Parse) -> None:
    with pytest.raises(ValidationError):
        parse().buffer_stock = 3


class TestOrderNumber:
    def test_it_is_the_format_applied_to_the_package(self, parse: Parse) -> None:
        assert parse(order_number_format="FD-{orderNumber}-{id}").order_number("77", "5") == "FD-77-5"
        assert parse(order_number_format="{id}").order_number("77", "5") == "5"

    def test_left_empty_the_format_is_that_of_the_spec(self, parse: Parse) -> None:
        assert parse(order_number_format="").order_number("77", "5") == "77-5"

    def test_a_market_number_that_looks_like_a_token_stays_what_it_is(self, parse: Parse) -> None:
        assert parse().order_number("{id}", "5") == "{id}-5"

    def test_a_number_longer_than_omnitron_takes_parks_the_order(self, parse: Parse) -> None:
        assert len(parse().order_number("7" * 126, "5")) == 128
        with pytest.raises(RecordParked) as caught:
            parse().order_number("7" * 127, "5")
        assert caught.value.code == "order_number_too_long"


class TestSchema:
    def test_every_field_of_the_form_is_an_attribute_of_the_settings(self) -> None:
        own = {"channel_id", "name", "is_active", "catalog_id", "other", "problems"}
        assert {field.name for field in FIELDS} == set(ChannelSettings.model_fields) - own

    def test_what_flags_need_are_fields_of_the_form(self) -> None:
        names = {field.name for field in FIELDS}
        assert {key for needed in REQUIRED.values() for key in needed} <= names
        assert set(MUST_BE_FILLED) <= names

    def test_keys_and_types_are_those_of_the_documentation(self) -> None:
        told = {field.key: field.data_type for field in FIELDS}
        assert told["buffer_stock"] == "integer"
        assert told["category_ids"] == "list"
        assert {"FAILED_INTEGRATION", "ATTRIBUTE_SET_STRATEGY"} <= set(told)

    def test_every_flag_of_the_documentation_is_known(self) -> None:
        assert len(REQUIRED) == 12
        assert ALIASES == {"split_packages": "send_split_packages"}
        assert set(FORM) <= {field.name for field in FIELDS}
