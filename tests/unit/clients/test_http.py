import asyncio
import json
from decimal import Decimal

import pytest

from include.clients.http import RemoteSession
from include.clients.limiter import LocalLimiter
from include.clients.policy import Action, Policy, classify, retry_after
from include.clients.transport import Response
from include.errors import (
    AnswerLost,
    AuthenticationError,
    RateLimited,
    Refused,
    RemoteUnavailable,
)
from tests.unit.clients.fakes import (
    BROKEN_CONNECTION,
    HTML,
    REFUSED_CONNECTION,
    START,
    FixedHeaders,
    JumpingClock,
    World,
    answer,
)


async def test_a_call_gives_the_parsed_answer_and_is_counted():
    world = World(answer({"pk": 1}))
    assert await world.session.call("GET", "/things/", query={"a": [1, 2], "b": None, "c": True}) == {"pk": 1}
    request = world.transport.requests[0]
    assert request.url == "https://omnitron.example/things/"
    assert request.query == (("a", "1"), ("a", "2"), ("c", "true"))
    assert request.headers["authorization"] == "Token abc"
    assert world.session.requests == 1


async def test_an_empty_answer_is_none():
    assert await World(answer(None, 204)).session.call("DELETE", "/things/1/") is None


# --- time-out ---


async def test_every_request_has_a_time_out():
    world = World(answer({}), policy=Policy(timeout=7))
    await world.session.call("GET", "/things/")
    await world.session.call("POST", "/things/", json={})
    assert [request.timeout for request in world.transport.requests] == [7, 7]


async def test_a_call_is_not_tried_again_after_its_total_time():
    world = World(BROKEN_CONNECTION, policy=Policy(timeout=3, total=10, attempts=100, budget_floor=1000))

    def slow(request):
        world.clock.seconds += request.timeout
        raise BROKEN_CONNECTION

    world.transport.steps = [slow]
    with pytest.raises(RemoteUnavailable):
        await world.session.call("GET", "/things/")
    assert 1 < world.session.requests < 5
    assert world.clock.seconds <= 13


# --- Retry-After ---


async def test_retry_after_in_seconds_is_obeyed_to_the_second():
    world = World(answer({"detail": "slow"}, 429, retry_after="7"), answer({"ok": 1}))
    assert await world.session.call("GET", "/things/") == {"ok": 1}
    assert world.transport.times == [0, 7]


async def test_retry_after_as_a_date_is_obeyed_to_the_second():
    world = World(answer({}, 429, retry_after="Mon, 02 Mar 2026 10:00:12 GMT"), answer({"ok": 1}))
    await world.session.call("GET", "/things/")
    assert world.transport.times == [0, 12]


def test_a_retry_after_date_is_measured_against_the_remotes_own_clock():
    headers = {"retry-after": "Mon, 02 Mar 2026 12:00:05 GMT", "date": "Mon, 02 Mar 2026 12:00:00 GMT"}
    assert retry_after(headers, START) == 5


@pytest.mark.parametrize("value", ["", "soon", "0", "-3", "nan", "inf", "Mon, 02 Mar 2020 12:00:05 GMT"])
def test_a_useless_retry_after_counts_as_none(value):
    assert retry_after({"retry-after": value}, START) is None


async def test_a_429_is_tried_again_also_for_an_unsafe_post():
    world = World(answer({}, 429, retry_after="2"), answer({"pk": 1}, 201))
    assert await world.session.call("POST", "/create_orders/", json={}) == {"pk": 1}
    assert world.transport.times == [0, 2]


async def test_a_429_makes_everybody_wait_who_shares_the_limiter():
    world = World(answer({}, 429, retry_after="5"), answer({}), policy=Policy(attempts=1))
    other = RemoteSession("Omnitron", "https://a.example", world.transport, world.clock, world.limiter, FixedHeaders())
    with pytest.raises(RateLimited):
        await world.session.call("GET", "/a/")
    await other.call("GET", "/b/")
    await world.session.call("GET", "/c/")
    assert world.transport.times == [0, 5, 5]


async def test_a_longer_wait_than_a_call_may_take_is_rate_limited_for_this_and_the_next_calls():
    world = World(answer({}, 429, retry_after="3600"))
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await world.session.call("GET", "/things/")
        assert "3600 s" in str(caught.value)
    assert world.session.requests == 1
    world.clock.seconds = 3570
    world.transport.steps = [answer({"ok": 1})]
    assert await world.session.call("GET", "/things/") == {"ok": 1}
    assert world.transport.times == [0, 3600]


# --- what is tried again and what is not ---


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("trouble", [BROKEN_CONNECTION, REFUSED_CONNECTION, answer({}, 503), answer({}, 500), HTML])
async def test_safe_methods_are_tried_again(method, trouble):
    world = World(trouble, answer({"ok": 1}))
    assert await world.session.call(method, "/things/1/", json={}) == {"ok": 1}
    assert world.session.requests == 2


@pytest.mark.parametrize("trouble", [BROKEN_CONNECTION, answer({}, 502), answer({}, 500), HTML, answer({}, 302)])
async def test_an_unsafe_post_is_never_sent_twice(trouble):
    world = World(trouble, answer({"ok": 1}))
    with pytest.raises(AnswerLost):
        await world.session.call("POST", "/create_orders/", json={})
    assert world.session.requests == 1


async def test_a_post_marked_repeatable_is_tried_again():
    world = World(BROKEN_CONNECTION, answer({"ok": 1}))
    assert await world.session.call("POST", "/offers/stocks/", json={}, repeatable=True) == {"ok": 1}


async def test_a_request_that_never_left_is_tried_again_also_for_an_unsafe_post():
    world = World(REFUSED_CONNECTION, answer({"ok": 1}))
    assert await world.session.call("POST", "/create_orders/", json={}) == {"ok": 1}


async def test_an_unsafe_post_that_never_left_is_no_lost_answer():
    world = World(REFUSED_CONNECTION, policy=Policy(attempts=2))
    with pytest.raises(RemoteUnavailable) as caught:
        await world.session.call("POST", "/create_orders/", json={})
    assert caught.value.code == "remote_unreachable"


async def test_an_unsafe_post_whose_answer_does_not_fit_is_a_lost_answer():
    def read(payload):
        raise ValueError(payload)

    with pytest.raises(AnswerLost):
        await World(answer([])).session.call("POST", "/create_orders/", json={}, read=read)


@pytest.mark.parametrize("status", [400, 404, 405, 406, 409, 422])
async def test_another_4xx_is_final(status):
    world = World(answer({"number": ["taken"], "code": "order_100"}, status))
    with pytest.raises(Refused) as caught:
        await world.session.call("GET", "/things/1/")
    assert (caught.value.status, caught.value.remote_code) == (status, "order_100")
    assert caught.value.payload == {"number": ["taken"], "code": "order_100"}
    assert world.session.requests == 1


async def test_waits_grow_with_full_jitter_and_are_capped():
    policy = Policy(attempts=9, backoff=1, backoff_cap=4, total=1000)
    world = World(answer({}, 500), policy=policy)
    with pytest.raises(RemoteUnavailable):
        await world.session.call("GET", "/things/")
    waits = [later - earlier for earlier, later in zip(world.transport.times, world.transport.times[1:], strict=False)]
    assert len(waits) == 8
    assert all(0 <= wait <= min(4, 2**number) for number, wait in enumerate(waits))
    assert len(set(waits)) == len(waits)


async def test_repeats_stay_within_a_tenth_of_the_calls_and_a_small_floor():
    policy = Policy(breaker_failures=10_000)
    world = World(answer({}, 503), policy=policy)
    for _ in range(500):
        with pytest.raises(RemoteUnavailable):
            await world.session.call("GET", "/things/")
    assert 500 + 50 <= world.session.requests <= 500 * 1.1 + policy.budget_floor


async def test_waiting_as_told_does_not_use_up_the_budget():
    world = World(answer({}), policy=Policy(budget_floor=0, budget_ratio=0))
    for _ in range(20):
        world.transport.steps = [answer({}, 429, retry_after="1"), answer({})]
        await world.session.call("GET", "/things/")
    assert world.session.requests == 40


# --- bodies that are not JSON ---


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff\xfe", b'{"a": 1', b"[" * 100_000])
async def test_a_success_that_is_not_json_is_unavailable(body):
    world = World(Response(200, {}, body), policy=Policy(attempts=1))
    with pytest.raises(RemoteUnavailable) as caught:
        await world.session.call("GET", "/things/")
    assert caught.value.code == "answer_unreadable"


async def test_a_refusal_that_is_not_json_is_still_a_refusal():
    with pytest.raises(Refused) as caught:
        await World(Response(404, {}, b"<h1>Not Found</h1>")).session.call("GET", "/things/")
    assert caught.value.payload is None
    assert "<h1>" not in str(caught.value)


async def test_a_refusal_whose_words_were_spoilt_on_the_way_is_asked_for_again():
    world = World(Response(400, {}, b"<!-- proxy -->{}"), answer({"name": ["Taken."]}, 400))
    with pytest.raises(Refused) as caught:
        await world.session.call("PATCH", "/things/1/", json={})
    assert caught.value.payload == {"name": ["Taken."]}


async def test_a_refusal_that_never_becomes_readable_is_a_refusal_in_the_end():
    world = World(*[Response(400, {}, b"<html>")] * 3, policy=Policy(attempts=3))
    with pytest.raises(Refused) as caught:
        await world.session.call("GET", "/things/")
    assert caught.value.payload is None
    assert world.session.requests == 3


async def test_an_unsafe_post_is_never_sent_again_because_its_refusal_cannot_be_read():
    world = World(Response(400, {}, b"<html>"), answer({}, 201))
    with pytest.raises(Refused):
        await world.session.call("POST", "/things/", json={})
    assert world.session.requests == 1


async def test_a_redirect_is_not_followed():
    world = World(answer(None, 301, location="http://169.254.169.254/"), policy=Policy(attempts=1))
    with pytest.raises(RemoteUnavailable):
        await world.session.call("GET", "/things/")
    assert world.session.requests == 1


# --- rights ---


async def test_a_403_stops_the_run_but_for_one_record_it_is_a_refusal():
    world = World(answer({"detail": "No right."}, 403))
    with pytest.raises(AuthenticationError) as caught:
        await world.session.call("GET", "/feed/")
    assert "No right." in str(caught.value)
    with pytest.raises(Refused):
        await world.session.call("GET", "/things/1/", record=True)


# --- circuit breaker ---


async def test_a_dead_remote_is_paused_and_then_tried_by_one_call():
    policy = Policy(attempts=1, breaker_failures=3, breaker_pause=30)
    world = World(BROKEN_CONNECTION, policy=policy)
    for _ in range(3):
        with pytest.raises(RemoteUnavailable):
            await world.session.call("GET", "/things/")
    with pytest.raises(RemoteUnavailable) as caught:
        await world.session.call("GET", "/things/")
    assert caught.value.code == "remote_paused"
    assert world.session.requests == 3

    world.clock.seconds += 30
    outcomes = await asyncio.gather(*(world.session.call("GET", "/a/") for _ in range(4)), return_exceptions=True)
    assert world.session.requests == 4
    assert [one.code for one in outcomes] == ["remote_unreachable", *["remote_paused"] * 3]

    world.clock.seconds += 30
    world.transport.steps = [answer({"ok": 1})]
    assert await world.session.call("GET", "/things/") == {"ok": 1}
    assert await world.session.call("GET", "/things/") == {"ok": 1}


async def test_a_refusal_shows_that_the_remote_is_alive():
    policy = Policy(attempts=1, breaker_failures=2)
    world = World(answer({}), policy=policy)
    for step in (answer({}, 500), answer({}, 404), answer({}, 500), answer({}, 404), answer({"ok": 1})):
        world.transport.steps = [step]
        result = await asyncio.gather(world.session.call("GET", "/things/"), return_exceptions=True)
    assert result == [{"ok": 1}]


async def test_a_cancelled_trial_lets_the_next_call_try():
    world = World(BROKEN_CONNECTION, policy=Policy(attempts=1, breaker_failures=1, breaker_pause=30))
    with pytest.raises(RemoteUnavailable):
        await world.session.call("GET", "/things/")
    world.clock.seconds = 30
    trial = asyncio.create_task(world.session.call("GET", "/things/"))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    world.transport.steps = [answer({"ok": 1})]
    assert await world.session.call("GET", "/things/") == {"ok": 1}


# --- nothing personal in errors ---


async def test_errors_carry_no_personal_data():
    body = {"email": ["ada@example.com is taken"], "first_name": "Ada", "detail": "call +90 532 123 45 67"}
    with pytest.raises(Refused) as caught:
        await World(answer(body, 400)).session.call("POST", "/customers/", json={"email": "ada@example.com"})
    text = str(caught.value)
    assert "ada@" not in text
    assert "Ada" not in text
    assert "532" not in text


async def test_what_a_refusal_quotes_of_the_request_is_not_part_of_errors():
    sent = {"first_name": "Ada", "addresses": [{"line": "Moda Cad. 7"}], "number": "FD-1"}
    said = {"detail": "FD-1: nobody called ADA lives in Moda Cad. 7"}
    with pytest.raises(Refused) as caught:
        await World(answer(said, 400)).session.call("POST", "/orders/", json=sent)
    assert "FD-1: nobody called *** lives in ***" in str(caught.value)


async def test_the_query_is_not_part_of_errors():
    world = World(BROKEN_CONNECTION, policy=Policy(attempts=1))
    with pytest.raises(RemoteUnavailable) as caught:
        await world.session.call("GET", "/customers/", query={"email": "ada@example.com"})
    assert "ada" not in str(caught.value)
    assert "GET /customers/" in str(caught.value)


# --- small parts ---


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (200, Action.READ),
        (204, Action.READ),
        (302, Action.STRAY),
        (400, Action.REFUSED),
        (401, Action.RENEW),
        (403, Action.FORBIDDEN),
        (404, Action.REFUSED),
        (406, Action.REFUSED),
        (408, Action.TRANSIENT),
        (429, Action.BUSY),
        (500, Action.TRANSIENT),
        (504, Action.TRANSIENT),
        (100, Action.TRANSIENT),
        (799, Action.TRANSIENT),
    ],
)
def test_a_status_says_what_to_do(status, action):
    assert classify(status) is action


async def test_the_limiter_spreads_requests_after_the_burst():
    clock = JumpingClock()
    limiter = LocalLimiter(clock, per_second=5, burst=3)
    times = []
    for _ in range(8):
        await limiter.acquire()
        times.append(round(clock.seconds, 6))
    assert times == [0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1.0]


async def test_a_burst_is_available_again_after_a_quiet_time():
    clock = JumpingClock()
    limiter = LocalLimiter(clock, per_second=1, burst=2)
    for _ in range(2):
        await limiter.acquire()
    clock.seconds = 10
    for _ in range(3):
        await limiter.acquire()
    assert clock.seconds == 11


async def test_a_request_that_cannot_be_written_as_json_is_a_fault_of_ours():
    with pytest.raises(TypeError):
        await World(answer({})).session.call("POST", "/things/", json={"when": object()})


async def test_money_and_turkish_letters_go_out_as_they_are():
    world = World(answer({}))
    await world.session.call("POST", "/things/", json={"price": Decimal("286.10"), "city": "İstanbul"})
    assert json.loads(world.transport.requests[0].body) == {"price": "286.10", "city": "İstanbul"}
