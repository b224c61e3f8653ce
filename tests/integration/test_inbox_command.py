"""``python -m include.run inbox``: people see what waits and take it in hand, and each of their changes is audited."""

import getpass
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from include.domain.penalty import Penalty
from include.local.postgres import EmbeddedPostgres
from include.state.postgres import PostgresStore
from include.state.store import Audit, ClaimState, Identity, InboxState, Incoming, Store
from tests.bench.rig import Rig, rig
from tests.integration.test_run_command import Ended, run

_NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stand_ins(postgres: EmbeddedPostgres) -> Iterator[Rig]:
    with rig(postgres, "inbox", size=60) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an operator sits: packages 1 and 9 are new, 2 and 3 parked, 4 excluded, 5 done; claim 6 is parked."""

    store: Store
    stand_ins: Rig
    uri: str

    def inbox(self, *arguments: str) -> Ended:
        return self.run("inbox", *arguments)

    def run(self, *arguments: str) -> Ended:
        return run({**self.stand_ins.environment, "AIRFLOW_CONN_CONNECTOR_DB": self.uri}, *arguments)

    async def state(self, market_id: str, kind: str = "package") -> InboxState:
        return (await self.store.inbox_states("default", kind, [market_id]))[market_id]

    async def audits(self) -> list[tuple[str, str, str, str, str]]:
        """Oldest first."""
        rows: list[Audit] = await self.store.audits("default", 99)
        return [(row.who, row.action, row.subject, row.key, row.reason) for row in rows[::-1]]


@pytest.fixture
async def desk(stand_ins: Rig, state_uri: str) -> AsyncIterator[Desk]:
    store = await PostgresStore.open(state_uri)
    for kind, ids in (("package", "12345"), ("cancel", "6"), ("package", "9")):
        rows = [Incoming(key, _NOW, {"buyer": "Ada Lovelace"}) for key in ids]
        await store.receive("default", kind, rows, now=_NOW)
    penalty = Penalty(_NOW, 2, _NOW + _HOUR)
    for kind, key, code in (("package", "2", "address_not_valid"), ("package", "3", "c"), ("cancel", "6", "c")):
        facts: dict[str, Any] = {"code": code, "reason": f"why {key}", "penalty": penalty, "cause": f"cause {key}"}
        await store.park("default", kind, key, now=_NOW, **facts)
    await store.exclude("default", "package", "4", rule="a rule", now=_NOW)
    await store.finish("default", "package", ["5"], now=_NOW)
    yield Desk(store, stand_ins, state_uri)
    await store.close()


def rows(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def told(ended: Ended) -> dict[str, tuple[bool, str]]:
    return {row["market_id"]: (row["changed"], row["text"]) for row in rows(ended)}


def ids(ended: Ended) -> list[str]:
    assert ended.code == 0, ended.log
    return [row["market_id"] for row in rows(ended)]


async def test_what_waits_is_listed_newest_first_with_what_to_do_and_without_buyers_data(desk: Desk) -> None:
    ended = desk.inbox("list")
    assert ids(ended) == ["9", "6", "3", "2", "1"]
    assert rows(ended)[3] == {
        "market_id": "2",
        "kind": "package",
        "state": "parked",
        "code": "address_not_valid",
        "reason": "why 2",
        "next_step": "Complete the city, township or district mapping of this address in Omnitron; "
        "the order comes in by itself.",
        "failures": 2,
        "due_at": (_NOW + _HOUR).isoformat(),
        "first_seen_at": _NOW.isoformat(),
        "cause": "cause 2",
    }
    assert "Lovelace" not in ended.out + ended.log
    assert ids(desk.inbox("list", "--kind", "cancel")) == ["6"]
    assert ids(desk.inbox("list", "--code", "c", "--limit", "1")) == ["6"]
    assert ids(desk.inbox("list", "--state", "excluded")) == ["4"]


async def test_records_are_tried_again_and_those_that_cannot_be_are_named(desk: Desk) -> None:
    ended = desk.inbox("retry", "package", "4", "8", "2", "5", "2")
    assert ended.code == 0, ended.log
    assert told(ended) == {
        "4": (True, "opened again"),
        "8": (False, "is not in the inbox of default"),
        "2": (True, "opened again"),
        "5": (False, "is done"),
    }
    assert {await desk.state(key) for key in "42"} == {InboxState.NEW}
    who = getpass.getuser()
    assert await desk.audits() == [(who, "retry", "inbox:package", key, "") for key in "42"]


async def test_all_records_that_are_parked_with_a_code_are_tried_again(desk: Desk) -> None:
    ended = desk.inbox("retry", "--kind", "package", "--code", "c", "--reason", "the mapping is complete")
    assert told(ended) == {"3": (True, "opened again")}
    assert await desk.state("6", "cancel") == InboxState.PARKED
    [(*_, key, reason)] = await desk.audits()
    assert (key, reason) == ("3", "the mapping is complete")
    again = desk.inbox("retry", "--kind", "package", "--code", "c")
    assert (again.code, again.out) == (0, "")


async def test_records_are_set_aside_for_a_reason(desk: Desk) -> None:
    ended = desk.inbox("exclude", "package", "1", "2", "4", "--reason", "entered by hand")
    assert told(ended) == {"1": (True, "excluded"), "2": (True, "excluded"), "4": (False, "is excluded")}
    listed = rows(desk.inbox("list", "--state", "excluded"))
    assert [(row["market_id"], row["reason"]) for row in listed] == [
        ("4", "a rule"),
        ("2", "entered by hand"),
        ("1", "entered by hand"),
    ]
    assert [audit[1:] for audit in await desk.audits()] == [
        ("exclude", "inbox:package", key, "entered by hand") for key in "12"
    ]


async def test_a_change_that_changes_nothing_ends_with_code_1(desk: Desk) -> None:
    ended = desk.inbox("exclude", "package", "5", "8", "--reason", "r")
    assert ended.code == 1
    assert [row["changed"] for row in rows(ended)] == [False, False]
    assert "Nothing to exclude: 5, 8 [inbox_unchanged]. Next step: " in ended.log
    assert await desk.audits() == []


async def test_a_record_whose_data_were_deleted_cannot_be_tried_again(desk: Desk) -> None:
    await desk.store.prune_payloads("default", _NOW + _HOUR)
    ended = desk.inbox("retry", "package", "4")
    assert (ended.code, told(ended)) == (1, {"4": (False, "is excluded, and its data were deleted meanwhile")})


async def test_a_package_is_assigned_an_order_of_omnitron(desk: Desk) -> None:
    number, pk = an_order(desk)
    await desk.store.bind("default", [Identity("order", "P-OTHER", pk)], now=_NOW)
    ended = desk.inbox("assign", "package", "2", "--order", number)
    text = f"assigned order {number} (pk {pk}); the order is also that of package P-OTHER"
    assert (ended.code, told(ended)) == (0, {"2": (True, text)})
    claim = (await desk.store.claims("default", "create_order", ["2"]))["2"]
    assert (claim.state, claim.detail["pk"], set(claim.detail)) == (ClaimState.DONE, pk, {"number", "pk", "version"})
    assert await desk.state("2") == InboxState.NEW
    assert [audit[1:] for audit in await desk.audits()] == [
        (action, "inbox:package", "2", f"order {number} (pk {pk})") for action in ("assign", "retry")
    ]


async def test_a_package_is_not_assigned_an_order_that_is_not_there_or_when_it_is_done(desk: Desk) -> None:
    ended = desk.inbox("assign", "package", "2", "--order", "FD-NONE")
    assert (ended.code, ended.out) == (1, "")
    assert "Omnitron shows 0 orders of number FD-NONE on this channel [order_number_unknown]" in ended.log
    number, _ = an_order(desk)
    for key, text in (("5", "is done"), ("8", "is not in the inbox of default")):
        ended = desk.inbox("assign", "package", key, "--order", number)
        assert (ended.code, told(ended)) == (1, {key: (False, text)})
    assert await desk.store.claims("default", "create_order", ["2", "5", "8"]) == {}
    assert await desk.audits() == []


def an_order(desk: Desk) -> tuple[str, int]:
    """Number and pk of an order that Omnitron has; it was made with another state database."""
    environment = desk.stand_ins.environment
    desk.stand_ins.control.post("orders", {"count": 1})
    made = run(environment, "get_orders")
    assert made.code == 0, made.log
    order = desk.stand_ins.control.get("orders")["omnitron"][-1]
    with psycopg.connect(environment["AIRFLOW_CONN_CONNECTOR_DB"]) as connection:
        found = connection.execute(
            "select hub_id from identity_map where kind = 'order' and remote_id = %s", [order["extra_field"]["id"]]
        ).fetchone()
    assert found is not None
    return order["number"], found[0]
