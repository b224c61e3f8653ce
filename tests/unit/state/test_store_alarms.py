"""What every store does with alarm rules, incidents and notices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from include.domain.run import Outcome, RunReport
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
from include.state.store import Audit, Store
from tests.unit.state.examples import MINUTE, NOW, OpenStore

LATER = NOW + MINUTE
RULE = AlarmRule(Criterion.ERRORS, "stock", 2.5, 60, ("a@example.com", "b@example.com"), "https://example.com/secret")
BUILT_IN = AlarmRule(Criterion.FAILED_RUNS, None, 2, 120, built_in="failed runs", changed_by="fashfed")


def an_incident(cause: str = "stock", *, since: datetime = NOW) -> Incident:
    members = (Member(7, "stock"),)
    return Incident(cause, IncidentState.OPEN, "Stock fails", ("stock",), members, since, NOW, "refused", 3, 2.5)


def a_mail(what: NoticeKind = NoticeKind.OPENED, to: str = "a@example.com") -> Notice:
    return Notice(what, Way.MAIL, to, "subject", "see {incident}, {other}", NOW, NOW)


async def settle(store: Store, *changes: AlarmChange, now: datetime = NOW) -> list[int]:
    return await store.settle_alarms("default", changes, watching_since=NOW, now=now)


async def test_rules_are_added_changed_and_deleted_and_each_time_audited(store: Store) -> None:
    added = await store.save_alarm_rule("default", RULE, who="ada", now=NOW)
    assert added == replace(RULE, id=added.id, changed_at=NOW, changed_by="ada")
    assert added.id is not None
    paused = await store.save_alarm_rule("default", replace(added, active=False, mails=()), who="bob", now=LATER)
    assert await store.alarm_rules("default") == [paused]
    assert (paused.active, paused.mails, paused.webhook, paused.changed_by) == (False, (), RULE.webhook, "bob")
    assert await store.alarm_rules("tr") == []
    assert not await store.delete_alarm_rule("tr", added.id, who="eve", now=LATER)
    assert await store.delete_alarm_rule("default", added.id, who="bob", now=LATER)
    assert not await store.delete_alarm_rule("default", added.id, who="bob", now=LATER)
    with pytest.raises(LookupError):
        await store.save_alarm_rule("default", added, who="bob", now=LATER)
    key = str(added.id)
    assert await store.audits("default", 9) == [
        Audit("bob", "delete", "alarm_rule", key, "errors", LATER),
        Audit("bob", "change", "alarm_rule", key, "errors of stock > 2.5 in 60 min, 1 addresses, paused", LATER),
        Audit("ada", "add", "alarm_rule", key, "errors of stock > 2.5 in 60 min, 3 addresses, active", NOW),
    ]


async def test_a_built_in_rule_is_made_once_whatever_people_do_to_it(store: Store) -> None:
    await store.make_built_in_rules("default", [BUILT_IN, replace(BUILT_IN, built_in="other")], now=NOW)
    first, other = await store.alarm_rules("default")
    assert first == replace(BUILT_IN, id=first.id, changed_at=NOW)
    assert first.id is not None
    assert other.id is not None
    edited = await store.save_alarm_rule("default", replace(first, threshold=9, built_in=None), who="ada", now=LATER)
    assert (edited.threshold, edited.built_in) == (9, "failed runs")
    await store.delete_alarm_rule("default", other.id, who="ada", now=LATER)
    await store.make_built_in_rules("default", [BUILT_IN, replace(BUILT_IN, built_in="other")], now=LATER)
    assert await store.alarm_rules("default") == [edited]
    await store.make_built_in_rules("tr", [BUILT_IN], now=LATER)
    assert len(await store.alarm_rules("tr")) == 1


async def test_an_incident_is_opened_changed_and_resolved_with_its_notices(store: Store) -> None:
    [one] = await settle(store, AlarmChange(an_incident(), (a_mail(), a_mail(to="b@example.com"))))
    opened = await store.incident("default", one)
    assert opened == replace(an_incident(), id=one)
    assert await store.incident("tr", one) is None
    calm = replace(an_incident(), id=one, calm_since=LATER, members=(Member(7, "stock"), Member(8, "price")), records=4)
    assert await settle(store, AlarmChange(calm, (a_mail(),)), now=LATER) == [one]
    assert await store.incident("default", one) == calm
    ended = replace(calm, state=IncidentState.RESOLVED, resolved_at=LATER)
    await settle(store, AlarmChange(ended, (a_mail(NoticeKind.RESOLVED),)), now=LATER)
    told = (await store.notices_of("default", [one, 99]))[one]
    assert [(each.what, each.target, each.incident_id) for each in told] == [
        (NoticeKind.OPENED, "a@example.com", one),
        (NoticeKind.OPENED, "b@example.com", one),
        (NoticeKind.RESOLVED, "a@example.com", one),
    ]
    assert told[0].body == f"see {one}, {{other}}"
    assert await store.notices_of("default", [99]) == {99: []}
    assert await store.watermark("default", "alarms") == LATER
    assert await store.watermark("default", "alarms_watching") == NOW


async def test_a_cause_has_one_open_incident_and_what_cannot_be_opened_leaves_nothing(store: Store) -> None:
    [one] = await settle(store, AlarmChange(an_incident()))
    with pytest.raises(ValueError, match="open incident of stock"):
        await settle(store, AlarmChange(an_incident("price"), (a_mail(),)), AlarmChange(an_incident()), now=LATER)
    assert [each.id for each in await store.incidents("default")] == [one]
    assert await store.watermark("default", "alarms") == NOW
    ended = replace(an_incident(), id=one, state=IncidentState.RESOLVED, resolved_at=LATER)
    await settle(store, AlarmChange(ended))
    [two] = await settle(store, AlarmChange(an_incident(since=LATER)))
    assert two != one


async def test_incidents_are_listed_open_ones_first_then_the_newest(store: Store) -> None:
    changes = [AlarmChange(an_incident(cause, since=NOW + number * MINUTE)) for number, cause in enumerate("abc")]
    ids = await settle(store, *changes)
    ended = replace(an_incident("c", since=NOW + 2 * MINUTE), state=IncidentState.RESOLVED, resolved_at=LATER)
    await settle(store, AlarmChange(replace(ended, id=ids[2])))

    def causes(found: Sequence[Incident]) -> str:
        return "".join(each.cause for each in found)

    assert causes(await store.incidents("default")) == "bac"
    assert causes(await store.incidents("default", limit=1, offset=1)) == "a"
    assert causes(await store.incidents("default", state=IncidentState.RESOLVED)) == "c"
    assert await store.count_incidents("default") == {IncidentState.OPEN: 2, IncidentState.RESOLVED: 1}
    assert await store.count_incidents("tr") == {IncidentState.OPEN: 0, IncidentState.RESOLVED: 0}


async def test_a_notice_that_is_taken_is_nobody_elses_for_a_while(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    [one] = await settle(store, AlarmChange(an_incident(), (a_mail(), a_mail(to="b@example.com"))))
    taken = await store.take_notices("default", now=NOW, until=LATER, limit=1)
    rest = await other.take_notices("default", now=NOW, until=LATER, limit=9)
    assert [each.target for each in (*taken, *rest)] == ["a@example.com", "b@example.com"]
    assert await other.take_notices("default", now=NOW, until=LATER, limit=9) == []
    await store.note_sent("default", taken[0].id or 0, now=NOW)
    again = await other.take_notices("default", now=LATER, until=LATER + MINUTE, limit=9)
    assert [each.id for each in again] == [rest[0].id]
    assert (await store.notices_of("default", [one]))[one][0].sent_at == NOW


async def test_a_notice_that_could_not_be_sent_says_why_and_is_due_again_later(store: Store) -> None:
    [one] = await settle(store, AlarmChange(an_incident(), (a_mail(),)))
    [taken] = await store.take_notices("default", now=NOW, until=LATER, limit=9)
    await store.note_unsent("default", taken.id or 0, trouble="away\x00", due_at=NOW + 9 * MINUTE)
    assert await store.take_notices("default", now=LATER, until=LATER, limit=9) == []
    [again] = await store.take_notices("default", now=NOW + 9 * MINUTE, until=NOW + 10 * MINUTE, limit=9)
    assert (again.tries, again.trouble, again.sent_at) == (1, "away?", None)
    await store.note_sent("default", taken.id or 0, now=NOW + 9 * MINUTE)
    await store.note_unsent("default", taken.id or 0, trouble="late word", due_at=NOW)
    [kept] = (await store.notices_of("default", [one]))[one]
    assert (kept.tries, kept.trouble, kept.sent_at) == (2, None, NOW + 9 * MINUTE)


async def test_an_all_clear_never_leaves_before_its_alarm(store: Store) -> None:
    [one] = await settle(store, AlarmChange(an_incident(), (a_mail(),)))
    [alarm] = await store.take_notices("default", now=NOW, until=NOW, limit=9)
    await store.note_unsent("default", alarm.id or 0, trouble="away", due_at=NOW + 9 * MINUTE)
    ended = replace(an_incident(), id=one, state=IncidentState.RESOLVED, resolved_at=LATER)
    await settle(store, AlarmChange(ended, (a_mail(NoticeKind.RESOLVED),)), now=LATER)
    assert await store.take_notices("default", now=LATER, until=LATER, limit=9) == []
    await store.note_sent("default", alarm.id or 0, now=LATER)
    [clear] = await store.take_notices("default", now=LATER, until=LATER, limit=9)
    assert clear.what is NoticeKind.RESOLVED


async def test_a_test_notice_is_queued_and_audited(store: Store) -> None:
    test = replace(a_mail(NoticeKind.TEST), body="it works")
    [one] = await store.queue_test_notices("default", [test], who="ada", now=NOW)
    [two] = await store.queue_test_notices("default", [test], who="ada", now=LATER)
    due = await store.take_notices("default", now=NOW, until=LATER, limit=9)
    assert [(each.id, each.what, each.body, each.incident_id) for each in due] == [
        (one, NoticeKind.TEST, "it works", None),
        (two, NoticeKind.TEST, "it works", None),
    ]
    assert [each.id for each in await store.notices("default", [two, one, 99])] == [one, two]
    assert [(row.action, row.key) for row in await store.audits("default", 9)] == [
        ("test", str(two)),
        ("test", str(one)),
    ]


async def test_a_step_that_could_not_say_so_itself_is_noted_as_failed(store: Store) -> None:
    went_on, said_so = RunReport("stock", "default", NOW), RunReport("stock", "default", NOW + MINUTE)
    await store.start_run(went_on, run_id="killed", step="send")
    said_so.outcome, said_so.reason, said_so.code = Outcome.FAILED, "its own words", "refused"
    await store.finish_run(said_so, run_id="failed", step="send", now=LATER)
    for run_id in ("killed", "failed", "unheard of"):
        facts = {"code": "run_died", "reason": "no word", "now": LATER + MINUTE}
        await store.note_broken_run("default", "stock", run_id, "send", **facts)
    runs = {row["run_id"]: row for row in await store.last_runs("default", "stock", 9)}
    assert {name: (row["outcome"], row["code"], row["reason"]) for name, row in runs.items()} == {
        "killed": ("failed", "run_died", "no word"),
        "failed": ("failed", "refused", "its own words"),
        "unheard of": ("failed", "run_died", "no word"),
    }
    assert (runs["killed"]["started_at"], runs["killed"]["errors"]) == (NOW, {"run_died": 1})


async def test_old_incidents_go_with_their_notices_and_open_ones_stay(store: Store) -> None:
    ids = await settle(store, AlarmChange(an_incident("a"), (a_mail(),)), AlarmChange(an_incident("b"), (a_mail(),)))
    ended = replace(an_incident("a"), id=ids[0], state=IncidentState.RESOLVED, resolved_at=NOW)
    await settle(store, AlarmChange(ended))
    await store.queue_test_notices("default", [a_mail(NoticeKind.TEST)], who="ada", now=NOW)
    gone = await store.prune_history("default", NOW + timedelta(days=1))
    assert (gone["incidents"], gone["notices"]) == (1, 1)
    assert [each.cause for each in await store.incidents("default")] == ["b"]
    told = await store.notices_of("default", ids)
    assert [len(told[each]) for each in ids] == [0, 1]
