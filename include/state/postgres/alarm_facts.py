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
        runs_since: Sequence[tuple[datetime, str]],
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
        bounds = {"oldest": rules.alarms_look_back(now), "for_good": rules.failed_for_good(now)}
        async with self._connection() as connection:
            lives = await _read(connection, sql.STREAKS, {**values, **bounds})
            reached = {row["flow"]: row["reached"] for row in await _read(connection, sql.EVALUATED, values)}
            return AlarmFacts(
                await _runs(connection, values, runs_since),
                {row["flow"]: _streak(row) for row in lives if row["runs"]},
                {row["flow"]: row["last_success"] for row in lives if row["last_success"]},
                {row["flow"]: row["on_since"] for row in lives if row["on_since"]},
                [_waiting(row) for row in await _read(connection, sql.DUE, values)],
                [_waiting(row) for row in await _read(connection, sql.BATCHES, values)],
                await _by_moment(connection, sql.PARKED, values, parked_before),
                await _by_moment(connection, sql.DIFFERENCES, values, differing_before),
                reached.get("alarms"),
                reached.get("alarms_watching"),
            )


async def _read(connection: Connection, statement: str, values: dict[str, Any]) -> list[DictRow]:
    return await (await connection.execute(statement, values)).fetchall()


async def _runs(
    connection: Connection, values: dict[str, Any], asked: Sequence[tuple[datetime, str]]
) -> dict[tuple[datetime, str], FlowFacts]:
    if not asked:
        return {}
    moments, flows = zip(*asked, strict=True)
    values = {**values, "asked_since": list(moments), "asked_flows": list(flows)}
    errors: dict[tuple[datetime, str], dict[str, int]] = defaultdict(dict)
    for row in await _read(connection, sql.ERRORS, values):
        errors[row["since"], row["flow"]][row["code"]] = row["number"]
    found = {}
    for row in await _read(connection, sql.RUNS, values):
        place = (row.pop("since"), row.pop("flow"))
        found[place] = FlowFacts(**row, errors=errors.get(place, {}))
    return found


def _streak(row: DictRow) -> Streak:
    return Streak(row["runs"], row["since"], row["code"] or "unexpected", row["reason"] or "")


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
