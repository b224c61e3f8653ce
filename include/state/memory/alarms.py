"""Alarm rules, incidents and notices in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from include.state import rules
from include.state.alarms import AlarmChange, AlarmRule, Incident, IncidentState, Notice
from include.state.memory.alarm_facts import Facts
from include.state.store import Audit


class Alarms(Facts):
    """See ``alarm_store.AlarmStore``."""

    async def alarm_rules(self, channel: str) -> list[AlarmRule]:
        return list(self._data.alarm_rules[channel].values())

    async def make_built_in_rules(self, channel: str, rules: Sequence[AlarmRule], *, now: datetime) -> None:
        for rule in rules:
            if rule.built_in not in self._data.built_in_rules[channel]:
                self._add_rule(channel, rule, rule.changed_by, now)

    async def save_alarm_rule(self, channel: str, rule: AlarmRule, *, who: str, now: datetime) -> AlarmRule:
        known = self._data.alarm_rules[channel]
        if rule.id is None:
            kept, action = self._add_rule(channel, rule, who, now), "add"
        elif rule.id in known:
            kept = replace(rule, built_in=known[rule.id].built_in, changed_at=now, changed_by=who)
            known[rule.id], action = kept, "change"
        else:
            raise LookupError(f"there is no alarm rule {rule.id}")
        self._audit_rule(channel, who, action, str(kept.id), rules.rule_in_words(rule), now)
        return kept

    def _add_rule(self, channel: str, rule: AlarmRule, who: str, now: datetime) -> AlarmRule:
        kept = replace(rule, id=self._number("alarm_rules"), changed_at=now, changed_by=who)
        self._data.alarm_rules[channel][kept.id or 0] = kept
        if rule.built_in:
            self._data.built_in_rules[channel].add(rule.built_in)
        return kept

    async def delete_alarm_rule(self, channel: str, rule_id: int, *, who: str, now: datetime) -> bool:
        gone = self._data.alarm_rules[channel].pop(rule_id, None)
        if gone:
            self._audit_rule(channel, who, "delete", str(rule_id), gone.criterion.value, now)
        return gone is not None

    async def settle_alarms(
        self, channel: str, changes: Sequence[AlarmChange], *, watching_since: datetime, now: datetime
    ) -> list[int]:
        data, ids = self._data, list[int]()
        opened = [change.incident.cause for change in changes if change.incident.id is None]
        for cause in opened:
            if any(each.cause == cause for each in await self.incidents(channel, state=IncidentState.OPEN)):
                raise rules.cause_is_open(cause)
        for change in changes:
            incident_id = change.incident.id or self._number("incidents")
            summary = rules.plain_text(change.incident.summary)
            data.incidents[channel][incident_id] = replace(change.incident, id=incident_id, summary=summary)
            ids.append(incident_id)
            for notice in change.notices:
                self._queue(channel, notice, incident_id)
        for flow, to in (("alarms", now), ("alarms_watching", watching_since)):
            data.watermarks[channel, flow] = max(to, data.watermarks.get((channel, flow), to))
        return ids

    async def incidents(
        self, channel: str, *, state: IncidentState | None = None, limit: int = 100, offset: int = 0
    ) -> list[Incident]:
        found = [each for each in self._data.incidents[channel].values() if state in (None, each.state)]
        newest = sorted(found, key=lambda each: (each.since, each.id or 0), reverse=True)
        return sorted(newest, key=lambda each: each.state)[offset : offset + limit]

    async def count_incidents(self, channel: str) -> dict[IncidentState, int]:
        states = [each.state for each in self._data.incidents[channel].values()]
        return {state: states.count(state) for state in IncidentState}

    async def incident(self, channel: str, incident_id: int) -> Incident | None:
        return self._data.incidents[channel].get(incident_id)

    async def notices_of(self, channel: str, incident_ids: Sequence[int]) -> dict[int, list[Notice]]:
        kept = self._data.notices[channel].values()
        return {each: [notice for notice in kept if notice.incident_id == each] for each in incident_ids}

    async def queue_test_notices(
        self, channel: str, notices: Sequence[Notice], *, who: str, now: datetime
    ) -> list[int]:
        ids = [each for notice in notices if (each := self._queue(channel, notice, None)) is not None]
        self._audit_rule(channel, who, "test", ", ".join(map(str, ids)), f"{len(ids)} notices", now)
        return ids

    async def notices(self, channel: str, notice_ids: Sequence[int]) -> list[Notice]:
        kept = self._data.notices[channel]
        return [kept[each] for each in sorted(set(notice_ids)) if each in kept]

    async def take_notices(self, channel: str, *, now: datetime, until: datetime, limit: int) -> list[Notice]:
        kept = self._data.notices[channel]
        unsent = [notice for notice in kept.values() if notice.sent_at is None]
        first: dict[object, Notice] = {}
        for notice in unsent:
            first.setdefault((notice.incident_id or notice, notice.way, notice.target), notice)
        due = sorted((each for each in first.values() if each.due_at <= now), key=lambda each: each.due_at)[:limit]
        for notice in due:
            kept[notice.id or 0] = replace(notice, due_at=until)
        return [kept[notice.id or 0] for notice in sorted(due, key=lambda each: each.id or 0)]

    async def note_sent(self, channel: str, notice_id: int, *, now: datetime) -> None:
        kept = self._data.notices[channel]
        if notice := kept.get(notice_id):
            kept[notice_id] = replace(notice, sent_at=now, tries=notice.tries + 1, trouble=None)

    async def note_unsent(self, channel: str, notice_id: int, *, trouble: str, due_at: datetime) -> None:
        kept = self._data.notices[channel]
        notice = kept.get(notice_id)
        if notice and notice.sent_at is None:
            trouble = rules.plain_text(trouble)
            kept[notice_id] = replace(notice, due_at=due_at, tries=notice.tries + 1, trouble=trouble)

    def _queue(self, channel: str, notice: Notice, incident_id: int | None) -> int | None:
        kept, place = self._data.notices[channel], (incident_id, notice.what, notice.way, notice.target)
        if incident_id and place in [(each.incident_id, each.what, each.way, each.target) for each in kept.values()]:
            return None
        number = self._number("notices")
        body = rules.plain_text(notice.body).replace("{incident}", str(incident_id or ""))
        subject = rules.plain_text(notice.subject)
        kept[number] = replace(notice, id=number, incident_id=incident_id, subject=subject, body=body)
        return number

    def _number(self, table: str) -> int:
        self._data.numbers[table] += 1
        return self._data.numbers[table]

    def _audit_rule(self, channel: str, who: str, action: str, key: str, reason: str, at: datetime) -> None:
        self._data.audits[channel].append(Audit(rules.plain_text(who), action, "alarm_rule", key, reason, at))
