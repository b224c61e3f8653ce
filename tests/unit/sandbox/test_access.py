"""Login and tokens (api/omnitron.md section 1, api/fashfed.md section 1)."""

import pytest

from include.clients.transport import Request, TransportError
from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, HandClock

_LOGIN = "/api/v1/auth/login/"


async def test_wrong_credentials_are_refused_with_400(hub: Caller) -> None:
    status, data = await hub.post(_LOGIN, {"username": "connector", "password": "wrong"})
    assert (status, list(data)) == (400, ["non_field_errors"])


async def test_the_thirty_first_login_in_six_minutes_is_throttled(hub: Caller, clock: HandClock) -> None:
    credentials = {"username": "connector", "password": "sandbox"}
    for _ in range(29):
        assert (await hub.post(_LOGIN, credentials))[0] == 200
    clock.pass_time(60)
    answer = await hub.raw("POST", _LOGIN, body=credentials)
    assert (answer.status, answer.headers["retry-after"]) == (429, "301")
    clock.pass_time(301)
    assert (await hub.post(_LOGIN, credentials))[0] == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Token dead"}, {"Authorization": "Bearer {key}"}])
async def test_the_hub_takes_only_a_live_token_behind_the_word_token(hub: Caller, header: dict[str, str]) -> None:
    headers = {name: value.format(key=hub.token) for name, value in header.items()}
    answer = await hub.raw("GET", "/api/v1/channels/137/", headers=headers)
    assert answer.status == 401
    assert b'"detail"' in answer.body
    assert b'"code"' in answer.body


@pytest.mark.parametrize("form", ["{}", "Token {}", "Bearer {}"])
async def test_the_market_takes_its_token_in_each_form_that_is_in_use(market: Caller, form: str) -> None:
    answer = await market.raw("GET", "packages/", headers={"authorization": form.format(market.token)})
    assert answer.status == 200


async def test_the_market_refuses_any_other_token(market: Caller) -> None:
    market.token = "revoked"
    assert (await market.get("packages/"))[0] == 401


async def test_another_channel_and_an_unknown_path_are_not_there(hub: Caller) -> None:
    assert await hub.get("/api/v1/channel/138/orders/") == (404, {"detail": "Not found."})
    assert (await hub.get("no_such_thing/"))[0] == 404
    assert (await hub.call("DELETE", "orders/"))[0] == 405


async def test_a_body_that_is_no_json_is_a_400(sandbox: Sandbox, hub: Caller) -> None:
    url = f"{sandbox.urls['omnitron']}/api/v1/channel/137/customers/"
    request = Request("POST", url, headers={"Authorization": f"Token {hub.token}"}, body=b"{")
    answer = await sandbox.transport().send(request)
    assert (answer.status, b"JSON parse error" in answer.body) == (400, True)


async def test_an_unknown_host_is_never_reached(sandbox: Sandbox) -> None:
    with pytest.raises(TransportError) as caught:
        await sandbox.transport().send(Request("GET", "https://elsewhere.example/"))
    assert not caught.value.reached


async def test_undocumented_filters_have_no_effect_but_are_noted(sandbox: Sandbox, market: Caller) -> None:
    everything = await market.rows("packages/", limit=100)
    assert await market.rows("packages/", limit=100, status__in="2,4") == everything
    assert sandbox.apps["fashfed"].ignored_filters == {"/api/i2/packages/?status__in": 1}
