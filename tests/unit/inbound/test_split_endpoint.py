"""The endpoint for split requests: every answer of reference/flows.md section 4.16, and nothing accepted that is not
kept."""

import asyncio
import logging
from typing import Any

import pytest

from include.clients.transport import Request, TransportError
from include.inbound import splits
from include.inbound.bucket import BURST
from tests.unit.inbound.conftest import SECRET, Door
from tests.worldkit import CHANNEL


def envelope(door: Door, *, uuid: object = "11111111-2222-3333-4444-555555555555", **payload: Any) -> dict[str, Any]:
    """What the OMS's web hook sends."""
    body = door.body()
    number = door.shop.order(door.package)["number"]
    return {
        "event": {"type": "package.split", "uuid": uuid},
        "payload": {**body, "order_number": number, "id": 7, "channel_name": "Fashfed", **payload},
    }


async def accepted(door: Door, body: object) -> str:
    answer = await door.post(body)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted"), answer.text
    return str(answer.json()["correlation_id"])


# --- accepted --------------------------------------------------------------------------------------------------------


async def test_a_request_is_kept_before_it_is_answered_and_its_flow_is_started(door: Door) -> None:
    answer = await door.post(door.body())
    assert answer.status_code == 202
    (row,) = await door.inbox()
    assert answer.json() == {"correlation_id": row.market_id, "status": "accepted"}
    assert row.state == "new"
    assert door.started == [("split_packages", "default")]


async def test_the_web_hook_of_omnitron_is_understood(door: Door) -> None:
    key = await accepted(door, envelope(door))
    (row,) = await door.inbox()
    assert (row.market_id, row.payload["request_id"]) == (key, "11111111-2222-3333-4444-555555555555")


async def test_a_web_hook_need_not_name_the_channel(door: Door) -> None:
    await accepted(door, envelope(door, channel_id=None))


@pytest.mark.parametrize("mode", ["plain", "hook"])
async def test_what_was_accepted_is_carried_out(door: Door, mode: str) -> None:
    key = await accepted(door, door.body(order_number=None) if mode == "plain" else envelope(door))
    await door.run()
    (part,) = door.shop.parts(door.package)
    told = (await door.ask(key)).json()
    assert told == {
        "correlation_id": key,
        "status": "done",
        "package_number": door.package["number"],
        "new_packages": [part["number"]],
    }


@pytest.mark.parametrize("named", [{}, {"request_id": "R-1"}])
async def test_a_repetition_is_recognised_and_starts_nothing(door: Door, named: dict[str, str]) -> None:
    body = door.body(**named)
    key = await accepted(door, body)
    again = await door.post(dict(reversed(body.items())))
    assert (again.status_code, again.json()) == (202, {"correlation_id": key, "status": "duplicate"})
    await door.run()
    assert (await door.post(body)).json()["status"] == "duplicate"  # although the line is not there any more
    assert len(door.started) == 1
    assert len(await door.inbox()) == 1


async def test_requests_that_come_at_once_are_kept_once(door: Door) -> None:
    door.shop.kit.sandbox.faults.set_latency(5)  # so that one comes while the other is looked at
    answers = await asyncio.gather(*(door.post(door.body(request_id="R-1")) for _ in range(5)))
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["duplicate"] * 4
    assert len(await door.inbox()) == 1


async def test_an_id_that_was_used_for_something_else_is_refused(door: Door) -> None:
    await accepted(door, door.body(request_id="R-1"))
    other = door.body([{"item_id": f"{door.package['number']}-1", "quantity": 1}], request_id="R-1")
    told = await door.refused(other, 409, "split_request_reused")
    assert "R-1" in told["message"]
    (row,) = await door.inbox()
    assert row.payload["packages"][0]["items"][0]["item_id"].endswith("-2")


async def test_two_different_requests_with_one_id_at_once_leave_the_first(door: Door) -> None:
    door.shop.kit.sandbox.faults.set_latency(5)
    bodies = [
        door.body([{"item_id": f"{door.package['number']}-1", "quantity": quantity}], request_id="R-1")
        for quantity in (1, 2)
    ]
    answers = await asyncio.gather(*(door.post(body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    (row,) = await door.inbox()
    won = bodies[[answer.status_code for answer in answers].index(202)]
    assert row.payload["packages"][0]["items"][0]["quantity"] == won["packages"][0]["items"][0]["quantity"]


async def test_unknown_fields_are_ignored(door: Door) -> None:
    await accepted(
        door, door.body(comment="urgent", packages=[{"items": [{"sku": door.shop.skus[1], "x": 1}], "y": 2}])
    )


async def test_a_start_that_fails_only_costs_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(flow: str, channel: str) -> None:
        raise RuntimeError("Airflow has no such DAG")

    monkeypatch.setattr(Door, "_start", lambda self, flow, channel: broken(flow, channel))
    other = Door(door.shop, door.package)
    assert (await other.post(other.body())).status_code == 202


# --- when the remotes do not answer ----------------------------------------------------------------------------------


async def test_a_request_is_kept_when_omnitron_is_away(door: Door) -> None:
    door.remotes_are_away = True
    await accepted(door, door.body([{"sku": "NOBODY-CAN-TELL-NOW"}]))


async def test_a_request_is_kept_when_fashfed_takes_too_long(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "_LOOK_SECONDS", 0.2)

    def away(request: Request) -> TransportError | None:
        return TransportError("refused", reached=False) if "fashfed" in request.url else None

    door.shop.kit.wire.interceptors.append(away)
    await accepted(door, door.body())


async def test_nothing_is_accepted_without_the_database(door: Door) -> None:
    door.database_is_away = True
    answer = await door.post(door.body())
    assert (answer.status_code, answer.json()["code"]) == (503, "split_not_stored")
    assert int(answer.headers["retry-after"]) > 0
    assert not door.started
    door.database_is_away = False
    await accepted(door, door.body())


async def test_nothing_is_accepted_without_the_connections(door: Door) -> None:
    del door.connections.known["omnitron_default"]
    told = await door.refused(door.body(), 503, "split_not_stored")
    assert "omnitron_default" in told["message"]


async def test_who_is_asking_cannot_be_told_without_airflows_database(door: Door) -> None:
    """A refusal would be final for a caller whose secret is right."""
    door.connections.are_away = True
    answer = await door.post(door.body())
    assert (answer.status_code, answer.json()["code"]) == (503, "split_not_stored")


async def test_a_fault_of_ours_is_no_acceptance_and_tells_no_secrets(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("mehmet@example.com")

    monkeypatch.setattr(splits, "receive", broken)
    answer = await door.post(door.body())
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "mehmet" not in answer.text + caplog.text


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 50_000,
        {},
        {"channel_id": 137},
        {"channel_id": "many", "package_number": "1", "packages": []},
        {"package_number": "1", "packages": [{"items": [{"sku": "A"}]}]},
        {"channel_id": 137, "packages": [{"items": [{"sku": "A"}]}]},
        {"channel_id": 137, "package_number": "1", "packages": [{"items": [{"sku": "A", "quantity": 1.5}]}]},
        {"event": "package.split", "payload": {}},
        {"event": {"type": "package.split"}, "payload": {}},
        {"event": {"type": "package.split", "uuid": ""}, "payload": {"package_number": "1", "packages": []}},
        {"event": {"type": "package.split", "uuid": "U"}, "payload": {"channel_id": "x", "package_number": "1"}},
    ],
)
async def test_what_cannot_be_read_is_malformed(door: Door, body: object) -> None:
    await door.refused(body, 400, "split_malformed")
    assert not await door.inbox()


async def test_another_event_is_told_which_one_is_expected(door: Door) -> None:
    event = {"event": {"type": "package.created", "uuid": "U"}, "payload": {}}
    told = await door.refused(event, 400, "split_event_unknown")
    assert "package.split" in told["message"]


async def test_a_flag_that_is_off_is_forbidden(door: Door) -> None:
    door.shop.kit.conf["feature_flags"] |= {"split_packages": False, "send_split_packages": False}
    told = await door.refused(door.body(), 403, "split_off")
    assert "feature flag split_packages is false" in told["message"]


async def test_the_other_name_of_the_flag_counts_as_well(door: Door) -> None:
    door.shop.kit.conf["feature_flags"] |= {"split_packages": False, "send_split_packages": True}
    await accepted(door, door.body())


async def test_an_inactive_channel_is_forbidden(door: Door) -> None:
    door.shop.hub.channel["is_active"] = False
    told = await door.refused(door.body(), 403, "split_off")
    assert "inactive" in told["message"]


async def test_settings_that_cannot_work_are_told(door: Door) -> None:
    door.shop.kit.conf["base_url"] = "nonsense"
    await door.refused(door.body(), 403, "split_off")


async def test_a_foreign_channel_is_forbidden(door: Door) -> None:
    await door.refused(door.body(channel_id=138), 403, "split_channel_foreign")
    await door.refused(envelope(door, channel_id=138), 403, "split_channel_foreign")


@pytest.mark.parametrize(
    "numbers", [{"package_number": "999"}, {"order_number": "999"}, {"package_number": None, "order_number": "999"}]
)
async def test_a_package_that_does_not_exist_is_not_found(door: Door, numbers: dict[str, Any]) -> None:
    await door.refused(door.body(**numbers), 404, "split_package_unknown")


async def test_a_package_that_is_on_its_way_is_in_conflict(door: Door) -> None:
    door.shop.market.move(door.package, 4)
    await door.refused(door.body(), 409, "split_not_preparing")


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([], "split_group_empty"),
        ([{"item_id": "nothing-1"}], "split_line_unknown"),
        ([{"item_id": "{package}-1", "quantity": 4}], "split_too_many"),
        ([{"item_id": "{package}-1", "quantity": 0}], "split_quantity_invalid"),
        ([{"item_id": "{package}-1"}, {"item_id": "{package}-2"}], "split_nothing_stays"),
    ],
)
async def test_what_does_not_add_up_cannot_be_processed(door: Door, items: list[dict[str, Any]], code: str) -> None:
    named = [{**item, "item_id": item["item_id"].format(package=door.package["number"])} for item in items]
    await door.refused(door.body(named), 422, code)
    assert not await door.inbox()
    assert not door.started


async def test_a_body_that_is_too_large_is_not_read(door: Door) -> None:
    await door.refused(b" " * (64 * 1024 + 1), 413, "split_too_large")
    await door.refused(b" " * (64 * 1024), 400, "split_malformed")


async def test_who_asks_too_often_is_told_when_to_come_back(door: Door) -> None:
    answers = [await door.post(b"{}") for _ in range(BURST + 1)]
    assert [answer.status_code for answer in answers] == [400] * BURST + [429]
    assert int(answers[-1].headers["retry-after"]) == 1
    assert answers[-1].json()["code"] == "split_too_often"


async def test_who_is_not_known_uses_up_nobodys_share(door: Door) -> None:
    for _ in range(BURST + 5):
        assert (await door.post(b"{}", secret="wrong")).status_code == 401
    await accepted(door, door.body())


# --- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "bearer"])
async def test_the_secret_is_a_token(door: Door, scheme: str) -> None:
    answer = await door.post(door.body(), secret=None, authorization=f"{scheme} {SECRET}")
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": SECRET},
        {"authorization": "Token"},
        {"authorization": "Token "},
        {"authorization": f"Basic {SECRET}"},
        {"authorization": f"Token {SECRET}x"},
        {"authorization": f"Token {SECRET[:-1]}"},
        {"x_fashfed_signature": ""},
        {"x_fashfed_signature": "t=,v1="},
        {"x_fashfed_signature": "nonsense"},
    ],
)
async def test_without_the_secret_nobody_gets_in(door: Door, headers: dict[str, str]) -> None:
    answer = await door.post(door.body(), secret=None, **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "split_unauthorized")
    assert not await door.inbox()
    assert SECRET not in answer.text


async def test_a_signature_over_the_body_is_as_good_as_the_token(door: Door) -> None:
    body = b'{"channel_id": 137}'
    answer = await door.post(body, secret=None, x_fashfed_signature=door.signature(body))
    assert answer.status_code == 400  # it got in, and is malformed


@pytest.mark.parametrize("late", [290, -290])
async def test_a_signature_may_be_a_little_late_or_early(door: Door, late: int) -> None:
    answer = await door.post(b"{}", secret=None, x_fashfed_signature=door.signature(b"{}", late=late))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("signed", "facts"),
    [
        (b"{} ", {}),
        (b"{}", {"late": 310}),
        (b"{}", {"late": -310}),
        (b"{}", {"secret": "another"}),
    ],
)
async def test_a_signature_of_another_body_time_or_secret_is_none(door: Door, signed: bytes, facts: Any) -> None:
    answer = await door.post(b"{}", secret=None, x_fashfed_signature=door.signature(signed, **facts))
    assert answer.status_code == 401


async def test_a_time_that_was_not_signed_is_none(door: Door) -> None:
    digest = door.signature(b"{}", late=400).partition(",")[2]
    now = int(door.shop.kit.clock.now().timestamp())
    answer = await door.post(b"{}", secret=None, x_fashfed_signature=f"t={now},{digest}")
    assert answer.status_code == 401


@pytest.mark.parametrize("password", [None, ""])
async def test_without_a_connection_everybody_is_refused_and_the_log_says_what_is_missing(
    door: Door, password: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    del door.connections.known["split_packages_default"]
    if password is not None:
        door.connections.add("split_packages_default", password=password)
    with caplog.at_level(logging.WARNING, "fashfed"):
        for secret in (SECRET, ""):
            assert (await door.post(door.body(), secret=secret)).status_code == 401
    assert "split_packages_default" in caplog.text
    assert SECRET not in caplog.text


async def test_each_channel_has_its_own_secret(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHFED_CHANNELS", "default,tr")
    door.connections.add("split_packages_tr", password="the-secret-of-tr")
    door.connections.add("omnitron_tr", extra={"channel_id": 138})
    await door.refused(door.body(), 403, "split_channel_foreign", secret="the-secret-of-tr")
    key = await accepted(door, door.body())
    assert (await door.ask(key, secret="the-secret-of-tr")).status_code == 404
    assert (await door.ask(key)).status_code == 200


# --- what became of it -----------------------------------------------------------------------------------------------


async def test_a_request_that_has_not_begun_is_accepted(door: Door) -> None:
    key = await accepted(door, door.body())
    assert (await door.ask(key)).json() == {"correlation_id": key, "status": "accepted"}


async def test_a_request_that_waits_says_for_what_and_what_to_do(door: Door) -> None:
    key = await accepted(door, door.body())
    number = door.package["number"]
    door.shop.market.move(door.package, 4)
    await door.run()
    told = (await door.ask(key)).json()
    assert (told["status"], told["code"]) == ("waiting", "split_not_preparing")
    assert number in told["message"]
    assert told["next_step"].startswith("Nothing can be done at Fashfed")


async def test_a_request_that_was_set_aside_says_why(door: Door) -> None:
    key = await accepted(door, door.body())
    store, now = door.shop.kit.store(), door.shop.kit.clock.now()
    await store.exclude(CHANNEL, "split", key, rule="sent by mistake", now=now)
    assert (await door.ask(key)).json() == {"correlation_id": key, "status": "excluded", "message": "sent by mistake"}


async def test_an_unknown_request_is_not_found(door: Door) -> None:
    answer = await door.ask("no-such-request")
    assert (answer.status_code, answer.json()["code"]) == (404, "split_unknown_request")


async def test_nobody_is_told_anything_without_the_secret(door: Door) -> None:
    key = await accepted(door, door.body())
    assert (await door.ask(key, secret="wrong")).status_code == 401
