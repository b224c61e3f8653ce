import asyncio

import pytest

from include.clients.fashfed.auth import AccessToken
from include.clients.omnitron.auth import MemoryTokenCache, TokenLogin
from include.clients.transport import Request, Response
from include.errors import AuthenticationError, RateLimited, RemoteUnavailable
from tests.unit.clients.fakes import BROKEN_CONNECTION, World, answer


class Hub:
    """Knows one user and any number of tokens."""

    def __init__(self) -> None:
        self.logins = 0
        self.good: set[str] = set()
        self.login_answer: Response | None = None
        self.accepts_nothing = False

    def __call__(self, request: Request) -> Response:
        if request.url.endswith("/api/v1/auth/login/"):
            assert "authorization" not in request.headers
            self.logins += 1
            if self.login_answer:
                return self.login_answer
            self.good = {f"key-{self.logins}"}
            return answer({"key": f"key-{self.logins}"})
        token = request.headers["authorization"].removeprefix("Token ")
        if token not in self.good or self.accepts_nothing:
            return answer({"detail": "Invalid token.", "code": "authentication_failed"}, 401)
        return answer({"token": token})


def connected(cache: MemoryTokenCache | None = None) -> tuple[World, Hub, MemoryTokenCache]:
    hub, cache = Hub(), cache or MemoryTokenCache()
    auth = TokenLogin("connector", "secret", cache, "omnitron_default")
    return World(hub, auth=auth), hub, cache


async def test_the_first_call_logs_in_and_shares_the_token():
    world, hub, cache = connected()
    assert await world.session.call("GET", "/things/") == {"token": "key-1"}
    assert await world.session.call("GET", "/things/") == {"token": "key-1"}
    assert hub.logins == 1
    assert await cache.get() == "key-1"
    assert world.session.requests == 3


async def test_a_shared_token_saves_the_login():
    cache = MemoryTokenCache()
    await cache.put("shared")
    world, hub, _ = connected(cache)
    hub.good = {"shared"}
    assert await world.session.call("GET", "/things/") == {"token": "shared"}
    assert hub.logins == 0


async def test_a_dead_token_is_renewed_once_and_the_call_repeated():
    world, hub, cache = connected()
    await world.session.call("GET", "/things/")
    hub.good = set()
    assert await world.session.call("GET", "/things/") == {"token": "key-2"}
    assert hub.logins == 2
    assert await cache.get() == "key-2"


async def test_an_unsafe_post_is_repeated_after_a_401_because_nothing_happened():
    world, hub, _ = connected()
    await world.session.call("GET", "/things/")
    hub.good = set()
    assert await world.session.call("POST", "/create_orders/", json={}) == {"token": "key-2"}


async def test_many_401s_at_once_cause_one_login():
    world, hub, _ = connected()
    await world.session.call("GET", "/things/")
    hub.good = set()
    answers = await asyncio.gather(*(world.session.call("GET", "/things/") for _ in range(20)))
    assert answers == [{"token": "key-2"}] * 20
    assert hub.logins == 2


async def test_many_first_calls_cause_one_login():
    world, hub, _ = connected()
    await asyncio.gather(*(world.session.call("GET", "/things/") for _ in range(20)))
    assert hub.logins == 1


async def test_a_token_that_another_process_renewed_is_taken_over():
    world, hub, cache = connected()
    await world.session.call("GET", "/things/")
    hub.good = {"from-elsewhere"}
    await cache.put("from-elsewhere")
    assert await world.session.call("GET", "/things/") == {"token": "from-elsewhere"}
    assert hub.logins == 1


async def test_a_shared_token_that_is_dead_too_leads_to_a_login():
    world, hub, cache = connected()
    await world.session.call("GET", "/things/")
    hub.good = set()
    await cache.put("dead-as-well")
    assert await world.session.call("GET", "/things/") == {"token": "key-2"}
    assert hub.logins == 2


async def test_a_fresh_token_that_is_refused_stops_the_run():
    world, hub, _ = connected()
    hub.accepts_nothing = True
    with pytest.raises(AuthenticationError):
        await world.session.call("GET", "/things/")
    assert hub.logins == 2


async def test_a_hub_that_refuses_every_token_costs_one_login_and_not_one_per_call():
    world, hub, _ = connected()
    await world.session.call("GET", "/things/")
    hub.accepts_nothing = True
    outcomes = await asyncio.gather(*(world.session.call("GET", "/a/") for _ in range(8)), return_exceptions=True)
    assert all(isinstance(one, AuthenticationError) for one in outcomes)
    assert hub.logins == 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_wrong_credentials_stop_the_run_and_name_the_connection(status):
    world, hub, _ = connected()
    hub.login_answer = answer({"non_field_errors": ["Unable to log in."]}, status)
    with pytest.raises(AuthenticationError) as caught:
        await world.session.call("GET", "/things/")
    assert caught.value.code == "login_refused"
    assert "omnitron_default" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_throttled_login_is_rate_limited():
    world, hub, _ = connected()
    hub.login_answer = answer({"detail": "throttled"}, 429, retry_after="300")
    with pytest.raises(RateLimited):
        await world.session.call("GET", "/things/")
    assert hub.logins == 1


@pytest.mark.parametrize("body", [{}, {"key": None}, [], {"key": ""}])
async def test_a_login_answer_without_a_key_is_unreadable(body):
    world, hub, _ = connected()
    hub.login_answer = answer(body)
    with pytest.raises(RemoteUnavailable):
        await world.session.call("GET", "/things/")


async def test_a_login_is_possible_when_the_breaker_lets_one_call_try():
    world, hub, _ = connected()
    world.transport.steps = [BROKEN_CONNECTION]
    for _ in range(5):
        with pytest.raises(RemoteUnavailable):
            await world.session.call("GET", "/things/")
    world.clock.seconds += 1000
    world.transport.steps = [hub]
    assert await world.session.call("GET", "/things/") == {"token": "key-1"}


@pytest.mark.parametrize(("scheme", "header"), [("Token", "Token t"), ("Bearer", "Bearer t"), ("", "t")])
async def test_fashfeds_token_goes_out_under_the_scheme_of_the_setting(scheme, header):
    world = World(answer({}), auth=AccessToken("t", scheme), name="Fashfed")
    await world.session.call("GET", "/things/")
    assert world.transport.requests[0].headers["authorization"] == header


async def test_a_401_of_fashfed_stops_the_run_at_once():
    world = World(answer({"detail": "Access token expired."}, 401), auth=AccessToken("t"), name="Fashfed")
    with pytest.raises(AuthenticationError) as caught:
        await world.session.call("GET", "/things/")
    assert caught.value.code == "token_refused"
    assert world.session.requests == 1
