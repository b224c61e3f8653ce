"""What alarm rules are judged by, in Postgres."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from include.state import rules
from include.state.alarms import AlarmFacts, FlowFacts, Streak, Waiting, Watched
from include.state.postgres.session import Connection, Session
from include.state.postgres.sql import alarm_facts as sql


class Facts(Session):
    """See ``alarm_store.AlarmStore``."""

    async def alarm_facts(
        self,
        channel: str,
        *,
        now: datetime,
        runs_since: Sequence[datetime],
        parked_before: Sequence[datetime],
        differing_before: Sequence[datetime],
        flows: Sequence[Watched],
    ) -> AlarmFacts:
        values = {
            "channel": channel,
            "now": now,
            "flows": [each.flow for each in flows],
            "last_steps": [each.last_step for each in flows],
            "dead_after": [each.dead_after for each in flows],
        }
        async with self._connection() as connection:
            streaks, last_success = await _streaks(connection, {**values, "oldest": rules.alarms_look_back(now)})
            reached = {row["flow"]: row["reached"] for row in await _read(connection, sql.EVALUATED, values)}
            return AlarmFacts(
                await _runs(connection, values, runs_since),
                streaks,
                last_success,
                [_waiting(row) for row in await _read(connection, sql.DUE, values)],
                [_waiting(row) for row in await _read(connection, sql.BATCHES, values)],
                await _by_moment(connection, sql.PARKED, values, parked_before),
                await _by_moment(connection, sql.DIFFERENCES, values, differing_before),
                reached.get("alarms"),
                reached.get("alarms_watching"),
            )

    async def failing_records(self, channel: str, flows: Sequence[str], since: datetime) -> int:
        [row] = await self._rows(sql.FAILING_RECORDS, channel=channel, flows=list(flows), since=since)
        number: int = row["records"]
        return number


async def _read(connection: Connection, statement: str, values: dict[str, Any]) -> list[DictRow]:
    return await (await connection.execute(statement, values)).fetchall()


async def _runs(
    connection: Connection, values: dict[str, Any], moments: Sequence[datetime]
) -> dict[tuple[datetime, str], FlowFacts]:
    if not moments:
        return {}
    values = {**values, "runs_since": list(moments), "oldest": min(moments)}
    errors: dict[tuple[datetime, str], dict[str, int]] = defaultdict(dict)
    for row in await _read(connection, sql.ERRORS, values):
        errors[row["since"], row["flow"]][row["code"]] = row["number"]
    found = {}
    for row in await _read(connection, sql.RUNS, values):
        place = (row.pop("since"), row.pop("flow"))
        found[place] = FlowFacts(**row, errors=errors.get(place, {}))
    return found


async def _streaks(connection: Connection, values: dict[str, Any]) -> tuple[dict[str, Streak], dict[str, datetime]]:
    rows = await _read(connection, sql.STREAKS, values)
    streaks = {
        row["flow"]: Streak(row["runs"], row["since"], row["code"] or "unexpected", row["reason"] or "")
        for row in rows
        if row["runs"]
    }
    return streaks, {row["flow"]: row["last_success"] for row in rows if row["last_success"]}


async def _by_moment(
    connection: Connection, statement: str, values: dict[str, Any], moments: Sequence[datetime]
) -> dict[datetime, list[Waiting]]:
    found: dict[datetime, list[Waiting]] = {moment: [] for moment in moments}
    if moments:
        for row in await _read(connection, statement, {**values, "before": list(moments)}):
            found[row["before"]].append(_waiting(row))
    return found


def _waiting(row: DictRow) -> Waiting:
    return Waiting(row["kind"], row.get("code"), row["records"], row["since"])
