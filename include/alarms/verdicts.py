"""Judging rules by facts: what each rule sees now, at which flow, and of which cause. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from include.alarms.criteria import COMPARISON, FLOWS_TO_CHOOSE, INBOX_KINDS, LEAST_RECORDS
from include.state.alarms import AlarmFacts, AlarmRule, Criterion, FlowFacts, Streak, Waiting

_CLEARLY_BELOW = 0.8
"""Share of the threshold down to which a value is not yet calm."""
_AWAY = {"remote_unreachable", "remote_failed", "remote_paused", "remote_busy", "answer_lost", "answer_unreadable"}
"""What the runs say of a remote that is away: one trouble, whatever the words."""
_OF_ONE_FLOW = {"unexpected", "stopped", "run_died", "run_in_progress", "batch_held"}
"""Codes that have another cause in each flow."""
_BLAMED = {Criterion.FAILED_RUNS, Criterion.NO_SUCCESS, Criterion.BACKLOG_AGE}
"""Criteria that follow from runs that fail, while they do."""


class Grade(StrEnum):
    """How a value stands to its threshold. What is calm is no verdict."""

    ALARM = "alarm"
    """Strictly greater."""
    NEAR = "near"
    """Not greater, but not clearly below: an incident stays open, none is opened."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A value at one flow, or at one error code of it. ``since`` is None where only the interval is known."""

    flow: str
    value: float
    records: int = 0
    since: datetime | None = None
    code: str | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule sees at one subject. ``failing`` are the flow's failed runs where they are the cause."""

    rule: AlarmRule
    measure: Measure
    grade: Grade
    cause: str
    failing: Streak | None = None

    @property
    def subject(self) -> str:
        """The flow, with the error code where each code counts by itself."""
        return ":".join(filter(None, (self.measure.flow, self.measure.part)))

    @property
    def code(self) -> str | None:
        """The code of the error catalogue that says most about it."""
        return self.failing.code if self.failing else self.measure.code


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments at which rules ask for facts."""

    runs_since: tuple[tuple[datetime, str], ...]
    """With the flow."""
    parked_before: tuple[datetime, ...]
    differing_before: tuple[datetime, ...]

    @classmethod
    def of(cls, rules: Iterable[AlarmRule], now: datetime) -> "Moments":
        """Those that these rules need."""
        parked, differing = Criterion.PARKED, Criterion.LEDGER_DIFFERENCE
        elsewhere = {parked, differing, Criterion.BACKLOG_AGE, Criterion.ENGINE_LATE}
        rules = list(rules)
        of_runs = [rule for rule in rules if rule.criterion not in elsewhere]
        return cls(
            tuple({(begin(rule, now), flow) for rule in of_runs for flow in _flows(rule)}),
            _moments((rule for rule in rules if rule.criterion is parked), now),
            _moments((rule for rule in rules if rule.criterion is differing), now),
        )


def _flows(rule: AlarmRule) -> Sequence[str]:
    return (rule.flow,) if rule.flow else FLOWS_TO_CHOOSE


def _moments(rules: Iterable[AlarmRule], now: datetime) -> tuple[datetime, ...]:
    return tuple(sorted({begin(rule, now) for rule in rules}))


def begin(rule: AlarmRule, now: datetime) -> datetime:
    """Where the rule's interval begins."""
    return now - timedelta(minutes=rule.interval_minutes)


def judge(rules: Sequence[AlarmRule], facts: AlarmFacts, now: datetime) -> list[Verdict]:
    """What the rules see; what is calm, and what cannot be judged, is left out."""
    return [
        verdict
        for rule in rules
        for measure in _measures(rule, facts, now)
        if rule.flow in (None, measure.flow)
        if (verdict := _verdict(rule, measure, facts.streaks.get(measure.flow)))
    ]


def _verdict(rule: AlarmRule, measure: Measure, streak: Streak | None) -> Verdict | None:
    if measure.value > rule.threshold:
        grade = Grade.ALARM
    elif measure.value > rule.threshold * _CLEARLY_BELOW:
        grade = Grade.NEAR
    else:
        return None
    same = rule.criterion is Criterion.ERRORS and streak is not None and measure.code == streak.code
    if streak and (rule.criterion in _BLAMED or same):
        return Verdict(rule, measure, grade, _cause_of(streak, measure.flow), streak)
    name = "records" if rule.criterion in (Criterion.ERRORS, Criterion.ERROR_PERCENTAGE) else rule.criterion.value
    return Verdict(rule, measure, grade, ":".join(filter(None, (name, measure.flow, measure.part))))


def _cause_of(streak: Streak, flow: str) -> str:
    if streak.code in _AWAY:
        return f"away:{remote_named(streak) or streak.code}"
    return f"{streak.code}:{flow}" if streak.code in _OF_ONE_FLOW else streak.code


def remote_named(streak: Streak) -> str | None:
    """The remote that is away; the catalogue's messages begin with its name."""
    first = streak.reason.partition(" ")[0]
    return first if streak.code in _AWAY and first in ("Omnitron", "Fashfed") else None


def _measures(rule: AlarmRule, facts: AlarmFacts, now: datetime) -> Iterator[Measure]:
    since = begin(rule, now)
    match rule.criterion:
        case Criterion.BACKLOG_AGE:
            yield from _backlogs(facts, now)
        case Criterion.PARKED:
            yield from _parked(facts.parked[since])
        case Criterion.LEDGER_DIFFERENCE:
            for each in facts.differences[since]:
                yield Measure(COMPARISON, each.records, each.records, each.since, each.code, each.code or "")
        case Criterion.ENGINE_LATE:
            return  # the engine finds this out by itself
        case Criterion.NO_SUCCESS:
            yield from _silent(facts, since)
        case _:
            for (moment, flow), ran in facts.runs.items():
                if moment == since:
                    yield from _of_runs(rule.criterion, flow, ran, facts, since)


def _of_runs(criterion: Criterion, flow: str, ran: FlowFacts, facts: AlarmFacts, since: datetime) -> Iterator[Measure]:
    code = max(ran.errors, key=lambda each: (ran.errors[each], each), default=None)
    match criterion:
        case Criterion.ERRORS:
            yield Measure(flow, sum(ran.errors.values()), ran.failed_records, code=code)
        case Criterion.ERROR_PERCENTAGE if ran.read >= LEAST_RECORDS:
            share = min(100.0, 100 * ran.failed_records / ran.read)
            yield Measure(flow, share, ran.failed_records, code=code)
        case Criterion.AVERAGE_FLOW_TIME if ran.ended:
            yield Measure(flow, ran.seconds / ran.ended)
        case Criterion.NOTHING_ARRIVED if ran.succeeded and not ran.read and _watched(facts, flow, since):
            yield Measure(flow, 1, since=since)
        case Criterion.FAILED_RUNS if streak := facts.streaks.get(flow):
            runs = min(streak.runs, ran.failed)
            yield Measure(flow, runs, ran.failed_records, streak.since, streak.code)


def _silent(facts: AlarmFacts, since: datetime) -> Iterator[Measure]:
    """Flows that worked before, are on, and have not succeeded since."""
    for flow, success in facts.last_success.items():
        began = facts.on_since.get(flow)
        if began and began <= success < since and _watched(facts, flow, since):
            yield Measure(flow, 1, since=success)


def _watched(facts: AlarmFacts, flow: str, since: datetime) -> bool:
    """Whether the flow was on, and Airflow running, for the whole interval."""
    began, watching = facts.on_since.get(flow), facts.watching_since
    return began is not None and began <= since and watching is not None and watching <= since


def _backlogs(facts: AlarmFacts, now: datetime) -> Iterator[Measure]:
    waiting: dict[str, list[Waiting]] = {}
    for each in facts.due:
        waiting.setdefault(INBOX_KINDS.get(each.kind, ""), []).append(each)
    for each in facts.batches:
        waiting.setdefault(each.kind, []).append(each)
    for flow, found in waiting.items():
        if flow in facts.on_since:
            since = min(each.since for each in found)
            age = now - max(since, facts.watching_since or now)  # while nothing ran nobody could keep up
            yield Measure(flow, age / timedelta(minutes=1), sum(each.records for each in found), since)


def _parked(found: Iterable[Waiting]) -> Iterator[Measure]:
    sums: dict[tuple[str, str], list[Waiting]] = {}
    for each in found:
        sums.setdefault((INBOX_KINDS.get(each.kind, each.kind), each.code or ""), []).append(each)
    for (flow, code), rows in sums.items():
        records = sum(each.records for each in rows)
        yield Measure(flow, records, records, min(each.since for each in rows), code, code)


def by_cause(verdicts: Iterable[Verdict]) -> Mapping[str, list[Verdict]]:
    """The verdicts of each cause."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.cause, []).append(verdict)
    return found
