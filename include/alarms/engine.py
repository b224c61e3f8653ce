"""From verdicts to incidents: what opens, what goes on, what is over, and who is told. Pure.

One incident per cause, whatever rules see it. It opens at once, and is over when everything it was about has been calm
for ``CALM_FOR``; what is near the threshold is not calm. Whoever a rule tells hears of an incident once, and once of
its end. A flow whose runs fail belongs to the incident of what they fail of; anything else stays in the incident where
it is, so that what a trouble leaves behind is no trouble of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from include.alarms import words
from include.alarms.criteria import ENGINE
from include.alarms.verdicts import Grade, Verdict, judge
from include.alarms.words import Readers
from include.state.alarms import (
    AlarmChange,
    AlarmFacts,
    AlarmRule,
    Criterion,
    Incident,
    IncidentState,
    Member,
    Notice,
    NoticeKind,
)

CALM_FOR = timedelta(minutes=5)
"""How long an incident's rules must be calm before it is over."""
GAP = timedelta(minutes=10)
"""A pause between two evaluations after which nobody can say for how long a flow has been silent."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What became of the incidents, and since when the rules have been evaluated without a gap."""

    changes: list[AlarmChange]
    watching_since: datetime


@dataclass(slots=True)
class _Place:
    """An incident, open or about to be, and what is seen of it now."""

    incident: Incident | None
    seen: list[Verdict] = field(default_factory=list)


def evaluate(
    rules: Sequence[AlarmRule],
    facts: AlarmFacts,
    open_incidents: Sequence[Incident],
    told: Mapping[int, Sequence[Notice]],
    *,
    readers: Readers,
    now: datetime,
) -> Evaluated:
    """Judge the active rules. ``told``: the notices of the open incidents."""
    gone = now - facts.evaluated_at if facts.evaluated_at else timedelta(0)
    watching = now if gone > GAP else facts.watching_since or now
    facts = replace(facts, watching_since=watching)
    active = [rule for rule in rules if rule.active]
    places = _placed(judge(active, facts, now), open_incidents)
    changes = [
        _going_on(place.incident, place.seen, readers, now)
        if place.incident and place.seen
        else _quiet(place.incident, told.get(place.incident.id or 0, ()), readers, now, gap=gone > GAP)
        if place.incident
        else _opened(cause, place.seen, readers, now)
        for cause, place in places.items()
    ]
    return Evaluated([*_own_gap(active, facts.evaluated_at, gone, readers, now), *changes], watching)


def _placed(verdicts: Sequence[Verdict], open_incidents: Sequence[Incident]) -> dict[str, _Place]:
    """Which incident each verdict belongs to, by cause; what is only near its threshold opens and joins none."""
    places = {incident.cause: _Place(incident) for incident in open_incidents}
    oldest_first = sorted(open_incidents, key=lambda incident: incident.since)
    homes = {member: incident.cause for incident in oldest_first for member in incident.members}
    for verdict in verdicts:
        home = homes.get(_member(verdict))
        cause = verdict.cause if verdict.failing or home is None else home
        if verdict.grade is Grade.ALARM or cause == home:
            places.setdefault(cause, _Place(None)).seen.append(verdict)
    return places


def _member(verdict: Verdict) -> Member:
    return Member(verdict.rule.id or 0, verdict.subject)


def _opened(cause: str, seen: Sequence[Verdict], readers: Readers, now: datetime) -> AlarmChange:
    flows = _flows(seen)
    incident = Incident(
        cause,
        IncidentState.OPEN,
        words.summary(seen, flows),
        flows,
        tuple(dict.fromkeys(map(_member, seen))),
        min((verdict.measure.since for verdict in seen if verdict.measure.since), default=now),
        now,
        next((verdict.code for verdict in seen if verdict.code), None),
        _records(seen),
        seen[0].measure.value,
    )
    return AlarmChange(incident, _alarms(incident, seen, readers, now))


def _going_on(incident: Incident, seen: Sequence[Verdict], readers: Readers, now: datetime) -> AlarmChange:
    """An incident that is still there; rules that see it only now tell their people."""
    flows = tuple(dict.fromkeys([*incident.flows, *_flows(seen)]))
    joined = [verdict for verdict in seen if _member(verdict) not in incident.members]
    changed = replace(
        incident,
        summary=words.summary(seen, _flows(seen)),
        flows=flows,
        members=tuple(dict.fromkeys([*incident.members, *map(_member, seen)])),
        last_seen_at=now,
        records=_records(seen),
        calm_since=None,
    )
    return AlarmChange(changed, _alarms(changed, joined, readers, now))


def _quiet(incident: Incident, told: Sequence[Notice], readers: Readers, now: datetime, *, gap: bool) -> AlarmChange:
    """An incident that nothing is seen of; it is over when that has lasted."""
    calm = now if gap else incident.calm_since or now
    changed = replace(incident, calm_since=calm)
    if now - calm < CALM_FOR:
        return AlarmChange(changed)
    subject, body = words.resolved(changed, readers)
    over = replace(changed, state=IncidentState.RESOLVED, resolved_at=now)
    targets = [(notice.way, notice.target) for notice in told if notice.what is NoticeKind.OPENED]
    return AlarmChange(
        over, tuple(Notice(NoticeKind.RESOLVED, *target, subject, body, now, now) for target in dict.fromkeys(targets))
    )


def _own_gap(
    rules: Sequence[AlarmRule], evaluated_at: datetime | None, gone: timedelta, readers: Readers, now: datetime
) -> list[AlarmChange]:
    """The engine's own silence, which is over as soon as anybody can say it: one mail."""
    minutes = gone / timedelta(minutes=1)
    late = [rule for rule in rules if rule.criterion is Criterion.ENGINE_LATE and minutes > rule.threshold]
    if not late or evaluated_at is None:
        return []
    line, subject, body = words.gap(minutes, evaluated_at, now, readers)
    members = tuple(Member(rule.id or 0, ENGINE) for rule in late)
    incident = Incident(
        Criterion.ENGINE_LATE.value,
        IncidentState.RESOLVED,
        line,
        (ENGINE,),
        members,
        evaluated_at,
        now,
        value=minutes,
        resolved_at=now,
    )
    targets = dict.fromkeys(target for rule in late for target in readers.targets(rule))
    return [
        AlarmChange(incident, tuple(Notice(NoticeKind.OPENED, *target, subject, body, now, now) for target in targets))
    ]


def _alarms(incident: Incident, seen: Sequence[Verdict], readers: Readers, now: datetime) -> tuple[Notice, ...]:
    if not seen:
        return ()
    subject, body = words.opened(incident, seen, readers)
    targets = dict.fromkeys(target for verdict in seen for target in readers.targets(verdict.rule))
    return tuple(Notice(NoticeKind.OPENED, *target, subject, body, now, now) for target in targets)


def _flows(seen: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(verdict.measure.flow for verdict in seen))


def _records(seen: Sequence[Verdict]) -> int:
    """The records that are about most of it: rules that see the same trouble count the same records."""
    by_flow: dict[str, int] = {}
    for verdict in seen:
        flow = verdict.subject
        by_flow[flow] = max(by_flow.get(flow, 0), verdict.measure.records)
    return sum(by_flow.values())
