"""Faults that are switched on while the stand-ins run (design.md section 8)."""

import json
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any

import pytest

from include.clients.transport import TransportError
from include.sandbox import Fault, Sandbox
from tests.unit.sandbox.callers import START, Caller, HandClock


async def test_latency_takes_the_clocks_time_and_comes_on_top_of_other_faults(
    market: Caller, sandbox: Sandbox, clock: HandClock
) -> None:
    sandbox.faults.add("latency", milliseconds=250)
    sandbox.faults.add("error", remote="fashfed", status=502)
    assert (await market.get("packages/"))[0] == 502
    assert clock.monotonic() == 0.25


@pytest.mark.parametrize("as_date", [False, True])
async def test_a_throttle_says_when_to_come_back(market: Caller, sandbox: Sandbox, as_date: bool) -> None:
    sandbox.faults.add("throttle", seconds=7, as_date=as_date)
    answer = await market.raw("GET", "packages/")
    wait = answer.headers["retry-after"]
    seconds = (parsedate_to_datetime(wait) - START).total_seconds() if as_date else int(wait)
    assert (answer.status, seconds) == (429, 7)


@pytest.mark.parametrize("status", [200, 500])
async def test_html_comes_with_any_status(market: Caller, sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add("html", status=status)
    answer = await market.raw("GET", "packages/")
    assert (answer.status, answer.headers["content-type"], answer.body[:1]) == (status, "text/html", b"<")


@pytest.mark.parametrize(("kind", "status"), [("error", 400), ("html", 500)])
async def test_an_error_may_quote_what_it_was_sent(hub: Caller, sandbox: Sandbox, kind: str, status: int) -> None:
    sandbox.faults.add(kind, status=status, quotes=True)
    answer = await hub.raw("POST", "customers/", body={"first_name": "Ayşe", "extra_field": {"notes": ["bell"]}})
    assert answer.status == status
    assert "Ayşe" in answer.body.decode()
    assert "bell" in answer.body.decode()


@pytest.mark.parametrize("kind", ["truncated", "invalid_json"])
async def test_spoilt_bodies_are_no_json(market: Caller, sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.add(kind)
    answer = await market.raw("GET", "packages/")
    assert answer.status == 200
    with pytest.raises(ValueError):
        json.loads(answer.body)


@pytest.mark.parametrize(
    ("kind", "reached", "effect"),
    [
        ("refused", False, False),
        ("reset_before", True, False),
        ("reset_after", True, True),
        ("timeout_before", True, False),
        ("timeout_after", True, True),
    ],
)
async def test_a_lost_answer_says_whether_it_was_sent_and_may_have_had_its_effect(
    hub: Caller, sandbox: Sandbox, clock: HandClock, kind: str, reached: bool, effect: bool
) -> None:
    sandbox.faults.add(kind, remote="omnitron", method="POST")
    with pytest.raises(TransportError) as caught:
        await hub.raw("POST", "batch_requests/", body={"channel": 137}, timeout=20.0)
    assert caught.value.reached is reached
    assert bool(sandbox.omnitron.batches.rows) is effect
    assert clock.monotonic() == (20 if kind.startswith("timeout") else 0)


async def test_latency_beyond_the_time_out_is_a_time_out_after_the_effect(hub: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("latency", milliseconds=30_000)
    with pytest.raises(TransportError):
        await hub.raw("POST", "batch_requests/", body={"channel": 137}, timeout=20.0)
    assert len(sandbox.omnitron.batches) == 1


async def test_a_dropped_hub_token_is_renewed_by_a_login(hub: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("unauthorized", remote="omnitron", next=1)
    dead = hub.token
    assert (await hub.get("orders/"))[0] == 401
    assert (await hub.get("orders/"))[0] == 401
    await hub.login()
    assert hub.token != dead
    assert (await hub.get("orders/"))[0] == 200


async def test_a_rule_strikes_only_where_it_points(hub: Caller, market: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("error", remote="fashfed", method="GET", path="/api/i2/packages/*/items/")
    number = next(iter(sandbox.fashfed.packages.rows))
    assert (await market.get(f"packages/{number}/items/"))[0] == 503
    assert (await market.get("packages/"))[0] == 200
    assert (await hub.get("orders/"))[0] == 200


async def _statuses(market: Caller, count: int) -> list[int]:
    return [(await market.get("claims/reasons/"))[0] for _ in range(count)]


async def test_a_rule_strikes_every_nth_time_or_the_next_n_times(market: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("error", every=3)
    assert await _statuses(market, 6) == [200, 200, 503, 200, 200, 503]
    sandbox.faults.clear()
    sandbox.faults.add("error", next=2)
    assert await _statuses(market, 4) == [503, 503, 200, 200]


async def test_chance_is_the_same_for_the_same_seed(clock: HandClock) -> None:
    runs = []
    for _ in range(2):
        sandbox = Sandbox.seeded(seed=3, size=10, packages=0, clock=clock)
        sandbox.faults.add("error", probability=0.5)
        runs.append(await _statuses(Caller(sandbox, "fashfed", "/api/i2/", sandbox.access_token), 20))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="known:"):
        Fault("gremlins")


async def _walk(market: Caller, pages: int) -> list[list[Any]]:
    return [[row["number"] for row in await market.rows("packages/", page=page)] for page in range(1, pages + 1)]


async def test_a_repeated_page_is_the_page_before_with_its_link(market: Caller, sandbox: Sandbox) -> None:
    first, second, _ = await _walk(market, 3)
    sandbox.faults.add("repeated_page", path="/api/i2/packages/", next=2)
    _, page = await market.get("packages/", page=1)
    assert [row["number"] for row in page["results"]] == first
    _, page = await market.get("packages/", page=2)
    assert [row["number"] for row in page["results"]] == first
    assert page["next"].endswith("page=2")
    assert [row["number"] for row in await market.rows("packages/", page=2)] == second


@pytest.mark.parametrize("rows", [2, -2])
async def test_shifted_pages_stay_shifted_until_the_walk_starts_again(
    market: Caller, sandbox: Sandbox, rows: int
) -> None:
    straight = list(chain.from_iterable(await _walk(market, 3)))
    sandbox.faults.add("shifting_page", path="/api/i2/packages/", next=2, rows=rows)
    shifted = await _walk(market, 3)
    assert shifted[0] == straight[:10]
    assert shifted[1] == straight[10 - rows : 20 - rows]
    assert shifted[2] == straight[20 - rows : 30 - rows]
    assert list(chain.from_iterable(await _walk(market, 3))) == straight
