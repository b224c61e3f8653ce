"""Whether a flow may run, and what an operator reads when it may not."""

import pytest

from include.errors import ConfigurationError
from include.settings import REQUIRED, check_flag, readiness, render_text
from tests.unit.settings.conftest import TOKEN, Parse

MISSING = "is not in Feature Flags, which counts as false"


@pytest.mark.parametrize("flag", [None, *REQUIRED])
def test_a_flow_runs_when_its_flag_is_on_and_its_settings_are_in_order(parse: Parse, flag: str | None) -> None:
    assert check_flag(parse(), flag).on


@pytest.mark.parametrize("flag", [None, *REQUIRED])
def test_no_flow_runs_on_an_inactive_channel_whatever_its_settings(parse: Parse, flag: str | None) -> None:
    decision = check_flag(parse(is_active=False, access_token="default"), flag)
    assert not decision.on
    assert "inactive" in decision.reason


@pytest.mark.parametrize(
    ("flags", "reason"),
    [({"stock": False}, "feature flag stock is false"), ({"price": True}, MISSING), ({}, MISSING), (..., MISSING)],
)
def test_a_flag_that_is_off_or_missing_skips_and_asks_for_no_settings(parse: Parse, flags: object, reason: str) -> None:
    decision = check_flag(parse(feature_flags=flags, access_token=""), "stock")
    assert not decision.on
    assert reason in decision.reason


@pytest.mark.parametrize(
    ("flags", "on"),
    [
        ({"split_packages": True}, True),
        ({"send_split_packages": "true"}, True),
        ({"split_packages": False, "send_split_packages": True}, True),
        ({"split_packages": False, "send_split_packages": False}, False),
        ({"send_split_packages": False}, False),
    ],
)
def test_either_name_of_the_split_flag_turns_it_on(parse: Parse, flags: object, on: bool) -> None:
    assert check_flag(parse(feature_flags=flags), "split_packages").on is on


def test_missing_settings_stop_the_flow_with_all_problems_in_one_message(parse: Parse) -> None:
    settings = parse(access_token="default", cargo_company_mapping={"yurtici": "x"}, use_neighborhood="?")
    with pytest.raises(ConfigurationError) as caught:
        check_flag(settings, "get_orders")
    message = str(caught.value)
    assert message.startswith("get_orders cannot run")
    for part in (
        "access_token",
        "still the placeholder",
        "cargo_company_mapping.default is empty",
        "cargo_company_mapping.yurtici is x",
        "use_neighborhood is ?",
        "Omnitron > Settings > Sales Channels > Fashfed > Cargo Company Mapping",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("key", "bad", "stopped"),
    [
        ("base_url", "", set(REQUIRED)),
        ("access_token", "", set(REQUIRED)),
        ("feature_flags", "{broken", set(REQUIRED)),
        ("category_ids", "", set()),
        ("buffer_stock", -1, {"product", "stock"}),
        ("failed_integration", "x", set(REQUIRED) - {"split_packages"}),
        ("price_brake", {"share_percent": 0}, {"price"}),
        ("stock_brake", "x", {"stock"}),
        ("cargo_company_mapping", "", {"get_orders"}),
        ("use_cargo_label", "?", {"get_orders"}),
        ("use_neighborhood", "?", {"get_orders"}),
        ("use_channel_id_in_address_mapping", "?", {"get_orders"}),
        ("order_number_format", "{x}", {"get_orders"}),
        ("order_item_quantity_key", {"a": 1}, {"get_orders"}),
        ("send_shipping_info", "?", {"get_orders", "get_updated_orders", "send_update_orders"}),
        ("cancellation_reason_id", "", {"get_cancel_orders", "send_cancel_order_items"}),
        ("cancel_reason_mapping", "x", {"get_cancel_orders", "send_cancel_order_items"}),
        ("send_cancel_reason_id", "", {"send_cancel_order_items"}),
        ("send_cancel_market_reason_id", "a b", {"send_cancel_order_items"}),
        ("default_reason_id", "", {"get_refund_orders"}),
        ("refund_reason_mapping", "x", {"get_refund_orders"}),
        ("refund_start_date", "soon", {"get_refund_orders"}),
        ("waybill_option", "x", {"send_update_orders"}),
        ("reject_item_reason", ["x"], {"send_refund_order_status"}),
        ("attribute_set_strategy", "None", {"product"}),
    ],
)
def test_a_bad_setting_stops_the_flows_that_need_it_and_no_others(
    parse: Parse, key: str, bad: object, stopped: set[str]
) -> None:
    settings = parse(**{key: bad})
    assert {flag for flag in REQUIRED if settings.problems_for(flag)} == stopped


def test_a_flag_that_is_no_switch_stops_its_own_flow_only(parse: Parse) -> None:
    settings = parse(feature_flags={"stock": "sometimes", "price": True})
    with pytest.raises(ConfigurationError, match=r"feature_flags\.stock is sometimes, expected true or false"):
        check_flag(settings, "stock")
    assert check_flag(settings, "price").on
    assert not check_flag(settings, "product").on


def test_flows_without_a_flag_need_the_address_and_the_token(parse: Parse) -> None:
    assert check_flag(parse(feature_flags=..., cargo_company_mapping=""), None).on
    with pytest.raises(ConfigurationError, match="base_url is empty"):
        check_flag(parse(base_url=""), None)


class TestReadiness:
    def test_it_lists_the_channel_and_every_flag_with_what_it_needs(self, parse: Parse) -> None:
        rows = readiness(parse())
        assert [row.flag for row in rows] == [None, *REQUIRED]
        assert all(row.ready for row in rows)
        (orders,) = (row for row in rows if row.flag == "get_orders")
        assert {"Cargo Company Mapping", "Order Number Format"} <= {line.label for line in orders.settings}

    def test_it_tells_off_from_missing_and_from_unreadable(self, parse: Parse) -> None:
        rows = {
            row.flag: row for row in readiness(parse(feature_flags={"stock": True, "price": False, "product": "?"}))
        }
        assert [rows[flag].state for flag in ("stock", "price", "get_orders", "product")] == [
            "on",
            "off",
            "missing",
            "unreadable",
        ]
        assert '"get_orders": false' in rows["get_orders"].advice
        assert not rows["product"].ready

    def test_it_shows_problems_of_flags_that_are_still_off(self, parse: Parse) -> None:
        rows = {row.flag: row for row in readiness(parse(feature_flags={}, send_cancel_reason_id=""))}
        assert not rows["send_cancel_order_items"].ready
        assert rows["get_cancel_orders"].ready

    def test_it_shows_the_values_in_effect_and_hides_the_token(self, parse: Parse) -> None:
        text = render_text(
            readiness(
                parse(
                    buffer_stock="3",
                    reject_item_reason=f"see {TOKEN}",
                    failed_integration={"sent_to_remote": {"EXPIRATION_HOUR": 360}},
                    refund_start_date="2023-07-01T03:00:00+03:00",
                )
            )
        )
        for part in (
            "Buffer Stock         3\n",
            "{orderNumber}-{id} (default)",
            "Send Shipping Info                 off (default)",
            "awaited for 0:06:00",
            "2023-07-01T00:00:00Z",
            "default = 3, yurtici = 2",
        ):
            assert " ".join(part.split()) in " ".join(text.split())
        assert TOKEN not in text

    def test_a_problem_is_shown_with_what_to_do_and_where(self, parse: Parse) -> None:
        text = render_text(readiness(parse(is_active=False, cargo_company_mapping="")))
        assert "No flow runs. Activate the channel: Omnitron > Settings > Sales Channels > Fashfed > Status" in text
        assert 'cargo_company_mapping is empty, expected at least {"default"' in text
        assert "get_orders                on          NOT READY" in text
