"""What the environment says of a deployment."""

from datetime import timedelta

import pytest

from include import deployment
from include.flows.registry import FLOWS


def test_a_deployment_serves_the_default_channel_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FASHFED_CHANNELS", raising=False)
    assert deployment.channels() == ("default",)
    monkeypatch.setenv("FASHFED_CHANNELS", " default, tr ,tr,")
    assert deployment.channels() == ("default", "tr")


def test_a_channel_key_that_cannot_be_part_of_a_connection_id_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHFED_CHANNELS", "default,T R")
    with pytest.raises(ValueError, match="FASHFED_CHANNELS: 'T R'"):
        deployment.channels()


def test_the_default_channel_keeps_the_bare_name_of_the_flow() -> None:
    assert [deployment.dag_id(FLOWS["stock"], channel) for channel in ("default", "tr")] == ["stock", "stock.tr"]


def test_a_schedule_is_changed_for_all_channels_or_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = FLOWS["stock"]
    monkeypatch.delenv("FASHFED_SCHEDULE_STOCK", raising=False)
    assert deployment.schedule(flow, "tr") == "* * * * *"
    monkeypatch.setenv("FASHFED_SCHEDULE_STOCK", "*/10 * * * *")
    monkeypatch.setenv("FASHFED_SCHEDULE_STOCK_TR", "manual")
    assert deployment.schedule(flow, "default") == "*/10 * * * *"
    assert deployment.schedule(flow, "tr") is None


def test_a_flow_starts_after_another_one_unless_it_is_given_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = FLOWS["category_attributes"]
    monkeypatch.delenv("FASHFED_SCHEDULE_CATEGORY_ATTRIBUTES", raising=False)
    assert deployment.starts_after(flow, "default") is FLOWS["category_node"]
    assert deployment.starts_after(FLOWS["stock"], "default") is None
    monkeypatch.setenv("FASHFED_SCHEDULE_CATEGORY_ATTRIBUTES_TR", "manual")
    assert deployment.starts_after(flow, "tr") is None
    assert deployment.starts_after(flow, "default") is FLOWS["category_node"]


def test_what_is_over_is_kept_for_a_number_of_days(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FASHFED_KEEP_PAYLOADS_DAYS", "FASHFED_KEEP_HISTORY_DAYS"):
        monkeypatch.setenv(name, "")
    assert (deployment.keep_payloads(), deployment.keep_history()) == (timedelta(days=30), timedelta(days=90))
    monkeypatch.setenv("FASHFED_KEEP_PAYLOADS_DAYS", " 7 ")
    monkeypatch.setenv("FASHFED_KEEP_HISTORY_DAYS", "365")
    assert (deployment.keep_payloads(), deployment.keep_history()) == (timedelta(days=7), timedelta(days=365))


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "a month", "99999"])
def test_a_time_to_keep_that_is_no_number_of_days_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FASHFED_KEEP_PAYLOADS_DAYS", text)
    with pytest.raises(ValueError, match=f"FASHFED_KEEP_PAYLOADS_DAYS: '{text}' is no number of days"):
        deployment.keep_payloads()
