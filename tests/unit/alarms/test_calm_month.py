"""The rules of the first start say nothing of thirty calm days, and speak at once when one of them is not."""

from dataclasses import replace
from datetime import timedelta

from include.alarms.built_in import BUILT_IN
from include.alarms.engine import evaluate
from include.alarms.verdicts import Moments
from include.alarms.words import Readers
from include.state.alarms import Incident, IncidentState, Notice
from tests.unit.alarms.month import CalmMonth
from tests.unit.state.examples import NOW

RULES = [replace(rule, id=number) for number, rule in enumerate(BUILT_IN, 1)]
READERS = Readers(("ops@example.com",), "https://airflow.example.com")


def lived(month: CalmMonth) -> list[str]:
    """The subjects of the mails of the month; as in the store, an incident tells nobody the same twice."""
    open_now: dict[str, Incident] = {}
    told: dict[int, tuple[Notice, ...]] = {}
    said: list[str] = []
    for minute in month.minutes():
        if month.stands_still(minute):
            continue
        now = NOW + timedelta(minutes=minute)
        moments = Moments.of(RULES, now)
        facts = month.facts(minute, moments.runs_since, moments.parked_before, moments.differing_before)
        done = evaluate(RULES, facts, list(open_now.values()), told, readers=READERS, now=now)
        for change in done.changes:
            incident = replace(change.incident, id=change.incident.id or len(told) + 1)
            known = {(notice.what, notice.target) for notice in told.get(incident.id, ())}
            if new := tuple(each for each in change.notices if (each.what, each.target) not in known):
                said.append(new[0].subject)
                told[incident.id] = (*told.get(incident.id, ()), *new)
            open_now.pop(incident.cause, None)
            if incident.state is IncidentState.OPEN:
                open_now[incident.cause] = incident
        month.evaluated = minute
    return said


def test_thirty_calm_days_give_no_mail() -> None:
    assert lived(CalmMonth(1, NOW)) == []


def test_a_month_in_which_stock_stands_still_for_an_hour_gives_one_mail_and_its_all_clear() -> None:
    month = CalmMonth(2, NOW)
    stock = month.lives["stock"]
    stock.good = [good and not 20_000 <= at < 20_060 for at, good in zip(stock.at, stock.good, strict=True)]
    stock.count()
    assert lived(month) == [
        "[Fashfed] Omnitron cannot be used: Stock fails",
        "[Fashfed] Resolved: Omnitron cannot be used: Stock fails",
    ]
