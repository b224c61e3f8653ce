"""Alarm rules, incidents and notices in Postgres."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import errors
from psycopg.rows import DictRow

from include.state import rules
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
from include.state.postgres.alarm_facts import Facts
from include.state.postgres.session import Connection
from include.state.postgres.sql import alarms as sql
from include.state.postgres.sql import people, shared


class Alarms(Facts):
    """See ``alarm_store.AlarmStore``."""

    async def alarm_rules(self, channel: str) -> list[AlarmRule]:
        return [_rule(row) for row in await self._rows(sql.ALARM_RULES, channel=channel)]

    async def make_built_in_rules(self, channel: str, rules: Sequence[AlarmRule], *, now: datetime) -> None:
        known = {row["built_in"] for row in await self._rows(sql.BUILT_IN_NAMES, channel=channel)}
        for rule in rules:
            if rule.built_in not in known:
                await self._do(sql.ADD_RULE, channel=channel, who=rule.changed_by, now=now, **_values(rule))

    async def save_alarm_rule(self, channel: str, rule: AlarmRule, *, who: str, now: datetime) -> AlarmRule:
        adding = rule.id is None
        values = {"channel": channel, "who": who, "now": now, **_values(rule)}
        async with self._connection() as connection, connection.transaction():
            cursor = await connection.execute(sql.ADD_RULE if adding else sql.CHANGE_RULE, values)
            kept = await cursor.fetchone()
            if kept is None:
                raise LookupError(f"there is no alarm rule {rule.id}")
            action, of = ("add" if adding else "change"), rules.rule_in_words(rule)
            await _audit(connection, channel, who, action, str(kept["id"]), of, now)
        return _rule(kept)

    async def delete_alarm_rule(self, channel: str, rule_id: int, *, who: str, now: datetime) -> bool:
        async with self._connection() as connection, connection.transaction():
            values = {"channel": channel, "id": rule_id, "now": now}
            gone = await (await connection.execute(sql.DELETE_RULE, values)).fetchone()
            if gone:
                await _audit(connection, channel, who, "delete", str(rule_id), gone["criterion"], now)
        return gone is not None

    async def settle_alarms(
        self, channel: str, changes: Sequence[AlarmChange], *, watching_since: datetime, now: datetime
    ) -> list[int]:
        ids: list[int] = []
        async with self._connection() as connection, connection.transaction():
            for change in changes:
                incident_id = await _keep(connection, channel, change.incident)
                ids.append(incident_id)
                for notice in change.notices:
                    await _queue(connection, channel, notice, incident_id)
            for flow, to in (("alarms", now), ("alarms_watching", watching_since)):
                await connection.execute(shared.MOVE_WATERMARK, {"channel": channel, "flow": flow, "to": to})
        return ids

    async def incidents(
        self, channel: str, *, state: IncidentState | None = None, limit: int = 100, offset: int = 0
    ) -> list[Incident]:
        states = [state.value] if state else [each.value for each in IncidentState]
        rows = await self._rows(sql.INCIDENTS, channel=channel, states=states, limit=limit, offset=offset)
        return [_incident(row) for row in rows]

    async def count_incidents(self, channel: str) -> dict[IncidentState, int]:
        rows = await self._rows(sql.COUNT_INCIDENTS, channel=channel)
        return dict.fromkeys(IncidentState, 0) | {IncidentState(row["state"]): row["number"] for row in rows}

    async def incident(self, channel: str, incident_id: int) -> Incident | None:
        rows = await self._rows(sql.INCIDENT, channel=channel, id=incident_id)
        return _incident(rows[0]) if rows else None

    async def notices_of(self, channel: str, incident_ids: Sequence[int]) -> dict[int, list[Notice]]:
        found: dict[int, list[Notice]] = {each: [] for each in incident_ids}
        for row in await self._rows(sql.NOTICES_OF, channel=channel, ids=list(found)):
            found[row["incident_id"]].append(_notice(row))
        return found

    async def queue_test_notices(
        self, channel: str, notices: Sequence[Notice], *, who: str, now: datetime
    ) -> list[int]:
        async with self._connection() as connection, connection.transaction():
            ids = [await _queue(connection, channel, notice, None) for notice in notices]
            targets = f"{len(ids)} notices"
            await _audit(connection, channel, who, "test", ", ".join(map(str, ids)), targets, now)
        return [each for each in ids if each is not None]

    async def notices(self, channel: str, notice_ids: Sequence[int]) -> list[Notice]:
        return [_notice(row) for row in await self._rows(sql.NOTICES, channel=channel, ids=list(notice_ids))]

    async def take_notices(self, channel: str, *, now: datetime, until: datetime, limit: int) -> list[Notice]:
        rows = await self._rows(sql.TAKE_NOTICES, channel=channel, now=now, until=until, limit=limit)
        return sorted((_notice(row) for row in rows), key=lambda notice: notice.id or 0)

    async def note_sent(self, channel: str, notice_id: int, *, now: datetime) -> None:
        await self._do(sql.NOTE_SENT, channel=channel, id=notice_id, now=now)

    async def note_unsent(self, channel: str, notice_id: int, *, trouble: str, due_at: datetime) -> None:
        trouble = rules.plain_text(trouble)
        await self._do(sql.NOTE_UNSENT, channel=channel, id=notice_id, trouble=trouble, due_at=due_at)


async def _keep(connection: Connection, channel: str, incident: Incident) -> int:
    values = {
        **asdict(incident),
        "channel": channel,
        "summary": rules.plain_text(incident.summary),
        "flows": list(incident.flows),
        "rule_ids": [member.rule_id for member in incident.members],
        "subjects": [member.subject for member in incident.members],
    }
    statement = sql.OPEN_INCIDENT if incident.id is None else sql.CHANGE_INCIDENT
    try:
        kept = await (await connection.execute(statement, values)).fetchone()
    except errors.UniqueViolation:
        raise rules.cause_is_open(incident.cause) from None
    if kept is None:
        raise LookupError(f"there is no incident {incident.id}")
    incident_id: int = kept["id"]
    return incident_id


async def _queue(connection: Connection, channel: str, notice: Notice, incident_id: int | None) -> int | None:
    """Gives the id, or None when it was queued before."""
    texts = {"subject": rules.plain_text(notice.subject), "body": rules.plain_text(notice.body)}
    values = {**asdict(notice), **texts, "channel": channel, "incident_id": incident_id}
    queued = await (await connection.execute(sql.QUEUE_NOTICE, values)).fetchone()
    return queued["id"] if queued else None


async def _audit(
    connection: Connection, channel: str, who: str, action: str, key: str, reason: str, at: datetime
) -> None:
    values = {"who": rules.plain_text(who), "action": action, "subject": "alarm_rule", "key": key, "reason": reason}
    await connection.execute(people.NOTE_AUDIT, {"channel": channel, "at": at, **values})


def _values(rule: AlarmRule) -> dict[str, Any]:
    return {**asdict(rule), "mails": list(rule.mails)}


def _rule(row: DictRow) -> AlarmRule:
    return AlarmRule(**{**row, "criterion": Criterion(row["criterion"]), "mails": tuple(row["mails"])})


def _incident(row: DictRow) -> Incident:
    rule_ids, subjects = row.pop("rule_ids"), row.pop("subjects")
    members = tuple(Member(*each) for each in zip(rule_ids, subjects, strict=True))
    state = IncidentState(row["state"])
    return Incident(**{**row, "state": state, "flows": tuple(row["flows"]), "members": members})


def _notice(row: DictRow) -> Notice:
    return Notice(**{**row, "what": NoticeKind(row["what"]), "way": Way(row["way"])})
