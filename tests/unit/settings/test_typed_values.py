"""Values as people type them into the channel's form: read, or refused with what was expected."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from include.settings import Problem, WaybillOption
from tests.unit.settings.conftest import Parse

MAPPING = {"default": "3", "yurtici": "2"}
IDS = ("99ae4410-7631-452c-bfb0-b7d636ea95eb", "be6e5517-926f-40ad-9476-5c378adaf937")


def _only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("key", "typed", "read"),
    [
        ("buffer_stock", 3, 3),
        ("buffer_stock", "3", 3),
        ("buffer_stock", " 3\u00a0", 3),
        ("buffer_stock", "“3”", 3),
        ("buffer_stock", 3.0, 3),
        ("buffer_stock", Decimal(3), 3),
        ("buffer_stock", "", 0),
        ("buffer_stock", None, 0),
        ("use_neighborhood", True, True),
        ("use_neighborhood", "True", True),
        ("use_neighborhood", "on", True),
        ("use_neighborhood", "Yes", True),
        ("use_neighborhood", 1, True),
        ("use_neighborhood", "Active", True),
        ("use_neighborhood", "Inactive", False),
        ("use_neighborhood", "0", False),
        ("use_neighborhood", "no", False),
        ("use_neighborhood", "off", False),
        ("use_neighborhood", "", False),
        ("use_cargo_label", "true", True),
        ("send_shipping_info", "active", True),
        ("use_channel_id_in_address_mapping", "1", True),
        ("default_reason_id", 5, "5"),
        ("default_reason_id", " 05 ", "5"),
        ("cancellation_reason_id", 4.0, "4"),
        ("send_cancel_reason_id", "“10”", "10"),
        ("send_cancel_market_reason_id", 12, "12"),
        ("reject_item_reason", " Damaged ", "Damaged"),
        ("order_item_quantity_key", "quantity", "quantity"),
        ("attribute_set_strategy", "categorynode", "CategoryNode"),
        ("attribute_set_strategy", "", "CategoryNode"),
        ("order_number_format", "“FD-{orderNumber}-{id}”", "FD-{orderNumber}-{id}"),
        ("order_number_format", " ", "{orderNumber}-{id}"),
        ("refund_start_date", "2023-07-01T00:00:00Z", datetime(2023, 7, 1, tzinfo=UTC)),
        ("refund_start_date", "2023-07-01T03:00:00+03:00", datetime(2023, 7, 1, tzinfo=UTC)),
        ("refund_start_date", "", None),
        ("cargo_company_mapping", {"default": 3, " yurtici ": " 2 "}, MAPPING),
        ("cargo_company_mapping", '{"default": "3", "yurtici": "2"}', MAPPING),
        ("cargo_company_mapping", '{ "default": "3",\n\n“yurtici”: “2”\n\n}', MAPPING),
        ("cargo_company_mapping", '{\u00a0"Default": 3, "yurtici": 2,}', MAPPING),
        ("cargo_company_mapping", {"“default”": "“3”", "yurtici": "2"}, MAPPING),
        ("refund_reason_mapping", "{\n“f3909f53”:”7” ,\n\n“f488f79f”:”5”\n}", {"f3909f53": "7", "f488f79f": "5"}),
        ("refund_reason_mapping", "{}", {}),
        ("cancel_reason_mapping", "", {}),
        ("category_ids", list(IDS), IDS),
        ("category_ids", [{"id": IDS[0], "name": "Kadın"}, {"ID": IDS[1], "name": "Erkek"}], IDS),
        ("category_ids", f'[{{"id": "{IDS[0]}", "name": "Kadın",}}, {{"id": "{IDS[1]}"}},]', IDS),
        ("category_ids", f'[{{"id": "{IDS[0]}", "name": "“Kadın”"}},]', IDS[:1]),
        ("category_ids", f"{IDS[0]}\n\n{IDS[1]}", IDS),
        ("category_ids", f"{IDS[0]}, {IDS[1]}, {IDS[0]}", (*IDS, IDS[0])),
        ("category_ids", [7, "8", ""], ("7", "8")),
        ("waybill_option", '{\n"enabled": true, "default": "999"\n}', WaybillOption(enabled=True, default="999")),
        ("waybill_option", {"Enabled": "false", "default": 999}, WaybillOption(enabled=False, default="999")),
        ("waybill_option", {"enabled": False, "default": ""}, WaybillOption()),
        ("base_url", "https://Market.example.com/", "https://market.example.com"),
        ("base_url", " https://market.example.com/api/ ", "https://market.example.com"),
        ("base_url", "https://market.example.com:8443/shop/api/i2", "https://market.example.com:8443/shop"),
    ],
)
def test_a_value_is_read_the_way_people_type_it(parse: Parse, key: str, typed: object, read: object) -> None:
    settings = parse(**{key: typed})
    assert getattr(settings, key) == read
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("key", "typed", "shown", "expected"),
    [
        ("buffer_stock", -1, "-1", "whole number from 0"),
        ("buffer_stock", "three", "three", "whole number from 0"),
        ("buffer_stock", "1.000", "1.000", "digits only"),
        ("buffer_stock", 2.5, "2.5", "whole number"),
        ("buffer_stock", True, "true", "whole number"),
        ("buffer_stock", "99999999999", "99999999999", "2147483647"),
        ("use_neighborhood", "maybe", "maybe", "true or false"),
        ("use_neighborhood", 2, "2", "true or false"),
        ("default_reason_id", "refund", "refund", "number of a record in Omnitron"),
        ("default_reason_id", 0, "0", "number of a record in Omnitron"),
        ("send_cancel_market_reason_id", "a b", "a b", "id of a record in Fashfed"),
        ("reject_item_reason", ["Damaged"], '["Damaged"]', "one line of text"),
        ("refund_start_date", "01.07.2023", "01.07.2023", "yyyy-MM-ddTHH:mm:ssZ"),
        ("refund_start_date", "2023-07-01T00:00:00", "2023-07-01T00:00:00", "yyyy-MM-ddTHH:mm:ssZ"),
        ("refund_start_date", "0001-01-01T00:00:00+03:00", "0001-01-01T00:00:00+03:00", "yyyy-MM-ddTHH:mm:ssZ"),
        ("refund_reason_mapping", "{broken", "{broken", "JSON object"),
        ("refund_reason_mapping", "[" * 100_000, "[" * 79 + "…", "JSON object"),
        ("cancel_reason_mapping", ["7"], '["7"]', "JSON object"),
        ("cargo_company_mapping", "3", "3", '{"default": "3"'),
        ("category_ids", 2.5, "2.5", "a list"),
        ("category_ids", "[1, 2", "[1, 2", "a list"),
        ("waybill_option", "yes", "yes", '{"enabled": true'),
        ("attribute_set_strategy", "None", "None", "CategoryNode"),
        ("order_number_format", "FD-{orderNumber}", "FD-{orderNumber}", "{id}"),
        ("order_number_format", "{orderNumber}-{id}-{ID}", "{orderNumber}-{id}-{ID}", "no other braces"),
        ("order_number_format", "{id}}", "{id}}", "no other braces"),
        ("order_number_format", "x" * 128 + "{id}", "x" * 79 + "…", "{id}"),
        ("base_url", "market.example.com", "market.example.com", "https://"),
        ("base_url", "http://market.example.com", "http://market.example.com", "https://"),
        ("base_url", "https://", "https://", "https://"),
        ("base_url", "https://[::1", "https://[::1", "https://"),
        ("base_url", "https://127.0.0.1:8001", "https://127.0.0.1:8001", "public host"),
        ("base_url", "https://localhost", "https://localhost", "public host"),
        ("base_url", "https://10.0.0.8", "https://10.0.0.8", "public host"),
        ("base_url", "https://sandbox", "https://sandbox", "public host"),
        ("access_token", "default", "***", "still the placeholder"),
        ("access_token", "Token abcdef", "***", "the token alone"),
        ("access_token", ["abcdef"], "***", "the token alone"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_was_expected(
    parse: Parse, key: str, typed: object, shown: str, expected: str
) -> None:
    problem = _only(parse(**{key: typed}).problems)
    assert (problem.key.lower(), problem.value) == (key, shown)
    assert expected in problem.expected
    assert problem.where.startswith("Omnitron > Settings > Sales Channels > Fashfed > ")


@pytest.mark.parametrize(
    ("key", "typed", "place"),
    [
        ("cargo_company_mapping", {"default": "3", "aras": "Aras"}, "cargo_company_mapping.aras"),
        ("cargo_company_mapping", {"yurtici": "2"}, "cargo_company_mapping.default"),
        ("cargo_company_mapping", {"default": ""}, "cargo_company_mapping.default"),
        ("cancel_reason_mapping", {"f3909f53": None}, "cancel_reason_mapping.f3909f53"),
        ("category_ids", [IDS[0], {"name": "Erkek"}], "category_ids.2"),
        ("feature_flags", {"stock": "sometimes"}, "feature_flags.stock"),
        ("waybill_option", {"enabled": "sometimes"}, "waybill_option.enabled"),
        ("failed_integration", {"order": {"RETRY_INTERVAL": "8 h"}}, "FAILED_INTEGRATION.order.RETRY_INTERVAL"),
        ("failed_integration", {"order": 28800}, "FAILED_INTEGRATION.order"),
        (
            "failed_integration",
            {"sent_to_remote": {"EXPIRATION_HOUR": 0}},
            "FAILED_INTEGRATION.sent_to_remote.EXPIRATION_HOUR",
        ),
    ],
)
def test_a_problem_inside_a_value_names_the_place(parse: Parse, key: str, typed: object, place: str) -> None:
    assert _only(parse(**{key: typed}).problems).key == place


@pytest.mark.parametrize("private", ["http://127.0.0.1:8001/", "http://localhost:8001", "http://sandbox:8001/api"])
def test_private_hosts_are_read_where_the_deployment_allows_them(parse: Parse, private: str) -> None:
    settings = parse(base_url=private, allow_private_hosts=True)
    assert settings.problems == ()
    assert settings.base_url == private.removesuffix("/").removesuffix("/api")


def test_a_password_or_key_in_the_address_is_not_repeated(parse: Parse) -> None:
    for typed in ("https://me:hunter22@market.example.com", "https://market.example.com/?key=hunter22"):
        assert "hunter22" not in str(_only(parse(base_url=typed).problems))


@pytest.mark.parametrize("typed", [{"a": 1}, '{"a": 1}', {"a": [1, {"b": None}]}, "text", 3, None])
def test_unknown_keys_are_kept_as_they_are(parse: Parse, typed: Any) -> None:
    assert parse(ErpWarehouse=typed).other == {"ErpWarehouse": typed}


def test_keys_are_read_in_either_case(parse: Parse) -> None:
    settings = parse(
        BASE_URL="https://other.example.com",
        base_url=...,
        failed_integration={"order": {"max_retry_count": 1}},
        Attribute_Set_Strategy="CategoryNode",
        feature_flags={"STOCK": True},
    )
    assert settings.base_url == "https://other.example.com"
    assert settings.penalty_for("order").max_retry_count == 1
    assert settings.flag("stock") is True
    assert settings.problems == ()


def test_a_key_in_two_spellings_with_different_values_is_refused(parse: Parse) -> None:
    assert "two spellings" in _only(parse(buffer_stock=3, BUFFER_STOCK=4).problems).expected
    assert parse(buffer_stock="", BUFFER_STOCK=4).buffer_stock == 4


class TestFailedIntegration:
    def test_the_example_of_the_spec_is_read(self, parse: Parse) -> None:
        order = {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": "57601", "MAX_RETRY_COUNT": 3}
        settings = parse(FAILED_INTEGRATION={"order": order, "DEFAULT": {"RETRY_INTERVAL": "60", "MAX_RETRY_COUNT": 1}})
        assert settings.penalty_for("order").retry_interval == timedelta(hours=8)
        assert settings.penalty_for("order").expiration_date == timedelta(seconds=57601)
        assert settings.penalty_for("productstock").retry_interval == timedelta(seconds=60)
        assert settings.penalty_for("cancellationrequest").max_retry_count == 1

    def test_a_content_type_of_its_own_wins_over_default(self, parse: Parse) -> None:
        settings = parse(
            FAILED_INTEGRATION='{"DEFAULT": {"MAX_RETRY_COUNT": 9}, “integrationaction”: {"MAX_RETRY_COUNT": 0},}'
        )
        assert settings.penalty_for("integrationaction").max_retry_count == 0

    def test_left_empty_it_has_the_values_of_the_spec(self, parse: Parse) -> None:
        settings = parse()
        assert settings.penalty_for("order").max_retry_count == 3
        assert settings.penalty_for("productprice").max_retry_count == 2
        assert settings.penalty_for("productprice").retry_interval == timedelta(seconds=28800)
        assert settings.sent_to_remote_limit == timedelta(hours=6)

    @pytest.mark.parametrize(
        ("typed", "limit"),
        [
            (6, timedelta(hours=6)),
            ("48", timedelta(hours=48)),
            (49, timedelta(seconds=49)),
            (360, timedelta(minutes=6)),
        ],
    )
    def test_expiration_hour_is_hours_up_to_48_and_seconds_above(
        self, parse: Parse, typed: object, limit: timedelta
    ) -> None:
        settings = parse(FAILED_INTEGRATION={"sent_to_remote": {"EXPIRATION_HOUR": typed}})
        assert settings.sent_to_remote_limit == limit
