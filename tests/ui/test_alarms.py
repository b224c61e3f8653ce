"""Alarms: administrators make rules, everybody sees what they found and who was told; web hooks stay secret."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from include.state.alarms import (
    AlarmChange,
    AlarmRule,
    Criterion,
    Incident,
    IncidentState,
    Member,
    Notice,
    NoticeKind,
    Way,
)
from tests.ui.served import Served
from tests.ui.stored import Do, doing

_NOW = datetime.now(UTC)
_HOUR = timedelta(hours=1)
_HOOK = "https://hooks.slack.com/services/T0/B0/verysecret"
_GOOD = {
    "criterion": "errors",
    "flow": "get_orders",
    "threshold": "10",
    "interval": "60",
    "mails": "ops@brand.example, night@brand.example",
    "webhook": _HOOK,
    "active": "on",
}


@pytest.fixture
def store(state_uri: str) -> Do:
    """Does something with the state database."""
    return doing(state_uri)


def rules(store: Do) -> list[AlarmRule]:
    return store(lambda db: db.alarm_rules("default"))


def save(screens: Served, role: str = "admin", **fields: str) -> Any:
    return screens.post("alarms/rules/save", role, data=_GOOD | fields)


@pytest.fixture
def incident(store: Do) -> int:
    """Prices fail, which one mail said and one web hook could not be told."""
    rule = store(
        lambda db: db.save_alarm_rule(
            "default", AlarmRule(Criterion.ERRORS, "price", 1, 60, ("ops@brand.example",), _HOOK), who="ann", now=_NOW
        )
    )
    assert rule.id
    told = [
        Notice(NoticeKind.OPENED, Way.MAIL, "ops@brand.example", "Prices fail", "text", _NOW, _NOW),
        Notice(NoticeKind.OPENED, Way.WEBHOOK, _HOOK, "Prices fail", "text", _NOW, _NOW),
    ]
    found = Incident(
        "prices", IncidentState.OPEN, "Price: 58 errors in 1 h", ("price",), (Member(rule.id, "price"),),
        _NOW - _HOUR, _NOW, "price_invalid", 58,
    )  # fmt: skip
    change = AlarmChange(found, tuple(told))
    [number] = store(lambda db: db.settle_alarms("default", [change], watching_since=_NOW - _HOUR, now=_NOW))
    mail, hook = store(lambda db: db.notices_of("default", [number]))[number]
    store(lambda db: db.note_sent("default", mail.id or 0, now=_NOW))
    store(lambda db: db.note_unsent("default", hook.id or 0, trouble="answered 503", due_at=_NOW + _HOUR))
    return number


def test_only_administrators_change_rules_and_everybody_sees_them(screens: Served, store: Do) -> None:
    assert save(screens).status_code == 303
    [rule] = rules(store)
    for role in ("viewer", "op"):
        page = screens.ask("alarms/rules", role).text
        assert "Order Create: more than 10 errors in 1 h" in page
        assert "New Alarm" not in page
        assert screens.ask("alarms/rules/new", role).status_code == 403
        assert screens.ask(f"alarms/rules/{rule.id}", role).status_code == 403
        assert save(screens, role).status_code == 403
        for what in ("delete", "test", "active"):
            answer = screens.post(f"alarms/rules/{rule.id}/{what}", role, data={"active": "false"})
            assert answer.status_code == 403
    assert len(rules(store)) == 1


def test_every_field_that_is_wrong_is_said_to_be_and_what_was_typed_stays(screens: Served, store: Do) -> None:
    wrong = {"threshold": "many", "interval": "0", "mails": "ops@brand.example, nobody", "webhook": "ftp://x"}
    answer = save(screens, **wrong)
    assert answer.status_code == 422
    for field in wrong:
        assert f'id="{field}-error"' in answer.text
    assert 'value="many"' in answer.text
    assert "No mail address: nobody" in answer.text
    assert rules(store) == []


def test_a_rule_is_edited_paused_and_deleted_and_its_web_hook_is_never_shown(screens: Served, store: Do) -> None:
    save(screens)
    [rule] = rules(store)
    form = screens.ask(f"alarms/rules/{rule.id}", "admin").text
    assert "hooks.slack.com/***" in form
    assert "verysecret" not in form + screens.ask("alarms/rules", "admin").text
    save(screens, number=str(rule.id), threshold="25", webhook="https://hooks.slack.com/***")
    [edited] = rules(store)
    assert (edited.id, edited.threshold, edited.webhook) == (rule.id, 25, _HOOK)

    screens.post(f"alarms/rules/{rule.id}/active", "admin", data={"active": "false"})
    assert "Paused" in screens.ask("alarms/rules", "viewer").text
    assert not rules(store)[0].active
    screens.post(f"alarms/rules/{rule.id}/delete", "admin")
    assert "No rule watches" in screens.ask("alarms/rules", "viewer").text
    assert save(screens, number=str(rule.id)).status_code == 404
    done = [row.action for row in store(lambda db: db.audits("default", 9))]
    assert done == ["delete", "change", "change", "add"]


def test_a_test_goes_to_whom_the_form_names_and_its_way_is_shown(screens: Served, store: Do) -> None:
    answer = screens.post("alarms/rules/test", "admin", data=_GOOD | {"webhook": ""})
    assert "ops@brand.example" in answer.text
    assert "Waits" in answer.text
    assert rules(store) == []  # a test keeps nothing
    taken = store(lambda db: db.take_notices("default", now=_NOW + _HOUR, until=_NOW + 2 * _HOUR, limit=9))
    assert {notice.target for notice in taken} == {"ops@brand.example", "night@brand.example"}
    assert all("http://airflow.test/fashfed/alarms" in notice.body for notice in taken)
    for notice in taken:
        store(lambda db, number=notice.id: db.note_sent("default", number or 0, now=_NOW))
    ids = ",".join(str(notice.id) for notice in taken)
    left = screens.ask(f"alarms/tests?ids={ids}", "admin").text
    assert "Sent" in left
    assert "hx-trigger" not in left


def test_a_test_that_reaches_nobody_says_so(screens: Served, store: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FASHFED_OPERATORS", raising=False)
    answer = screens.post("alarms/rules/test", "admin", data=_GOOD | {"webhook": "", "mails": ""})
    assert "Nobody was sent a test" in answer.text


def test_the_link_of_a_mail_shows_what_happened_what_to_do_and_who_was_told(screens: Served, incident: int) -> None:
    assert "58 errors" in screens.ask("alarms", "viewer").text
    page = screens.ask(f"alarms?incident={incident}", "viewer").text
    for text in ("Price: 58 errors in 1 h", "Correct the price of the product", "ops@brand.example", "answered 503"):
        assert text in page
    pages = page + screens.ask("alarms/deliveries", "viewer").text + screens.ask("alarms", "viewer").text
    assert "hooks.slack.com/***" in pages
    assert "verysecret" not in pages
    assert screens.ask(f"alarms?incident={incident + 1}", "viewer").status_code == 404


def test_silence_of_the_alarms_themselves_is_said(screens: Served, store: Do) -> None:
    assert "No rule has been judged yet" in screens.ask("alarms", "viewer").text
    for age, said in ((timedelta(minutes=10), True), (timedelta(0), False)):
        moment = datetime.now(UTC) - age
        store(lambda db, at=moment: db.settle_alarms("default", [], watching_since=at, now=at))
        assert ("nobody is told of anything meanwhile" in screens.ask("alarms", "viewer").text) is said


def test_an_alarm_is_made_in_the_form_and_an_open_incident_is_counted_beside_the_tab(
    window: BrowserContext, screens: Served, incident: int
) -> None:
    page = window.new_page()
    page.goto(f"{screens.url}/alarms")
    expect(page.locator("#alarms-count")).to_contain_text("1")
    page.get_by_role("link", name="New Alarm").click()
    page.get_by_label("Criterion").select_option("nothing_arrived")
    expect(page.get_by_label("Threshold")).to_be_hidden()
    page.get_by_label("Criterion").select_option("average_flow_time")
    page.get_by_label("Flow Name").select_option("stock")
    page.get_by_label("Threshold").fill("45")
    page.get_by_label("Time interval").fill("30")
    page.get_by_label("E-mail addresses").fill("ops@brand.example\nnight@brand.example")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="Stock: runs took more than 45 s on average in 30 min")
    expect(row).to_contain_text("night@brand.example")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
