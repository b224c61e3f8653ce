"""A rule as people fill it in."""

import pytest

from include.alarms.criteria import ABOUT, FLOWS_TO_CHOOSE
from include.alarms.form import read_rule, shown_target, shown_webhook
from include.alarms.words import rule_title
from include.state.alarms import AlarmRule, Criterion

HOOK = "https://hooks.slack.com/services/T0/B0/secret"
FORM = {
    "criterion": "errors",
    "flow": "product",
    "threshold": " 2,5 ",
    "interval": "60",
    "mails": "a@example.com; b@example.com\nc@example.com,a@example.com",
    "webhook": HOOK,
    "active": "on",
}


def problems(before: AlarmRule | None = None, *, private: bool = False, **changes: str) -> dict[str, str]:
    return read_rule(FORM | changes, before=before, allow_private_hosts=private).problems


def test_a_form_that_is_filled_in_well_is_a_rule() -> None:
    filled = read_rule(FORM, before=None, allow_private_hosts=False)
    mails = ("a@example.com", "b@example.com", "c@example.com")
    assert filled.problems == {}
    assert filled.rule == AlarmRule(Criterion.ERRORS, "product", 2.5, 60, mails, HOOK)
    assert "secret" not in repr(filled.rule)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("criterion", "weather"),
        ("flow", "no_such_flow"),
        ("flow", "alarms"),
        ("threshold", "-1"),
        ("threshold", "nan"),
        ("threshold", "1e999"),
        ("threshold", ""),
        ("interval", "0"),
        ("interval", "10081"),
        ("interval", "1.5"),
        ("interval", "٣"),
        ("mails", "a@example.com, nobody"),
        ("mails", "a@@example.com"),
        ("mails", "a@example.com\r\nBcc: b@example.com"),
        ("webhook", "http://hooks.example.com/x"),
        ("webhook", "https://user:word@hooks.example.com/x"),
        ("webhook", "https://127.0.0.1/x"),
        ("webhook", "https://10.1.2.3/x"),
        ("webhook", "https://metadata.internal/x"),
        ("webhook", "https://[::1]/x"),
        ("webhook", "somewhere"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, typed: str) -> None:
    assert list(problems(**{field: typed})) == [field]


def test_a_web_hook_may_be_private_where_the_deployment_allows_it() -> None:
    assert problems(webhook="http://127.0.0.1:9000/x", private=True) == {}


def test_a_percentage_is_below_a_hundred() -> None:
    assert list(problems(criterion="error_percentage", threshold="100")) == ["threshold"]


@pytest.mark.parametrize("criterion", Criterion)
def test_each_criterion_asks_only_for_what_it_reads(criterion: Criterion) -> None:
    about = ABOUT[criterion]
    asked = {"flow": about.flow == "needed", "threshold": bool(about.unit), "interval": about.interval}
    empty = read_rule({"criterion": criterion}, before=None, allow_private_hosts=False)
    assert set(empty.problems) == {name for name, needed in asked.items() if needed}
    filled = read_rule(FORM | {"criterion": criterion}, before=None, allow_private_hosts=False).rule
    assert filled
    assert (filled.flow is None) == (about.flow == "none")
    assert rule_title(filled)


def test_an_edited_rule_stays_the_same_rule_and_keeps_the_web_hook_that_is_shown_masked() -> None:
    before = AlarmRule(Criterion.FAILED_RUNS, None, 2, 120, (), HOOK, built_in="runs fail", id=7)
    shown = shown_webhook(HOOK)
    assert shown == "https://hooks.slack.com/***"
    edited = read_rule(FORM | {"webhook": shown, "active": ""}, before=before, allow_private_hosts=False).rule
    assert edited
    assert (edited.id, edited.built_in, edited.webhook, edited.active) == (7, "runs fail", HOOK, False)
    assert list(problems(webhook=shown)) == ["webhook"]
    removed = read_rule(FORM | {"webhook": ""}, before=before, allow_private_hosts=False).rule
    assert removed
    assert removed.webhook is None


def test_a_target_shows_an_address_and_hides_a_web_hook() -> None:
    assert shown_target("a@example.com") == "a@example.com"
    assert shown_target(HOOK) == "https://hooks.slack.com/***"


def test_the_engine_is_no_flow_to_choose() -> None:
    assert "alarms" not in FLOWS_TO_CHOOSE
    assert "stock" in FLOWS_TO_CHOOSE
